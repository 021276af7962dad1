import { beforeEach, describe, expect, it, vi } from "vitest";
import { parsePrefixed } from "../../host/config/address.ts";
import type { Configuration, VirtualHost } from "../../host/config/model.ts";
import { Core } from "../../host/core/core.ts";
import { OperatorError } from "../../host/errors.ts";
import type { Link } from "../../host/link/link.ts";
import { createMemoryLink, type MemoryLink } from "../../host/link/memory.ts";
import { createWire, type Wire } from "../../host/nic/memory.ts";
import type { Nic } from "../../host/nic/nic.ts";
import type { NodeEvent } from "../../host/node/api.ts";
import { CarpNode } from "../../host/node/node.ts";

const EACCES = 13;
const EADDRINUSE = 98;
const ENOBUFS = 105;
const own = { family: 4, address: "192.0.2.2", prefixLength: 24 } as const;

let link: MemoryLink;
let wire: Wire;
let ear: Nic;
let events: NodeEvent[];
let order: string[];
let eth0: number;
let node: CarpNode;

beforeEach(() => {
  link = createMemoryLink();
  wire = createWire();
  ear = wire.attach("ear");
  events = [];
  order = [];
  eth0 = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(eth0, own);
  node = createNode();
});

describe("start", () => {
  it("puts a virtual host into BACKUP", () => {
    node.start(configuration());
    expect(status().state).toBe("BACKUP");
    expect(status().last_transition?.reason).toBe("initialization complete");
  });

  it("refuses an interface that is not there, names those that are, and changes nothing", () => {
    expect(() => node.start(configuration({ interfaceName: "em0" }))).toThrow(
      /no interface em0.*eth0.*--map/,
    );
    expect(order).toEqual([]);
  });

  it("reads the machine as often for many virtual hosts as for one", () => {
    const readings = (count: number): number => {
      const read = vi.spyOn(link, "interfaces");
      const hosts = Array.from({ length: count }, (_, index) =>
        host({ vhid: index + 1, addresses: list(`192.0.2.${index + 10}/24`) }),
      );
      createNode().start({ ...configuration(), virtualHosts: hosts });
      const { calls } = read.mock;
      read.mockRestore();
      return calls.length;
    };
    expect(readings(50)).toBe(readings(1));
  });

  it("refuses an interface without an address of its own", () => {
    link.addInterface({ name: "eth1", mac: Uint8Array.of(2, 0, 0, 0, 0, 2) });
    expect(() => node.start(configuration({ interfaceName: "eth1" }))).toThrow(
      /eth1 has no address.*ip addr add/,
    );
  });

  it("refuses a virtual address that somebody else has put on an interface", () => {
    link.addForeignAddress(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    expect(() => node.start(configuration())).toThrow(OperatorError);
    expect(() => node.start(configuration())).toThrow(/192.0.2.1\/24 is on eth0 already.*ip addr del/);
  });

  it("starts the other virtual hosts, and the refused one when its address is free", () => {
    link.addForeignAddress(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    node.start({
      ...configuration(),
      virtualHosts: [host(), host({ vhid: 2, addresses: list("192.0.2.9/24") })],
    });
    expect(states()).toEqual(["INIT", "BACKUP"]);
    expect(status().problem).toMatch(/on eth0 already/);
    link.removeByHand(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    node.turnLink();
    expect(states()).toEqual(["BACKUP", "BACKUP"]);
    expect(status().problem).toBeNull();
  });

  it("leaves a virtual host to the node that serves it already, and changes nothing", () => {
    link.fail("claim", EADDRINUSE, 1);
    expect(() => node.start(configuration())).toThrow(
      /vhid 1 on eth0 is served by another carp.*stop that one/,
    );
    expect(order).toEqual([]);
    node.start(configuration());
    expect(status().state).toBe("BACKUP");
  });

  it("removes what an earlier node left behind before BACKUP", () => {
    link.addAddress(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    node.start(configuration());
    expect(addresses()).toEqual(["192.0.2.2"]);
  });
});

describe("a MASTER", () => {
  beforeEach(() => {
    node.start(configuration());
    order = [];
    become("MASTER");
  });

  it("has its addresses before it advertises", () => {
    expect(status().state).toBe("MASTER");
    expect(addresses()).toContain("192.0.2.1");
    expect(order.slice(0, 3)).toEqual(["add 192.0.2.1", "add 2001:db8::1", "send"]);
  });

  it("bows out before it takes the addresses away", () => {
    order = [];
    node.stop();
    node.close();
    expect(order[0]).toBe("send");
    expect(order.slice(1, 3)).toEqual(["remove 192.0.2.1", "remove 2001:db8::1"]);
    expect(lastAdvertisement()).toMatchObject({ advbase: 255, advskew: 255 });
  });

  it("bows out when it is sent to BACKUP by hand", () => {
    become("BACKUP");
    expect(status().state).toBe("BACKUP");
    expect(lastAdvertisement()).toMatchObject({ advbase: 255, advskew: 255 });
    expect(addresses()).toEqual(["192.0.2.2"]);
  });

  it("puts an address back that somebody takes away, and gives up at the third time in a minute", () => {
    for (let time = 0; time < 2; time++) {
      link.removeByHand(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
      node.turnLink();
      expect(addresses()).toContain("192.0.2.1");
      expect(status().state).toBe("MASTER");
    }
    link.removeByHand(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    node.turnLink();
    expect(status()).toMatchObject({ state: "BACKUP", demotion: 240 });
    expect(status().problem).toMatch(/keeps taking/);
    expect(addresses()).toEqual(["192.0.2.2"]);
  });

  it("puts an address back whose removal was among the events that the kernel lost", () => {
    link.removeByHand(eth0, { family: 4, address: "192.0.2.1", prefixLength: 24 });
    link.events();
    link.overrun();
    node.turnLink();
    expect(addresses()).toContain("192.0.2.1");
    expect(status().state).toBe("MASTER");
  });

  it("goes to INIT, demoted, when the carrier is lost, and starts over from BACKUP", () => {
    link.change(eth0, { carrier: false });
    node.turnLink();
    expect(status()).toMatchObject({ state: "INIT", demotion: 240 });
    expect(addresses()).toEqual(["192.0.2.2"]);
    link.change(eth0, { carrier: true });
    node.turnLink();
    expect(status()).toMatchObject({ state: "BACKUP", demotion: 0 });
  });

  it("outlives its interface, and serves another one of the same name", () => {
    link.takeAway(eth0);
    node.turnLink();
    expect(status().state).toBe("INIT");
    const again = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 3) });
    link.addForeignAddress(again, own);
    node.turnLink();
    expect(status().state).toBe("BACKUP");
    become("MASTER");
    expect(status().state).toBe("MASTER");
    expect(addresses()).toContain("192.0.2.1");
  });

  it("keeps its state when parameters change, and starts over when addresses do", () => {
    node.ifconfig({ interface: "eth0", vhid: 1, advskew: 7, pass_hex: "aabb" });
    expect(status()).toMatchObject({ state: "MASTER", advskew: 7 });
    node.ifconfig({ interface: "eth0", vhid: 1, addresses: ["192.0.2.5/24"] });
    expect(status()).toMatchObject({ state: "BACKUP", advskew: 7 });
    expect(status().addresses).toEqual(["192.0.2.1/24", "2001:db8::1/64", "192.0.2.5/24"]);
    expect(addresses()).toEqual(["192.0.2.2"]);
  });

  it("goes away with its last address", () => {
    node.ifconfig({
      interface: "eth0",
      vhid: 1,
      addresses: ["192.0.2.1/24", "2001:db8::1/64"],
      remove: true,
    });
    expect(node.status().virtual_hosts).toEqual([]);
    expect(addresses()).toEqual(["192.0.2.2"]);
  });

  it("stays MASTER through a reload that leaves it as it is, and others come and go", () => {
    node.reconfigure([host(), host({ vhid: 9, addresses: list("192.0.2.9/24") })], true);
    expect(states()).toEqual(["MASTER", "BACKUP"]);
    expect(node.sysctl("preempt")).toBe(1);
    node.reconfigure([host({ vhid: 9, addresses: list("192.0.2.9/24") })], false);
    expect(node.status().virtual_hosts.map(({ vhid }) => vhid)).toEqual([9]);
    expect(addresses()).toEqual(["192.0.2.2"]);
  });

  it("is demoted by the third advertisement that cannot be sent", () => {
    sendErrno = ENOBUFS;
    for (let time = 0; time < 2; time++) node.sysctl("demotion", 1);
    expect(status().counters.senderrors).toBeGreaterThanOrEqual(3);
    expect(status().demotion).toBe(242);
    sendErrno = 0;
  });

  it("withdraws everything when it is abandoned", () => {
    node.abandon();
    expect(addresses()).toEqual(["192.0.2.2"]);
  });
});

describe("an address that cannot be put in place", () => {
  it("leaves the node BACKUP, demoted, with an explanation, and nothing half done", () => {
    node.start(configuration());
    link.fail("addAddress", EACCES, 1);
    become("MASTER");
    expect(status()).toMatchObject({ state: "BACKUP", demotion: 240 });
    expect(status().problem).toMatch(/cannot be put on eth0/);
    expect(addresses()).toEqual(["192.0.2.2"]);
    expect(events.filter((event) => event.kind === "log" && event.level === "error")).toHaveLength(1);
    become("MASTER");
    expect(status()).toMatchObject({ state: "MASTER", demotion: 0, problem: null });
  });
});

describe("sysctl", () => {
  beforeEach(() => node.start(configuration()));

  it("adds what is written to demotion, and replaces the rest", () => {
    expect(node.sysctl("demotion", 100)).toBe(100);
    expect(node.sysctl("demotion", -30)).toBe(70);
    expect(node.sysctl("ifdown_demotion_factor", 5)).toBe(5);
    expect(node.sysctl("log", 2)).toBe(2);
    expect(() => node.sysctl("preempt", 2)).toThrow(/out of range/);
  });

  it("puts every virtual host into INIT with allow=0", () => {
    node.sysctl("allow", 0);
    expect(status().state).toBe("INIT");
    node.sysctl("allow", 1);
    expect(status().state).toBe("BACKUP");
  });
});

let sendErrno = 0;

/** A node whose orders to the link and frames are noted, in their order. */
function createNode(): CarpNode {
  const noted: Link = Object.create(link, {
    addAddress: {
      value: (...[index, address]: Parameters<Link["addAddress"]>) => {
        order.push(`add ${address.address}`);
        link.addAddress(index, address);
      },
    },
    removeAddress: {
      value: (...[index, address]: Parameters<Link["removeAddress"]>) => {
        order.push(`remove ${address.address}`);
        link.removeAddress(index, address);
      },
    },
  });
  // A private field of the link is reached through the link itself.
  for (const name of [
    "interfaces",
    "find",
    "claim",
    "unclaim",
    "renewAddresses",
    "createVirtualMac",
    "removeInterface",
    "events",
    "close",
  ] as const) {
    Object.defineProperty(noted, name, { value: (link[name] as () => unknown).bind(link) });
  }
  return new CarpNode(
    {
      core: new Core(),
      link: noted,
      openNic: () => {
        const nic = wire.attach("node");
        return {
          name: nic.name,
          descriptor: -1,
          get lastErrno() {
            return sendErrno;
          },
          receive: (ring, first) => nic.receive(ring, first),
          send: (ring, first, count) => {
            if (sendErrno !== 0) return 0;
            order.push("send");
            return nic.send(ring, first, count);
          },
          drops: () => nic.drops(),
          close: () => nic.close(),
        };
      },
      emit: (event) => events.push(event),
    },
    { sourceMac: "virtual" },
  );
}

function configuration(change: Partial<VirtualHost> = {}): Configuration {
  return { virtualHosts: [host(change)], preempt: false, ownAddresses: [] };
}

function host(change: Partial<VirtualHost> = {}): VirtualHost {
  return {
    interfaceName: "eth0",
    vhid: 1,
    advbase: 1,
    advskew: 0,
    pass: Buffer.from("testpass"),
    addresses: list("192.0.2.1/24", "2001:db8::1/64"),
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
    ...change,
  };
}

function list(...texts: string[]): VirtualHost["addresses"] {
  return texts.map((text) => parsePrefixed(text)!);
}

function become(state: "MASTER" | "BACKUP"): void {
  node.ifconfig({ interface: "eth0", vhid: 1, state });
}

function status() {
  return node.status().virtual_hosts[0];
}

function states() {
  return node.status().virtual_hosts.map(({ state }) => state);
}

function addresses(): string[] {
  return (link.find("eth0")?.addresses ?? []).map(({ address }) => address).sort();
}

/** The last IPv4 advertisement that went over the wire. */
function lastAdvertisement(): { advbase: number; advskew: number } {
  const slots = new Core().receiveSlots(0);
  let last = { advbase: -1, advskew: -1 };
  for (let count = ear.receive(slots, 0); count > 0; count = ear.receive(slots, 0)) {
    for (let slot = 0; slot < count; slot++) {
      const frame = slots.memory.subarray(slots.frameOffset(slot));
      if (frame[12] === 0x08 && frame[13] === 0x00) last = { advskew: frame[36], advbase: frame[39] };
    }
  }
  return last;
}
