import { monotonicMs } from "../clock.ts";
import { parseMap } from "../config/map.ts";
import { readRcConf } from "../config/rcconf.ts";
import { createMemoryLink, type MemoryLink } from "../link/memory.ts";
import { createWire } from "../nic/memory.ts";
import type { NodeController } from "../node/api.ts";
import { startOnEventLoop } from "../node/event-loop.ts";
import type { PingMark, PingReport } from "./client.ts";
import { type DemoHost, handbook, sharedAddresses, type VhidState } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** A host on the wire: its address table and its node, as long as it has power. */
interface WireHost {
  readonly link: MemoryLink;
  readonly node: NodeController;
}

const pingPeriodMs = 10;

/**
 * The handbook's hosts as nodes on one in-process wire. Nothing of the machine is touched. A "ping" is answered by
 * the host that holds the address in its table.
 */
export function openWireStage(): Stage {
  const wire = createWire();
  const hosts = new Map<string, WireHost>();
  const pings = sharedAddresses.map((address) => new WirePings(address, () => holderOf(hosts, address)));
  let pinging: NodeJS.Timeout | undefined;
  return {
    description: "three nodes on a wire inside this process",
    powerOn: async (name) => {
      wire.setPort(name, { connected: true });
      hosts.set(name, boot(wire, plan(name)));
    },
    powerOff: async (name) => {
      // The cable goes first, so nobody hears the node stop.
      wire.setPort(name, { connected: false });
      const host = hosts.get(name);
      hosts.delete(name);
      await host?.node.stop();
    },
    states: async (name) => {
      const status = await hosts.get(name)?.node.status();
      return new Map(
        (status?.virtual_hosts ?? []).map(({ vhid, state }): [number, VhidState] => [vhid, state]),
      );
    },
    answers: async () =>
      new Map(
        sharedAddresses.flatMap((address) => {
          const holder = holderOf(hosts, address);
          return holder === undefined ? [] : [[address, holder] as const];
        }),
      ),
    startPings: () => {
      pinging = setInterval(() => {
        for (const ping of pings) ping.send();
      }, pingPeriodMs);
    },
    mark: (address) => (pinging === undefined ? undefined : pingsTo(pings, address).mark()),
    pings: (address, since) => (pinging === undefined ? undefined : pingsTo(pings, address).report(since)),
    close: async () => {
      clearInterval(pinging);
      await Promise.all([...hosts.values()].map(({ node }) => node.stop()));
    },
  };
}

function plan(name: string): DemoHost {
  const host = handbook.find((candidate) => candidate.name === name);
  if (host === undefined) throw new Error(`the scenario has no ${name}`);
  return host;
}

function boot(wire: ReturnType<typeof createWire>, { name, address, rcConf }: DemoHost): WireHost {
  const link = createMemoryLink();
  const last = Number(address.split(".")[3]);
  const index = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, last) });
  link.addForeignAddress(index, { family: 4, address, prefixLength: 24 });
  const { configuration } = readRcConf(rcConf.join("\n"), `${name}.rc.conf`, parseMap(["em0=eth0"]));
  const node = startOnEventLoop(
    { link, openNic: () => wire.attach(name) },
    { ...configuration, preempt: true },
    { sourceMac: "virtual" },
  );
  return { link, node };
}

function holderOf(hosts: ReadonlyMap<string, WireHost>, address: string): string | undefined {
  for (const [name, { link }] of hosts) {
    if (link.find("eth0")?.addresses.some((held) => held.address === address)) return name;
  }
  return undefined;
}

function pingsTo(pings: readonly WirePings[], address: string): WirePings {
  const found = pings.find((ping) => ping.address === address);
  if (found === undefined) throw new Error(`nobody pings ${address}`);
  return found;
}

/** Asks every ten milliseconds who holds an address, and remembers when somebody did. */
class WirePings {
  readonly address: string;
  private readonly holder: () => string | undefined;
  private readonly answeredAt: (number | undefined)[] = [];

  constructor(address: string, holder: () => string | undefined) {
    this.address = address;
    this.holder = holder;
  }

  send(): void {
    this.answeredAt.push(this.holder() === undefined ? undefined : monotonicMs());
  }

  mark(): PingMark {
    return { sequence: this.answeredAt.length };
  }

  report(since?: PingMark): PingReport {
    const window = this.answeredAt.slice(since?.sequence ?? 0);
    const answered = window.filter((time) => time !== undefined);
    const gaps = answered.slice(1).map((time, index) => time - answered[index]);
    return {
      sent: window.length,
      lost: window.length - answered.length,
      longestGapMs: Math.max(0, ...gaps),
    };
  }
}
