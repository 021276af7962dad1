import { constants } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createWire } from "../../host/nic/memory.ts";
import { countAdvertisements } from "../support/ear.ts";
import { configuration, createMemoryNode, pass, TestClock } from "../support/memory-node.ts";

afterEach(() => vi.restoreAllMocks());

const codes = [
  "EPERM",
  "EACCES",
  "EBUSY",
  "ENODEV",
  "ENOMEM",
  "EINVAL",
  "ENOBUFS",
  "EADDRNOTAVAIL",
  "EOPNOTSUPP",
  "EIO",
] as const;
const first = { family: 4, address: "192.0.2.1", prefixLength: 24 } as const;

describe("H7: an address that cannot be put in place", () => {
  it.each(codes)(
    "%s: BACKUP, demoted and silent, tried less and less often, and MASTER when it works",
    (code) => {
      const clock = new TestClock();
      const wire = createWire();
      const ear = wire.attach("ear");
      const one = createMemoryNode({ wire });
      const attempts: number[] = [];
      one.link.fail("addAddress", constants.errno[code]);
      one.node.start(configuration());
      const begun = clock.nowNs;
      for (let second = 0; second < 300; second++) {
        const told = one.log("error").length;
        pass(clock, 1000, [one]);
        expect(one.status().state).toBe("BACKUP");
        expect(one.addresses()).toEqual(["192.0.2.2"]);
        if (one.log("error").length > told) attempts.push(Number(clock.nowNs - begun) / 1e9);
      }
      expect(countAdvertisements(ear)).toBe(0);
      expect(one.status()).toMatchObject({
        demotion: 240,
        problem: expect.stringContaining("cannot be put on eth0"),
      });
      // 3 s after the start, then 3, 6, 12, 24, 48 and every 60 s after the one before.
      expect(attempts).toEqual([3, 6, 12, 24, 48, 96, 156, 216, 276].map((at) => expect.closeTo(at, -0.5)));
      one.link.fail("addAddress", 0);
      pass(clock, 61_000, [one]);
      expect(one.status()).toMatchObject({ state: "MASTER", demotion: 0, problem: null });
      expect(one.addresses()).toContain("192.0.2.1");
      expect(countAdvertisements(ear)).toBeGreaterThan(0);
    },
  );

  it("EEXIST, because somebody else has put it there: it stays the other's, and the node BACKUP", () => {
    const clock = new TestClock();
    const one = createMemoryNode();
    one.node.start(configuration());
    one.link.addForeignAddress(one.eth0, first);
    pass(clock, 10_000, [one]);
    expect(one.status()).toMatchObject({ state: "BACKUP", demotion: 240 });
    expect(one.addresses()).toEqual(["192.0.2.1", "192.0.2.2"]);
    one.link.removeByHand(one.eth0, first);
    pass(clock, 61_000, [one]);
    expect(one.status()).toMatchObject({ state: "MASTER", problem: null });
  });

  it("the second of two: the first is taken back at once", () => {
    const clock = new TestClock();
    const one = createMemoryNode();
    one.node.start(configuration());
    const add = one.link.addAddress.bind(one.link);
    vi.spyOn(one.link, "addAddress").mockImplementation((index, address) => {
      if (address.family === 6) one.link.fail("addAddress", constants.errno.ENOMEM, 1);
      add(index, address);
    });
    pass(clock, 4000, [one]);
    expect(one.status().state).toBe("BACKUP");
    expect(one.addresses()).toEqual(["192.0.2.2"]);
  });

  it("the macvlan of --vmac: the same, and it is there when that works again", () => {
    const clock = new TestClock();
    const one = createMemoryNode();
    one.link.fail("createVirtualMac", constants.errno.EBUSY);
    one.node.start(configuration({ virtualMac: true }));
    expect(one.status()).toMatchObject({
      state: "INIT",
      problem: expect.stringMatching(/cannot be prepared.*errno 16/),
    });
    pass(clock, 9000, [one]);
    expect(one.status().state).toBe("INIT");
    one.link.fail("createVirtualMac", 0);
    pass(clock, 10_000, [one]);
    pass(clock, 4000, [one]);
    expect(one.status()).toMatchObject({ state: "MASTER", problem: null });
  });
});
