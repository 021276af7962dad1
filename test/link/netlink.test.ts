import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SystemError } from "../../host/errors.ts";
import type { Link, LinkEvent, PrefixedAddress, Renewal } from "../../host/link/link.ts";
import { openNetlinkLink } from "../../host/link/netlink.ts";
import { connect, inNamespace, ip, namespaceTrouble, withNamespaces } from "../support/namespace.ts";
import { requireOrSkip } from "../support/require.ts";
import { sleep } from "../support/wait.ts";

const ENODEV = 19;
const EEXIST = 17;
const EINVAL = 22;

const ipv4: PrefixedAddress = { family: 4, address: "192.0.2.10", prefixLength: 24 };
const ipv6: PrefixedAddress = { family: 6, address: "2001:db8::10", prefixLength: 64 };

/** Runs `body` in a namespace of its own with a link and the interface `left` of a veth pair. */
async function withLink(body: (link: Link, index: number, namespaces: readonly string[]) => unknown) {
  await withNamespaces(2, async (first, second) => {
    connect(first, second);
    const link = inNamespace(first, openNetlinkLink);
    try {
      await body(link, link.find("left")!.index, [first, second]);
    } finally {
      link.close();
    }
  });
}

function failure(action: () => unknown): SystemError {
  try {
    action();
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

function addressesOf(link: Link, name: string): string[] {
  const addresses = link.find(name)?.addresses ?? [];
  return addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);
}

describe("the netlink link", () => {
  test("lets one process of a network namespace have a name, until it is given back", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, _index, [first, second]) => {
      const other = inNamespace(first, openNetlinkLink);
      const elsewhere = inNamespace(second, openNetlinkLink);
      inNamespace(first, () => link.claim("1@left"));
      inNamespace(second, () => elsewhere.claim("1@left"));
      const again = () => inNamespace(first, () => other.claim("1@left"));
      expect(again).toThrow(expect.objectContaining({ errno: 98 }));
      link.unclaim("1@left");
      expect(again).not.toThrow();
      other.close();
      inNamespace(first, () => link.claim("1@left"));
      elsewhere.close();
    });
  });

  test("prepares an interface, another one of the same name too, and restores the setting at the end", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, _index, [first, second]) => {
      const setting = "/proc/sys/net/ipv4/conf/left/promote_secondaries";
      const value = () => execFileSync("ip", ["netns", "exec", first, "cat", setting], { encoding: "utf8" });
      const original = value();
      inNamespace(first, () => link.prepare("left"));
      expect(value()).toBe("1\n");
      ip(`-n ${first} link del left`);
      connect(first, second);
      inNamespace(first, () => link.prepare("left"));
      expect(value()).toBe("1\n");
      inNamespace(first, () => link.close());
      expect(value()).toBe(original);
    });
  });

  test("tells what the kernel knows of interfaces", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index, [first]) => {
      ip(`-n ${first} link set left address 02:00:00:00:00:07`);
      ip(`-n ${first} addr add 198.51.100.1/25 dev left`);
      ip(`-n ${first} addr add 2001:db8:1::1/48 dev left nodad`);
      const state = link.find("left")!;
      expect(state).toMatchObject({
        name: "left",
        index,
        ethernet: true,
        up: true,
        carrier: true,
        kind: "veth",
      });
      expect([...state.mac]).toEqual([2, 0, 0, 0, 0, 7]);
      expect(state.addresses).toContainEqual({
        family: 4,
        address: "198.51.100.1",
        prefixLength: 25,
        ours: false,
        scope: "global",
        tentative: false,
      });
      expect(state.addresses).toContainEqual(
        expect.objectContaining({ family: 6, address: "2001:db8:1::1", prefixLength: 48, ours: false }),
      );
      expect(
        state.addresses.some(({ scope, address }) => scope === "link" && address.startsWith("fe80::")),
      ).toBe(true);
      expect(link.find("nothing")).toBeUndefined();
      const all = link.interfaces();
      expect(all.map(({ name }) => name).sort()).toEqual(["left", "lo"]);
      expect(all.find(({ name }) => name === "lo")).toMatchObject({ ethernet: false, addresses: [{}, {}] });
      expect(all.find(({ name }) => name === "left")).toEqual(state);
    });
  });

  test("adds addresses with CARP's mark, usable at once, and removes them", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index, [first]) => {
      for (const address of [ipv4, ipv6]) {
        link.addAddress(index, address);
        expect(link.find("left")!.addresses).toContainEqual({
          ...address,
          ours: true,
          scope: "global",
          tentative: false,
        });
        expect(failure(() => link.addAddress(index, address)).errno).toBe(EEXIST);
        expect(ip(`-n ${first} addr show dev left`)).toContain(`${address.address}/${address.prefixLength}`);
        link.removeAddress(index, address);
        expect(addressesOf(link, "left")).not.toContain(`${address.address}/${address.prefixLength}`);
        expect(() => link.removeAddress(index, address)).not.toThrow();
      }
      expect(() => link.removeAddress(9999, ipv4)).not.toThrow();
    });
  });

  test("gives the kernel's own explanation of a refusal", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index) => {
      const error = failure(() => link.addAddress(9999, ipv4));
      expect(error.errno).toBe(ENODEV);
      expect(error.message).toMatch(/^RTM_NEWADDR: No such device: ipv4: Device not found \(errno 19\)$/);
      expect(failure(() => link.addAddress(index, { ...ipv4, prefixLength: 33 })).errno).toBe(EINVAL);
      link.addAddress(index, ipv4);
      expect(addressesOf(link, "left")).toContain("192.0.2.10/24");
    });
  });

  test("tells of carrier, of addresses and of an interface that goes", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink(async (link, index, [first, second]) => {
      ip(`-n ${first} addr add 192.0.2.11/24 dev left`);
      const other = { ...ipv4, address: "192.0.2.11" };
      await eventually(link, { kind: "address-added", index, address: other, ours: false });
      link.addAddress(index, ipv4);
      ip(`-n ${second} link set right down`);
      await eventually(link, { kind: "link", name: "left", index });
      expect(link.find("left")).toMatchObject({ up: true, carrier: false });
      ip(`-n ${first} addr del 192.0.2.10/24 dev left`);
      await eventually(link, { kind: "address-removed", index, address: ipv4, ours: true });
      ip(`-n ${first} link del left`);
      await eventually(link, { kind: "gone", name: "left", index });
      expect(link.find("left")).toBeUndefined();
      expect(link.events()).toEqual([]);
    });
  });

  test("has the kernel take away what is not renewed in time", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink(async (link, index) => {
      const leased = [ipv4, ipv6].map((address) => ({ ...address, leaseSeconds: 1 }));
      const renewals = leased.map((address) => ({ index, address }));
      for (const address of leased) link.addAddress(index, address);
      for (let round = 0; round < 10; round++) {
        await sleep(300);
        expect(link.renewAddresses(renewals)).toEqual([]);
      }
      const present = addressesOf(link, "left");
      expect(present).toContain("192.0.2.10/24");
      expect(present).toContain("2001:db8::10/64");
      // Nothing has been told of all that; but the end is.
      expect(link.events().filter((event) => "ours" in event && event.ours)).toEqual([]);
      await eventually(link, { kind: "address-removed", index, address: ipv4, ours: true }, 3000);
      await sleep(500);
      expect(addressesOf(link, "left")).not.toContain("2001:db8::10/64");
    });
  });

  test("turns an address with a lease into one without, and back", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index, [first]) => {
      const lifetime = (): string | undefined =>
        /valid_lft (\w+)/.exec(ip(`-n ${first} addr show dev left to 192.0.2.10`))?.[1];
      link.addAddress(index, ipv4);
      expect(lifetime()).toBe("forever");
      link.renewAddresses([{ index, address: { ...ipv4, leaseSeconds: 100 } }]);
      expect(lifetime()).toMatch(/^(100|99)sec$/);
      link.renewAddresses([{ index, address: ipv4 }]);
      expect(lifetime()).toBe("forever");
    });
  });

  test("renews many at once, and tells of each that is refused", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index) => {
      const renewals = Array.from({ length: 1500 }, (_, at) => ({
        index: at === 3 || at === 1400 ? 9999 : index,
        address: { family: 4, address: `10.0.${at >> 8}.${at & 255}`, prefixLength: 32, leaseSeconds: 60 },
      })) as Renewal[];
      for (let round = 0; round < 2; round++) {
        const failures = link.renewAddresses(renewals);
        expect(failures.map(({ renewal }) => renewals.indexOf(renewal))).toEqual([3, 1400]);
        expect(failures.map(({ error }) => error.errno)).toEqual([ENODEV, ENODEV]);
        expect(addressesOf(link, "left").filter((text) => text.endsWith("/32"))).toHaveLength(1498);
      }
      // What was refused does not come up as the answer to something else.
      expect(() => link.addAddress(index, ipv4)).not.toThrow();
    });
  });

  test("leaves the interface's own route alone, and keeps that of a subnet without an own address", async ({
    skip,
  }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink(async (link, index, [first]) => {
      const route = (subnet: string): string => ip(`-n ${first} -6 route show ${subnet}`);
      const alone: PrefixedAddress = { ...ipv6, address: "2001:db8:1::10" };
      ip(`-n ${first} addr add 2001:db8::1/64 dev left nodad valid_lft 1000 preferred_lft 1000`);
      const renewals = [
        { index, address: { ...ipv6, leaseSeconds: 1, routeless: true } },
        { index, address: { ...alone, leaseSeconds: 1 } },
      ];
      for (let round = 0; round < 5; round++) {
        expect(link.renewAddresses(renewals)).toEqual([]);
        expect(route("2001:db8::/64")).toMatch(/expires (9\d\d|1000)sec/);
        expect(route("2001:db8:1::/64")).toMatch(/expires [01]sec/);
        await sleep(300);
      }
      link.removeAddress(index, ipv6);
      expect(route("2001:db8::/64")).toMatch(/expires 9\d\dsec/);
      // The same without the mark: the own route would end with the lease.
      link.renewAddresses([{ index, address: { ...ipv6, leaseSeconds: 1 } }]);
      expect(route("2001:db8::/64")).toMatch(/expires [01]sec/);
    });
  });

  test("says so when the kernel had to drop events", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index) => {
      for (let round = 0; round < 20_000; round++) {
        link.addAddress(index, ipv4);
        link.removeAddress(index, ipv4);
      }
      const seen: LinkEvent[] = [];
      for (let events = link.events(); events.length > 0; events = link.events()) seen.push(...events);
      expect(seen.some((event) => event.kind === "overrun")).toBe(true);
      expect(link.events()).toEqual([]);
    });
  });

  test("reads interfaces by the hundred", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withLink((link, index) => {
      for (let host = 1; host <= 250; host++) {
        link.addAddress(index, { family: 4, address: `10.0.0.${host}`, prefixLength: 32 });
        link.addAddress(index, { family: 6, address: `2001:db8::${host.toString(16)}`, prefixLength: 128 });
      }
      const addresses = addressesOf(link, "left");
      expect(addresses).toContain("10.0.0.250/32");
      expect(addresses).toContain("2001:db8::fa/128");
      expect(addresses.length).toBeGreaterThanOrEqual(500);
    });
  });

  test("leaves no descriptor behind", async ({ skip }) => {
    requireOrSkip(namespaceTrouble() === undefined, namespaceTrouble() ?? "", skip);
    await withNamespaces(1, (name) => {
      inNamespace(name, () => {
        const descriptors = () => readdirSync("/proc/self/fd").length;
        openNetlinkLink().close();
        const before = descriptors();
        for (let round = 0; round < 200; round++) openNetlinkLink().close();
        expect(descriptors()).toBe(before);
      });
    });
  });
});

/** Waits until the link has told of `wanted`; the events before it are read and dropped. */
async function eventually(link: Link, wanted: LinkEvent, timeoutMs = 2000): Promise<void> {
  for (let attempt = 0; attempt < timeoutMs / 10; attempt++) {
    if (link.events().some((event) => JSON.stringify(event) === JSON.stringify(wanted))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`no event ${JSON.stringify(wanted)}`);
}
