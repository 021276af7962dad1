import { vi } from "vitest";
import { parsePrefixed } from "../../host/config/address.ts";
import type { Configuration, VirtualHost } from "../../host/config/model.ts";
import { Core } from "../../host/core/core.ts";
import { createMemoryLink, type MemoryLink } from "../../host/link/memory.ts";
import { createWire, type Wire } from "../../host/nic/memory.ts";
import type { Nic } from "../../host/nic/nic.ts";
import type { NodeEvent, VirtualHostStatus } from "../../host/node/api.ts";
import { CarpNode } from "../../host/node/node.ts";
import { type FaultyNic, faulty } from "./faulty-nic.ts";

/** A clock that stands still until it is told to go on; every node of the test reads it. */
export class TestClock {
  nowNs = 1_000_000_000_000n;

  constructor() {
    vi.spyOn(process.hrtime, "bigint").mockImplementation(() => this.nowNs);
  }
}

/** A node whose interface `eth0` exists in memory only. */
export interface MemoryNode {
  readonly node: CarpNode;
  readonly link: MemoryLink;
  /** The index of eth0. */
  readonly eth0: number;
  readonly nic: FaultyNic;
  readonly events: NodeEvent[];
  status(): VirtualHostStatus;
  /** Those of eth0, or of another interface, sorted, without prefix length. */
  addresses(name?: string): string[];
  /** Log lines of that level. */
  log(level: "info" | "warning" | "error"): string[];
  become(state: "MASTER" | "BACKUP"): void;
}

export interface MemoryNodeOptions {
  readonly core?: Core;
  readonly wire?: Wire;
  /** The last byte of its own address and MAC; 2 without one. */
  readonly last?: number;
}

/** A node that has not been started, with an address of its own on eth0. */
export function createMemoryNode({ core, wire, last = 2 }: MemoryNodeOptions = {}): MemoryNode {
  const link = createMemoryLink();
  const events: NodeEvent[] = [];
  const eth0 = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, last) });
  link.addForeignAddress(eth0, { family: 4, address: `192.0.2.${last}`, prefixLength: 24 });
  const segment = wire ?? createWire();
  const nic = faulty();
  const openNic = (): Nic => nic.wrap(segment.attach("node"));
  const parts = { core: core ?? new Core(), link, openNic, emit: (event: NodeEvent) => events.push(event) };
  const node = new CarpNode(parts, { sourceMac: "virtual" });
  return {
    node,
    link,
    eth0,
    nic,
    events,
    status: () => node.status().virtual_hosts[0],
    addresses: (name = "eth0") => (link.find(name)?.addresses ?? []).map(({ address }) => address).sort(),
    log: (level) =>
      events.flatMap((event) => (event.kind === "log" && event.level === level ? [event.message] : [])),
    become: (state) => node.ifconfig({ interface: "eth0", vhid: 1, state }),
  };
}

/** One virtual host, 192.0.2.1 and 2001:db8::1 by vhid 1. */
export function configuration(change: Partial<VirtualHost> = {}): Configuration {
  return { virtualHosts: [virtualHost(change)], preempt: false, ownAddresses: [] };
}

export function virtualHost(change: Partial<VirtualHost> = {}): VirtualHost {
  return {
    interfaceName: "eth0",
    vhid: 1,
    advbase: 1,
    advskew: 0,
    pass: Buffer.from("testpass"),
    addresses: [prefixed("192.0.2.1/24"), prefixed("2001:db8::1/64")],
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
    ...change,
  };
}

export function prefixed(text: string): VirtualHost["addresses"][number] {
  const address = parsePrefixed(text);
  if (address === undefined) throw new Error(`${text} is no address with its prefix length`);
  return address;
}

/** Lets time pass: every deadline of every node is run when it comes, and frames are heard at once. */
export function pass(clock: TestClock, milliseconds: number, nodes: readonly MemoryNode[]): void {
  const end = clock.nowNs + BigInt(Math.round(milliseconds * 1e6));
  for (;;) {
    for (const { node } of nodes) {
      node.turnLink();
      node.turn();
    }
    const [next] = nodes.map(({ node }) => node.deadlineNs()).sort((one, other) => (one < other ? -1 : 1));
    if (next > end) break;
    if (next > clock.nowNs) clock.nowNs = next;
  }
  clock.nowNs = end;
  for (const { node } of nodes) {
    node.turnLink();
    node.turn();
  }
}
