import { constants } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createWire } from "../../host/nic/memory.ts";
import { configuration, createMemoryNode, pass, prefixed, TestClock } from "../support/memory-node.ts";

afterEach(() => vi.restoreAllMocks());

const addresses = [prefixed("192.0.2.1/24")];

describe("H12: advertisements that cannot be sent", () => {
  it.each(["ENOBUFS", "ENETDOWN", "ENXIO", "EPERM"] as const)(
    "%s, without a lease: the third demotes a MASTER, three that are sent forgive it",
    (code) => {
      const clock = new TestClock();
      const one = createMemoryNode();
      one.node.start({ ...configuration({ addresses }), lease: false });
      pass(clock, 3100, [one]);
      expect(one.status().state).toBe("MASTER");
      one.nic.errno = constants.errno[code];
      pass(clock, 1950, [one]);
      expect(one.status()).toMatchObject({ demotion: 0, counters: { senderrors: 2 } });
      pass(clock, 1000, [one]);
      expect(one.status()).toMatchObject({ state: "MASTER", demotion: 240 });
      one.nic.errno = 0;
      pass(clock, 3 * 1938 - 100, [one]);
      expect(one.status().demotion).toBe(240);
      pass(clock, 200, [one]);
      expect(one.status().demotion).toBe(0);
    },
  );

  it("with a lease, a MASTER that nobody can hear has no address before another may take it", () => {
    const clock = new TestClock();
    const one = createMemoryNode();
    one.node.start(configuration({ addresses }));
    pass(clock, 4050, [one]);
    expect(one.addresses()).toContain("192.0.2.1");
    one.nic.errno = constants.errno.ENOBUFS;
    pass(clock, 2950, [one]);
    expect(one.addresses()).toEqual(["192.0.2.2"]);
    expect(one.status()).toMatchObject({ state: "BACKUP" });
    one.nic.errno = 0;
    pass(clock, 30_000, [one]);
    expect(one.status()).toMatchObject({ state: "MASTER", demotion: 0 });
  });

  it("a BACKUP, which sends nothing, is forgiven after ten seconds: it is no outcast for ever", () => {
    const clock = new TestClock();
    const wire = createWire();
    const one = createMemoryNode({ wire });
    const two = createMemoryNode({ wire, last: 3 });
    const preempting = { ...configuration({ addresses }), preempt: true };
    one.node.start(preempting);
    pass(clock, 500, [one]);
    two.node.start({ ...configuration({ addresses, advskew: 100 }), preempt: true });
    pass(clock, 3500, [one, two]);
    expect([one.status().state, two.status().state]).toEqual(["MASTER", "BACKUP"]);
    one.nic.errno = constants.errno.ENOBUFS;
    pass(clock, 8000, [one, two]);
    expect([one.status().state, two.status().state]).toEqual(["BACKUP", "MASTER"]);
    expect(one.status().demotion).toBe(240);
    one.nic.errno = 0;
    pass(clock, 30_000, [one, two]);
    expect(one.status()).toMatchObject({ state: "MASTER", demotion: 0 });
    expect(two.status().state).toBe("BACKUP");
  });

  it("errors that do not end: tried again less and less often, and the other one is not disturbed", () => {
    const clock = new TestClock();
    const wire = createWire();
    const one = createMemoryNode({ wire });
    const two = createMemoryNode({ wire, last: 3 });
    one.node.start({ ...configuration({ addresses }), preempt: true });
    pass(clock, 500, [one]);
    two.node.start({ ...configuration({ addresses, advskew: 100 }), preempt: true });
    pass(clock, 3500, [one, two]);
    one.nic.errno = constants.errno.ENOBUFS;
    pass(clock, 8000, [one, two]);
    const before = two.status().transitions;
    pass(clock, 600_000, [one, two]);
    // The first attempt is after 10 s; doubled up to 5 min, there are no more than seven of them in ten minutes, and
    // each is two takeovers at most: the lease is over before the third error.
    expect(one.status().transitions).toBeLessThanOrEqual(3 + 4 * 7);
    expect(two.status().transitions - before).toBeLessThanOrEqual(4 * 7);
    pass(clock, 10_000, [one, two]);
    expect(two.status().state).toBe("MASTER");
  });
});
