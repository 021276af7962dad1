import { describe, expect, test } from "vitest";
import { createMemoryLink } from "../../host/link/memory.ts";

const address = { family: 4, address: "192.0.2.10", prefixLength: 24 } as const;
const mac = Uint8Array.of(0, 0, 0x5e, 0, 1, 7);

describe("the link in memory", () => {
  test("keeps addresses, ours and others', and tells of each change", () => {
    const link = createMemoryLink();
    const index = link.addInterface({ name: "em0" });
    link.addAddress(index, address);
    expect(link.find("em0")!.addresses).toEqual([
      { ...address, ours: true, scope: "global", tentative: false },
    ]);
    expect(() => link.addAddress(index, address)).toThrow("File exists (errno 17)");
    expect(() => link.addForeignAddress(index, address)).toThrow("errno 17");
    link.removeAddress(index, address);
    link.removeAddress(index, address);
    expect(link.events()).toEqual([
      { kind: "link", name: "em0", index },
      { kind: "address-removed", index, address, ours: true },
    ]);
    expect(link.events()).toEqual([]);
    expect(() => link.addAddress(99, address)).toThrow("No such device (errno 19)");
  });

  test("fails to order, as often as it is told to", () => {
    const link = createMemoryLink();
    const index = link.addInterface({ name: "em0" });
    link.fail("addAddress", 1, 2);
    expect(() => link.addAddress(index, address)).toThrow("errno 1");
    expect(() => link.addAddress(index, address)).toThrow("errno 1");
    link.addAddress(index, address);
    link.fail("removeAddress", 16);
    for (let round = 0; round < 3; round++)
      expect(() => link.removeAddress(index, address)).toThrow("errno 16");
    link.fail("removeAddress", 0);
    link.removeAddress(index, address);
    expect(link.find("em0")!.addresses).toEqual([]);
  });

  test("renews addresses, puts those there that are not, and tells what was refused", () => {
    const link = createMemoryLink();
    const index = link.addInterface({ name: "em0" });
    const leased = { ...address, leaseSeconds: 2 };
    link.addAddress(index, address);
    expect(link.placement(index, address)).toEqual(address);
    expect(link.renewAddresses([{ index, address: leased }])).toEqual([]);
    expect(link.placement(index, address)).toEqual(leased);
    link.removeByHand(index, address);
    expect(link.placement(index, address)).toBeUndefined();
    link.renewAddresses([{ index, address: leased }]);
    expect(link.find("em0")!.addresses).toMatchObject([{ ...address, ours: true }]);
    expect(link.takeRenewals()).toHaveLength(2);
    expect(link.takeRenewals()).toEqual([]);
    link.fail("renewAddress", 105, 1);
    const renewals = [
      { index, address: leased },
      { index, address: leased },
    ];
    expect(link.renewAddresses(renewals)).toMatchObject([{ renewal: renewals[0], error: { errno: 105 } }]);
    expect(link.takeRenewals()).toHaveLength(1);
  });

  test("makes, reuses and removes virtual MACs, which go with their parent", () => {
    const link = createMemoryLink();
    const parent = link.addInterface({ name: "em0" });
    const index = link.createVirtualMac(parent, "carp1.7", mac);
    expect(link.createVirtualMac(parent, "carp1.7", mac)).toBe(index);
    expect(link.find("carp1.7")).toMatchObject({ parent, kind: "macvlan", mac });
    expect(() => link.createVirtualMac(parent, "carp1.7", Uint8Array.of(1, 2, 3, 4, 5, 6))).toThrow(
      "errno 17",
    );
    expect(() => link.removeInterface(parent)).toThrow("errno 22");
    link.removeInterface(index);
    link.removeInterface(index);
    expect(link.find("carp1.7")).toBeUndefined();
    const next = link.createVirtualMac(parent, "carp1.7", mac);
    link.addAddress(next, address);
    link.events();
    link.takeAway(parent);
    expect(link.interfaces()).toEqual([]);
    expect(link.events()).toEqual([
      { kind: "address-removed", index: next, address, ours: true },
      { kind: "gone", name: "carp1.7", index: next },
      { kind: "gone", name: "em0", index: parent },
    ]);
  });

  test("calls the reader after a change, and says when events were lost", async () => {
    const link = createMemoryLink();
    let calls = 0;
    link.onReadable = () => calls++;
    const index = link.addInterface({ name: "em0" });
    link.change(index, { carrier: false });
    link.overrun();
    expect(calls).toBe(0);
    await Promise.resolve();
    expect(calls).toBe(1);
    expect(link.events().map(({ kind }) => kind)).toEqual(["link", "link", "overrun"]);
    expect(link.find("em0")!.carrier).toBe(false);
  });
});
