import { expect, it, vi } from "vitest";
import * as clock from "../../host/clock.ts";
import type { VirtualHost } from "../../host/config/model.ts";
import { replayRun } from "../../host/core/call-replay.ts";
import { Core } from "../../host/core/core.ts";
import { stateWord } from "../../host/core/words.ts";
import { createMemoryLink } from "../../host/link/memory.ts";
import { createWire } from "../../host/nic/memory.ts";
import type { NodeEvent } from "../../host/node/api.ts";
import { startOnEventLoop } from "../../host/node/event-loop.ts";
import { RunTap } from "../../host/node/run-tap.ts";
import { waitFor } from "../support/wait.ts";

it("gives a few pieces a second, at once what must not be lost, and tells of its end once", () => {
  const pieces: Uint8Array[] = [];
  const lines: string[] = [];
  const core = new Core();
  const tap = new RunTap(
    core,
    1 << 20,
    (piece) => pieces.push(piece),
    (level, message) => lines.push(`${level}: ${message}`),
  );
  let now = 1_000_000_000n;
  vi.spyOn(clock, "monotonicNs").mockImplementation(() => now);
  core.reset(now, 0);
  tap.flush(false);
  expect(pieces).toHaveLength(1);
  core.handleTimeout(now);
  tap.flush(false);
  expect(pieces).toHaveLength(1);
  now += 50_000_000n;
  tap.flush(false);
  tap.flush(false);
  expect(pieces).toHaveLength(2);
  core.handleTimeout(now);
  tap.flush(true);
  expect(pieces).toHaveLength(3);
  expect(replayRun(Buffer.concat(pieces), () => new Uint8Array()).calls).toBe(3);
  expect(lines).toEqual([]);
  for (let call = 0; call < 200_000; call++) core.handleTimeout(now);
  tap.flush(true);
  expect(lines).toEqual(["warning: the recorded run has reached its 1048576 bytes and ends here"]);
  expect(Buffer.concat(pieces).length).toBeLessThanOrEqual(1 << 20);
});

it("records a node on the event loop, whose run is replayed to the same transitions", async () => {
  vi.restoreAllMocks();
  const link = createMemoryLink();
  const wire = createWire();
  const index = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(index, { family: 4, address: "192.0.2.2", prefixLength: 24 });
  const pieces: Uint8Array[] = [];
  const host: VirtualHost = {
    interfaceName: "eth0",
    vhid: 1,
    advbase: 0,
    advskew: 10,
    pass: new Uint8Array(Buffer.from("a pass phrase")),
    addresses: [{ family: 4, address: "192.0.2.1", prefixLength: 24 }],
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
  };
  const told: NodeEvent[] = [];
  const node = startOnEventLoop(
    {
      link,
      openNic: () => wire.attach("eth0"),
      onEvent: (event) => told.push(event),
      runCapacity: 1 << 20,
      onRun: (piece) => pieces.push(piece),
    },
    { preempt: false, ownAddresses: [], virtualHosts: [host] },
    { sourceMac: "virtual" },
  );
  await waitFor(async () => (await node.status()).virtual_hosts[0].state === "MASTER", 5000, "MASTER");
  await node.ifconfig({ interface: "eth0", vhid: 1, advskew: 20 });
  await node.stop();
  const transitions = told.filter((event) => event.kind === "transition");
  expect(transitions.length).toBe(3);
  const replay = replayRun(Buffer.concat(pieces), () => host.pass);
  expect(replay).toMatchObject({ difference: undefined, leftOver: 0 });
  expect(replay.transitions.map(({ from, to }) => [stateWord(from), stateWord(to)])).toEqual(
    transitions.map(({ from, to }) => [from, to]),
  );
  expect(Buffer.concat(pieces).includes("a pass phrase")).toBe(false);
});
