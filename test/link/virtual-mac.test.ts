import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Link } from "../../host/link/link.ts";
import { openNetlinkLink } from "../../host/link/netlink.ts";
import { virtualMacName } from "../../host/link/virtual-mac.ts";
import { connect, inNamespace, ip, namespaceTrouble, withNamespaces } from "../support/namespace.ts";
import { requireOrSkip } from "../support/require.ts";

const mac = (vhid: number) => Uint8Array.of(0, 0, 0x5e, 0, 1, vhid);
const ipv4 = { family: 4, address: "192.0.2.10", prefixLength: 24 } as const;
const ipv6 = { family: 6, address: "2001:db8::10", prefixLength: 64 } as const;

/** Runs `body` inside a namespace of its own, with the interface `left` of a veth pair and links it may open. */
async function inLab(body: (open: () => Link, first: string, second: string) => void): Promise<void> {
  await withNamespaces(2, (first, second) => {
    connect(first, second);
    inNamespace(first, () => {
      const links: Link[] = [];
      const open = () => {
        const link = openNetlinkLink();
        links.push(link);
        return link;
      };
      try {
        body(open, first, second);
      } finally {
        for (const link of links) link.close();
      }
    });
  });
}

const setting = (name: string) => readFileSync(`/proc/sys/net/${name}`, "latin1").trim();
const parentSettings = () =>
  ["arp_ignore", "arp_filter", "arp_announce"].map((name) => setting(`ipv4/conf/left/${name}`)).join("");

describe("the virtual MAC", () => {
  test("has a name that fits and tells interface and vhid", () => {
    expect(virtualMacName(2, 1)).toBe("carp2.1");
    expect(virtualMacName(9_999_999, 255)).toBe("carp9999999.255");
    expect(virtualMacName(2 ** 31 - 1, 255).length).toBeLessThanOrEqual(15);
    expect(virtualMacName(2 ** 31 - 1, 255)).not.toBe(virtualMacName(2 ** 31 - 2, 255));
  });

  test("goes together with others, and takes nobody else along", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      const before = parentSettings();
      const link = open();
      const parent = link.find("left")!.index;
      const indexes = [7, 8, 9].map((vhid) =>
        link.createVirtualMac(parent, virtualMacName(parent, vhid), mac(vhid)),
      );
      // An interface of somebody else in the very group that is taken for the removal.
      ip("link add other link left type macvlan");
      ip(`link set other group ${0x63617270}`);
      expect(() => link.removeInterfaces([...indexes, parent])).toThrow("left is no macvlan");
      expect(link.find(virtualMacName(parent, 7))).toBeDefined();
      link.removeInterfaces([...indexes, 4711]);
      const left = link.interfaces().filter(({ kind }) => kind === "macvlan");
      expect(left.map(({ name }) => name)).toEqual(["other"]);
      expect(parentSettings()).toBe(before);
      link.removeInterfaces(indexes);
    });
  });

  test("is a private macvlan that is up and silent, and goes without a trace", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      writeFileSync("/proc/sys/net/ipv4/conf/left/arp_announce", "1");
      writeFileSync("/proc/sys/net/ipv4/conf/all/rp_filter", "2");
      const link = open();
      const parent = link.find("left")!.index;
      const name = virtualMacName(parent, 7);
      const index = link.createVirtualMac(parent, name, mac(7));
      const state = link.find(name)!;
      expect(state).toMatchObject({ index, parent, kind: "macvlan", up: true, carrier: true, addresses: [] });
      expect(state.mac).toEqual(mac(7));
      expect(ip(`-d link show dev ${name}`)).toContain("mode private");
      expect(parentSettings()).toBe("112");
      expect(setting("ipv4/conf/all/rp_filter")).toBe("0");
      expect(setting(`ipv4/conf/${name}/accept_local`)).toBe("1");
      expect(setting(`ipv6/conf/${name}/disable_ipv6`)).toBe("1");

      expect(link.createVirtualMac(parent, name, mac(7))).toBe(index);
      const second = link.createVirtualMac(parent, virtualMacName(parent, 8), mac(8));
      link.removeInterface(index);
      expect(link.find(name)).toBeUndefined();
      expect(parentSettings()).toBe("112");
      link.removeInterface(second);
      expect(parentSettings()).toBe("001");
      expect(setting("ipv4/conf/all/rp_filter")).toBe("2");
      expect(() => link.removeInterface(index)).not.toThrow();
    });
  });

  test("has IPv6 only while it carries an IPv6 address, and then that one alone", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      const link = open();
      const parent = link.find("left")!.index;
      const name = virtualMacName(parent, 7);
      const index = link.createVirtualMac(parent, name, mac(7));
      link.addAddress(index, ipv4);
      expect(setting(`ipv6/conf/${name}/disable_ipv6`)).toBe("1");
      link.addAddress(index, ipv6);
      const expected = { ours: true, scope: "global", tentative: false };
      expect(link.find(name)!.addresses).toEqual([
        { ...ipv4, ...expected },
        { ...ipv6, ...expected },
      ]);
      link.removeAddress(index, ipv6);
      expect(setting(`ipv6/conf/${name}/disable_ipv6`)).toBe("1");
      expect(link.find(name)!.addresses).toEqual([{ ...ipv4, ...expected }]);
    });
  });

  test("keeps the other addresses of a subnet when the first one goes", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      const link = open();
      const parent = link.find("left")!.index;
      const name = virtualMacName(parent, 7);
      const index = link.createVirtualMac(parent, name, mac(7));
      const second = { ...ipv4, address: "192.0.2.11" };
      link.addAddress(index, ipv4);
      link.addAddress(index, second);
      link.removeAddress(index, ipv4);
      expect(link.find(name)!.addresses.map(({ address }) => address)).toEqual(["192.0.2.11"]);
    });
  });

  test("that a crash left behind is taken over, with the settings from before the crash", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      const crashed = open();
      const parent = crashed.find("left")!.index;
      const name = virtualMacName(parent, 7);
      const index = crashed.createVirtualMac(parent, name, mac(7));
      crashed.addAddress(index, ipv4);
      crashed.addAddress(index, ipv6);
      const link = open();
      expect(link.createVirtualMac(parent, name, mac(7))).toBe(index);
      expect(link.find(name)!.addresses).toHaveLength(2);
      expect(setting(`ipv6/conf/${name}/disable_ipv6`)).toBe("0");
      link.removeAddress(index, ipv6);
      expect(setting(`ipv6/conf/${name}/disable_ipv6`)).toBe("1");
      link.removeInterface(index);
      expect(parentSettings()).toBe("000");

      const again = crashed.createVirtualMac(parent, name, mac(7));
      expect(parentSettings()).toBe("112");
      open().removeInterface(again);
      expect(parentSettings()).toBe("000");
    });
  });

  test("is what a client learns, although the interface has an address of its own", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open, first, second) => {
      ip(`-n ${first} addr add 192.0.2.3/24 dev left`);
      ip(`-n ${second} addr add 192.0.2.2/24 dev right`);
      const link = open();
      const parent = link.find("left")!.index;
      const index = link.createVirtualMac(parent, virtualMacName(parent, 7), mac(7));
      link.addAddress(index, ipv4);
      for (const target of ["192.0.2.10", "192.0.2.3"]) {
        execFileSync("ip", ["netns", "exec", second, "ping", "-c", "1", "-W", "2", target], {
          stdio: "pipe",
        });
      }
      const own = Buffer.from(link.find("left")!.mac)
        .toString("hex")
        .replace(/..(?!$)/g, "$&:");
      expect(ip(`-n ${second} neigh show 192.0.2.10`)).toContain("lladdr 00:00:5e:00:01:07");
      expect(ip(`-n ${second} neigh show 192.0.2.3`)).toContain(`lladdr ${own}`);
    });
  });

  test("that went with its parent is forgotten, and the settings come back", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      writeFileSync("/proc/sys/net/ipv4/conf/all/rp_filter", "1");
      const link = open();
      for (let round = 0; round < 3; round++) {
        const parent = link.find("left")!.index;
        link.createVirtualMac(parent, virtualMacName(parent, 7), mac(7));
        expect(setting("ipv4/conf/all/rp_filter")).toBe("0");
        ip("link del left");
        expect(link.find(virtualMacName(parent, 7))).toBeUndefined();
        ip("link add left type veth peer name other");
      }
      const parent = link.find("left")!.index;
      link.removeInterface(link.createVirtualMac(parent, virtualMacName(parent, 7), mac(7)));
      expect(setting("ipv4/conf/all/rp_filter")).toBe("1");
      link.createVirtualMac(parent, virtualMacName(parent, 7), mac(7));
      ip("link del left");
      link.close();
      expect(setting("ipv4/conf/all/rp_filter")).toBe("1");
    });
  });

  test("touches nothing that is not its own", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open) => {
      const link = open();
      const parent = link.find("left")!.index;
      const name = virtualMacName(parent, 7);
      ip(`link add link left name ${name} type macvlan mode bridge`);
      expect(() => link.createVirtualMac(parent, name, mac(7))).toThrow("is not the macvlan that is wanted");
      expect(() => link.removeInterface(parent)).toThrow("left is no macvlan");
      expect(() => link.createVirtualMac(9999, "carp9999.7", mac(7))).toThrow("there is no interface 9999");
      expect(parentSettings()).toBe("000");
      expect(link.find("left")).toBeDefined();
    });
  });

  test("follows its parent down and up", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await inLab((open, first) => {
      const link = open();
      const parent = link.find("left")!.index;
      ip(`-n ${first} link set left down`);
      const name = virtualMacName(parent, 7);
      const index = link.createVirtualMac(parent, name, mac(7));
      expect(link.find(name)!.carrier).toBe(false);
      ip(`-n ${first} link set left up`);
      link.addAddress(index, ipv4);
      expect(link.find(name)!).toMatchObject({ up: true, carrier: true });
      ip(`-n ${first} link set left down`);
      ip(`-n ${first} link set left up`);
      expect(link.find(name)!).toMatchObject({ up: true, carrier: true });
    });
  });
});
