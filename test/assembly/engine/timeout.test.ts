import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, inShort, JITTER, SECOND, skewTime, type VirtualHost } from "../../support/driver.ts";

const { Backup, Master } = abi.State;
/** Own advbase 1 and advskew 100. */
const own: VirtualHost = { advbase: 1, advskew: 100 };

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

/** What was sent since it was last asked. */
function sent(): string[] {
  return inShort(driver.takeFrames());
}

describe("time", () => {
  test("waking early does nothing", () => {
    driver.addIn(Backup, own);
    const before = Buffer.from(
      driver.core.memory.slice(abi.INSTANCES_OFFSET, abi.INSTANCES_OFFSET + abi.INSTANCE_SIZE),
    );
    for (let step = 0; step < 10; step++) driver.do(() => driver.core.handleTimeout(driver.now));
    expect(
      before.equals(
        driver.core.memory.subarray(abi.INSTANCES_OFFSET, abi.INSTANCES_OFFSET + abi.INSTANCE_SIZE),
      ),
    ).toBe(true);
  });

  test("time that goes back counts as time that stands still", () => {
    driver.addIn(Backup, own);
    driver.now -= 100n * SECOND;
    driver.hear({ advskew: 0 });
    driver.now += 100n * SECOND;
    const left = driver.instance().masterDownDeadlineNs - driver.now - 3n * SECOND - skewTime(100);
    expect(left >= 0n && left < JITTER).toBe(true);
    expect(driver.instance().heardAtNs).toBe(driver.now);
  });

  test("a host that slept runs what it missed once", () => {
    driver.addIn(Master, own);
    driver.now += 1000n * SECOND;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(sent()).toEqual(["1/100", "ArpRequest", "ArpReply"]);
    expect(driver.core.pollTimeout()).toBe(driver.now + SECOND + skewTime(100));
  });

  test("a frame that is heard before the timer is run keeps a late BACKUP from taking over", () => {
    driver.addIn(Backup, own);
    driver.now += 7n * SECOND;
    driver.hear({ advskew: 0 });
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()).toEqual([]);
  });

  test("with the event ring full the rest stays due until the host has read", () => {
    driver.appliesAtOnce = false;
    for (let vhid = 1; vhid <= 100; vhid++) driver.add({ vhid });
    driver.takeEvents();
    driver.now += 10n * SECOND;
    for (let count = 0; count < abi.EVENT_CAPACITY - 21; count++)
      driver.core.addDemotion(count % 2 === 0 ? 1 : -1);
    driver.core.handleTimeout(driver.now);
    expect(driver.core.pollTimeout()).toBeLessThan(driver.now);
    const first = driver.core.events().filter(({ kind }) => kind === "apply").length;
    expect(first).toBe(20);
    driver.core.handleTimeout(driver.now);
    expect(driver.core.events()).toHaveLength(100 - first);
    expect(driver.core.pollTimeout()).toBeGreaterThan(driver.now);
  });
});
