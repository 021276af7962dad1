import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, inWords, SECOND, type VirtualHost } from "../../support/driver.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
  driver.core.setOption(abi.Option.Lease, 1);
});

/** The times, in milliseconds from now, at which the lease is renewed in that many seconds. */
function renewals(host: VirtualHost, seconds: number): number[] {
  driver.addIn(abi.State.Master, host);
  const begun = driver.now;
  const times: number[] = [];
  const end = begun + BigInt(seconds) * SECOND;
  for (let deadline = driver.core.pollTimeout(); deadline <= end; deadline = driver.core.pollTimeout()) {
    driver.now = deadline;
    driver.do(() => driver.core.handleTimeout(driver.now));
    for (const { kind } of driver.takeEvents())
      if (kind === "renew") times.push(Math.round(Number(driver.now - begun) / 1e6));
  }
  return times;
}

describe("the lease of the addresses", () => {
  test("without it nobody is asked to renew", () => {
    driver.core.setOption(abi.Option.Lease, 0);
    expect(renewals({}, 5)).toEqual([]);
  });

  test.each<[string, VirtualHost, number, number[]]>([
    ["skew 0: with each advertisement", {}, 4, [1000, 2000, 3000, 4000]],
    ["skew 128 leaves a quarter", { advskew: 128 }, 4, [1500, 3000]],
    ["skew 129 does not: after a quarter as well", { advskew: 129 }, 4, [500, 1504, 2004, 3008, 3508]],
    ["skew 240", { advskew: 240 }, 4, [500, 1938, 2438, 3875]],
    ["advbase 3: every three seconds", { advbase: 3 }, 9, [3000, 6000, 9000]],
    ["both families renew once", { addresses: ["192.168.1.50", "2001:db8::1"] }, 2, [1000, 2000]],
    ["advbase 0 and skew 128", { advbase: 0, advskew: 128 }, 2, [500, 1000, 1500, 2000]],
    ["advbase 0 and skew 193", { advbase: 0, advskew: 193 }, 2, [250, 754, 1004, 1508, 1758]],
  ])("%s", (_name, host, seconds, expected) => {
    expect(renewals(host, seconds)).toEqual(expected);
  });

  test("256 advertisements a second renew it eight times, not 256", () => {
    const times = renewals({ advbase: 0, advskew: 1 }, 2);
    expect(times.length).toBeGreaterThanOrEqual(14);
    expect(times.length).toBeLessThanOrEqual(17);
  });

  test("an advertisement soon after a renewal of its own does not renew it again", () => {
    driver.addIn(abi.State.Master, { advskew: 200 });
    driver.runUntil(driver.instance().advertiseDeadlineNs);
    driver.runUntil(driver.now + SECOND / 2n);
    expect(inWords(driver.takeEvents()).slice(-2)).toEqual(["renew", "renew"]);
    driver.runUntil(driver.now + SECOND / 4n - 1n);
    driver.do(() => driver.core.addDemotion(1));
    expect(inWords(driver.takeEvents())).toEqual(["demotion +1 Sysctl"]);
    driver.runUntil(driver.now + 1n);
    driver.do(() => driver.core.addDemotion(1));
    expect(inWords(driver.takeEvents())).toEqual(["demotion +1 Sysctl", "renew"]);
  });

  test.each([
    ["a quarter of a second late it is renewed", 750_000_000n, 1],
    [
      "later it is not, since the addresses would outlive the advertisement by more than they may",
      750_000_001n,
      0,
    ],
  ])("between two advertisements: %s", (_name, afterNs, count) => {
    driver.addIn(abi.State.Master, { advskew: 240 });
    driver.runUntil(driver.instance().advertiseDeadlineNs);
    driver.takeEvents();
    driver.now += afterNs;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents().filter(({ kind }) => kind === "renew")).toHaveLength(count);
  });

  test("an advertisement that could not be sent does not renew it", () => {
    driver.addIn(abi.State.Master);
    driver.errno = 105;
    driver.runUntil(driver.now + 2n * SECOND);
    expect(driver.takeEvents().filter(({ kind }) => kind === "renew")).toEqual([]);
  });

  test("a MASTER that has stepped down does not renew it, nor in between", () => {
    driver.addIn(abi.State.Master, { advskew: 200 });
    driver.runUntil(driver.now + 2n * SECOND);
    driver.takeEvents();
    driver.hear({ advskew: 0 });
    driver.runUntil(driver.now + 2n * SECOND);
    expect(inWords(driver.takeEvents())).toEqual(["withdraw", "Master>Backup MoreFrequentAdvertisement"]);
  });

  test("when it ran out a MASTER is BACKUP, without a word and without demotion", () => {
    driver.addIn(abi.State.Master);
    expect(driver.do(() => driver.core.leaseExpired(0, 1))).toBe(abi.CommandResult.Ok);
    expect(inWords(driver.takeEvents())).toEqual(["withdraw", "Master>Backup LeaseExpired"]);
    expect(driver.takeFrames()).toEqual([]);
    expect(driver.core.demotion).toBe(0);
    expect(driver.do(() => driver.core.leaseExpired(0, 1))).toBe(abi.CommandResult.NotExpected);
    driver.runUntil(driver.now + 4n * SECOND);
    expect(driver.instance().state).toBe(abi.State.Master);
  });
});
