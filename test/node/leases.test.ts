import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parsePrefixed } from "../../host/config/address.ts";
import type { VirtualHost } from "../../host/config/model.ts";
import { Core } from "../../host/core/core.ts";
import { createMemoryLink, type MemoryLink } from "../../host/link/memory.ts";
import { createWire } from "../../host/nic/memory.ts";
import type { NodeEvent } from "../../host/node/api.ts";
import { CarpNode } from "../../host/node/node.ts";

const ENOBUFS = 105;
const second = 1_000_000_000n;
const own4 = { family: 4, address: "192.0.2.2", prefixLength: 24 } as const;
const own6 = { family: 6, address: "2001:db8::2", prefixLength: 64 } as const;
const [virtual4, virtual6, elsewhere6] = list("192.0.2.1/24", "2001:db8::1/64", "2001:db8:1::1/64");

let nowNs: bigint;
let sleptNs: bigint;
let link: MemoryLink;
let eth0: number;
let events: NodeEvent[];
let node: CarpNode;

beforeEach(() => {
  nowNs = 1000n * second;
  sleptNs = 7n * second;
  vi.spyOn(process.hrtime, "bigint").mockImplementation(() => nowNs);
  link = createMemoryLink();
  events = [];
  eth0 = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(eth0, own4);
  link.addForeignAddress(eth0, own6);
  const wire = createWire();
  node = new CarpNode(
    {
      core: new Core(),
      link,
      openNic: () => wire.attach("node"),
      emit: (event) => events.push(event),
      sleptNs: () => sleptNs,
    },
    { sourceMac: "virtual" },
  );
});

afterEach(() => {
  node.close();
  vi.restoreAllMocks();
});

describe("the addresses of a MASTER", () => {
  it("are put in place for twice advbase, and for a second where that is 0", () => {
    start([
      host({ advbase: 3 }),
      host({ vhid: 2, addresses: list("192.0.2.9/24"), advbase: 0, advskew: 50 }),
    ]);
    expect(link.placement(eth0, virtual4)).toMatchObject({ leaseSeconds: 6 });
    expect(link.placement(eth0, list("192.0.2.9/24")[0])).toMatchObject({ leaseSeconds: 1 });
    expect(node.status()).toMatchObject({ lease: true, lease_late: 0 });
  });

  it("are renewed together after each advertisement, and not by the one that follows at once", () => {
    start([host(), host({ vhid: 2, addresses: list("192.0.2.9/24") })]);
    expect(link.takeRenewals()).toEqual([]);
    const renew = vi.spyOn(link, "renewAddresses");
    for (let round = 1; round <= 3; round++) {
      pass(1000);
      const renewed = link.takeRenewals().map(({ address }) => address.address);
      expect(renewed.sort()).toEqual(["192.0.2.1", "192.0.2.9", "2001:db8:1::1", "2001:db8::1"]);
      expect(renew).toHaveBeenCalledTimes(round);
    }
    expect(states()).toEqual(["MASTER", "MASTER"]);
    node.sysctl("demotion", 1);
    expect(link.takeRenewals()).toEqual([]);
  });

  it("leave a route to their subnet to the interface where it has one, in IPv6", () => {
    start([host()]);
    expect(link.placement(eth0, virtual4)).toMatchObject({ routeless: false });
    expect(link.placement(eth0, virtual6)).toMatchObject({ routeless: true });
    expect(link.placement(eth0, elsewhere6)).toMatchObject({ routeless: false });
    link.removeByHand(eth0, own6);
    node.turnLink();
    pass(1000);
    expect(link.placement(eth0, virtual6)).toMatchObject({ routeless: false });
  });

  it("keep their routes on a virtual MAC, where nothing else has one", () => {
    start([host({ virtualMac: true })]);
    const macvlan = link.interfaces().find(({ kind }) => kind === "macvlan")!.index;
    expect(link.placement(macvlan, virtual6)).toMatchObject({ leaseSeconds: 2, routeless: false });
  });

  it("get another lease with another advbase", () => {
    start([host()]);
    node.ifconfig({ interface: "eth0", vhid: 1, advbase: 2 });
    pass(1000);
    expect(link.placement(eth0, virtual4)).toMatchObject({ leaseSeconds: 4 });
    pass(2000);
    pass(2000);
    expect(states()).toEqual(["MASTER"]);
  });

  it("stay for good without a lease", () => {
    start([host()], { lease: false });
    pass(1000);
    expect(link.placement(eth0, virtual4)).toEqual(virtual4);
    expect(link.takeRenewals()).toEqual([]);
    expect(node.status().lease).toBe(false);
    pass(1000);
    pass(1000);
    expect(states()).toEqual(["MASTER"]);
  });

  it("have a lease if they are no more than 128 of IPv6, and else only those of IPv4", () => {
    const many = (vhid: number) =>
      host({
        vhid,
        addresses: list(
          `192.0.2.${vhid + 10}/24`,
          ...Array.from({ length: 60 }, (_, at) => `2001:db8::${vhid}:${at}/64`),
        ),
      });
    start([many(1), many(2), many(3)]);
    const leases = (vhid: number) => {
      const [first, next] = many(vhid).addresses.map(
        (address) => link.placement(eth0, address)?.leaseSeconds,
      );
      return [first, next];
    };
    expect([leases(1), leases(2), leases(3)]).toEqual([
      [2, 2],
      [2, 2],
      [2, undefined],
    ]);
    expect(logged()).toEqual([
      "warning: 3@eth0: at most 128 IPv6 addresses have a lease: a crash leaves its own behind",
    ]);
    node.ifconfig({ interface: "eth0", vhid: 1, addresses: many(1).addresses.map(textOf), remove: true });
    node.ifconfig({ interface: "eth0", vhid: 4, addresses: many(4).addresses.map(textOf) });
    node.ifconfig({ interface: "eth0", vhid: 4, state: "MASTER" });
    expect(leases(4)).toEqual([2, 2]);
  });
});

describe("a node that was frozen", () => {
  beforeEach(() => {
    start([host()]);
    pass(1000);
    events = [];
  });

  it("is BACKUP before it looks at anything, and takes its addresses away", () => {
    pass(2000);
    expect(states()).toEqual(["BACKUP"]);
    expect(reasons()).toEqual(["the lease of the addresses ran out"]);
    expect(ours()).toEqual([]);
    expect(node.status().demotion).toBe(0);
  });

  it("does not put back what the kernel took away", () => {
    for (const address of [virtual4, virtual6, elsewhere6]) link.removeByHand(eth0, address);
    nowNs += (195n * second) / 100n;
    node.turnLink();
    expect(states()).toEqual(["BACKUP"]);
    expect(ours()).toEqual([]);
    expect(logged()).toEqual([]);
  });

  it("stays MASTER while the lease runs, and says how often that was a near thing", () => {
    pass(1400);
    expect(node.status().lease_late).toBe(0);
    pass(1700);
    expect(states()).toEqual(["MASTER"]);
    expect(node.status().lease_late).toBe(1);
    expect(link.takeRenewals().length).toBeGreaterThan(0);
  });

  it("has nothing to end as BACKUP", () => {
    node.ifconfig({ interface: "eth0", vhid: 1, state: "BACKUP" });
    events = [];
    pass(60_000);
    expect(reasons()).toEqual([]);
    expect(states()).toEqual(["BACKUP"]);
  });
});

describe("a machine that slept", () => {
  it("is MASTER no more, though the lease still runs", () => {
    start([host()]);
    sleptNs += 2n * second;
    pass(10);
    expect(reasons().at(-1)).toBe("the lease of the addresses ran out");
    expect(ours()).toEqual([]);
    node.ifconfig({ interface: "eth0", vhid: 1, state: "MASTER" });
    pass(10);
    expect(states()).toEqual(["MASTER"]);
  });

  it("is MASTER no more without a lease either", () => {
    start([host()], { lease: false });
    sleptNs += 2n * second;
    pass(10);
    expect(states()).toEqual(["BACKUP"]);
  });

  it("may have slept for a moment", () => {
    start([host()]);
    sleptNs += second / 2n;
    pass(10);
    sleptNs -= second;
    pass(10);
    sleptNs += second;
    pass(10);
    expect(states()).toEqual(["MASTER"]);
  });
});

describe("a lease that cannot be renewed", () => {
  it("ends, and one line tells why", () => {
    start([host()]);
    link.fail("renewAddress", ENOBUFS);
    events = [];
    pass(1000);
    expect(states()).toEqual(["MASTER"]);
    pass(960);
    expect(states()).toEqual(["BACKUP"]);
    expect(logged()).toEqual([
      expect.stringMatching(
        /^warning: the lease of 192.0.2.1 and 2 others could not be renewed: .*errno 105/,
      ),
    ]);
  });

  it("is none of the others' affair", () => {
    start([host(), host({ vhid: 2, addresses: list("192.0.2.9/24") })]);
    link.fail("renewAddress", ENOBUFS, 1);
    pass(1000);
    pass(960);
    expect(states()).toEqual(["BACKUP", "MASTER"]);
  });
});

describe("addresses whose lease is over before all are in place", () => {
  it("are taken away again, and the node is not MASTER", () => {
    node.start({ virtualHosts: [host()], preempt: false, ownAddresses: [] });
    const add = link.addAddress.bind(link);
    vi.spyOn(link, "addAddress").mockImplementation((index, address) => {
      add(index, address);
      nowNs += second;
    });
    node.ifconfig({ interface: "eth0", vhid: 1, state: "MASTER" });
    expect(states()).toEqual(["BACKUP"]);
    expect(ours()).toEqual([]);
    expect(node.status().virtual_hosts[0].problem).toMatch(/lease was over before all were there/);
  });
});

function start(virtualHosts: VirtualHost[], more: { lease?: boolean } = {}): void {
  node.start({ virtualHosts, preempt: false, ownAddresses: [], ...more });
  for (const { vhid } of virtualHosts) node.ifconfig({ interface: "eth0", vhid, state: "MASTER" });
}

/** Time passes, and the node takes its turn. */
function pass(milliseconds: number): void {
  nowNs += BigInt(milliseconds) * 1_000_000n;
  node.turn();
}

function host(change: Partial<VirtualHost> = {}): VirtualHost {
  return {
    interfaceName: "eth0",
    vhid: 1,
    advbase: 1,
    advskew: 0,
    pass: Buffer.from("testpass"),
    addresses: list("192.0.2.1/24", "2001:db8::1/64", "2001:db8:1::1/64"),
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
    ...change,
  };
}

function list(...texts: string[]): VirtualHost["addresses"] {
  return texts.map((text) => parsePrefixed(text)!);
}

function textOf({ address, prefixLength }: VirtualHost["addresses"][number]): string {
  return `${address}/${prefixLength}`;
}

function states(): string[] {
  return node.status().virtual_hosts.map(({ state }) => state);
}

function reasons(): string[] {
  return events.flatMap((event) => (event.kind === "transition" ? [event.reason] : []));
}

function logged(): string[] {
  return events.flatMap((event) => (event.kind === "log" ? [`${event.level}: ${event.message}`] : []));
}

function ours(): string[] {
  return link
    .interfaces()
    .flatMap(({ addresses }) => addresses.filter((address) => address.ours).map(({ address }) => address));
}
