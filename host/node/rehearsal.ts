/**
 * A takeover before the first one that counts. Code that has never run is compiled when it runs first, in the core and
 * in the host: some 20 ms, just when nobody answers for the address. So a new packet thread becomes MASTER once on an
 * interface that exists in memory only, hears an advertisement, bows out, and forgets it all.
 */
import type { Configuration } from "../config/model.ts";
import type { Core } from "../core/core.ts";
import { createMemoryLink } from "../link/memory.ts";
import { createWire } from "../nic/memory.ts";
import type { NodeEvent } from "./api.ts";
import { CarpNode } from "./node.ts";

const name = "rehearsal";
const peer = "peer";

/** Runs through the states; the core must be reset before it serves a real node. */
export function rehearse(core: Core): void {
  const events: NodeEvent[] = [];
  const wire = createWire();
  const first = rehearsalNode(core, wire, events);
  first.start(configuration);
  first.ifconfig({ interface: name, vhid: 1, state: "MASTER" });
  const ear = wire.attach(peer);
  first.sysctl("demotion", 1);
  first.turn();
  // The node's own advertisement comes back to it: a frame that passes every check and changes nothing.
  const slots = core.receiveSlots(0);
  const heard = ear.receive(slots, 0);
  core.handleFrames(0n, heard);
  first.status();
  first.stop();
  first.close();
  ear.close();
}

function rehearsalNode(core: Core, wire: ReturnType<typeof createWire>, events: NodeEvent[]): CarpNode {
  const link = createMemoryLink();
  const index = link.addInterface({ name, mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(index, { family: 4, address: "192.0.2.2", prefixLength: 24 });
  return new CarpNode(
    { core, link, openNic: () => wire.attach(name), emit: (event) => events.push(event) },
    { sourceMac: "virtual" },
  );
}

const configuration: Configuration = {
  preempt: false,
  ownAddresses: [],
  virtualHosts: [
    {
      interfaceName: name,
      vhid: 1,
      advbase: 1,
      advskew: 0,
      pass: new Uint8Array(8),
      addresses: [
        { family: 4, address: "192.0.2.1", prefixLength: 24 },
        { family: 6, address: "2001:db8::1", prefixLength: 64 },
      ],
      virtualMac: false,
      position: { file: name, line: 1, column: 1 },
    },
  ],
};
