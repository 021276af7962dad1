import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import {
  Driver,
  inShort,
  inWords,
  JITTER,
  SECOND,
  skewTime,
  type VirtualHost,
} from "../../support/driver.ts";

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

describe("a host that did not run", () => {
  const half = (3n * SECOND + skewTime(100)) / 2n + JITTER;

  test.each<[string, (on: Driver) => void]>([
    ["by its timer", (on) => on.do(() => on.core.handleTimeout(on.now))],
    ["by a frame", (on) => void on.hear({ advskew: 200 })],
  ])("a MASTER that is late by half a master-down time steps down, whatever wakes it: %s", (_name, wake) => {
    driver.addIn(Master, own);
    driver.now = driver.instance().advertiseDeadlineNs + half;
    wake(driver);
    expect(inWords(driver.takeEvents())).toEqual(["withdraw", "Master>Backup AdvertisementLate"]);
    expect(sent()).toEqual([]);
    expect(driver.instance().statistics.latesteps).toBe(1);
    expect(driver.instance().masterDownDeadlineNs - driver.now >= 3n * SECOND + skewTime(100)).toBe(true);
  });

  test("one that is late by less goes on", () => {
    driver.addIn(Master, own);
    driver.now = driver.instance().advertiseDeadlineNs + half - 2n * JITTER;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()).toEqual([]);
    expect(sent()[0]).toBe("1/100");
  });

  test("the transition tells by how much", () => {
    driver.addIn(Master, own);
    driver.now = driver.instance().advertiseDeadlineNs + 7n * SECOND;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()[1]).toMatchObject({ numbers: { latenessUs: 7_000_000 } });
  });

  test("a takeover tells by how much its timer was late, and the transition after it of its own", () => {
    driver.appliesAtOnce = false;
    driver.addIn(Backup, own);
    driver.now = driver.instance().masterDownDeadlineNs + 5_000_000n;
    driver.do(() => driver.core.handleTimeout(driver.now));
    driver.do(() => driver.core.applied(0, 1));
    driver.do(() => driver.core.setState(0, 1, Backup));
    const late = driver
      .takeEvents()
      .flatMap((event) => (event.kind === "transition" ? [event.numbers.latenessUs] : []));
    expect(late).toEqual([5000, 0]);
  });

  test.each<[bigint, number]>([
    [4_294_967_294_999n, 4_294_967_294],
    [4_294_967_295_999n, 4_294_967_295],
    [999_999_999_999_999n, 4_294_967_295],
  ])("it tells %i ns as %i microseconds, as far as 32 bits go", (lateness, told) => {
    driver.addIn(Master, own);
    driver.now = driver.instance().advertiseDeadlineNs + lateness;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()[1]).toMatchObject({ numbers: { latenessUs: told } });
  });

  test("intervals below a second do not step down for less than 250 ms", () => {
    driver.addIn(Master, { advbase: 0, advskew: 1 });
    driver.now = driver.instance().advertiseDeadlineNs + 249_999_999n;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()).toEqual([]);
    driver.now = driver.instance().advertiseDeadlineNs + 250_000_000n;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(inWords(driver.takeEvents())).toEqual(["withdraw", "Master>Backup AdvertisementLate"]);
  });

  test("a BACKUP whose timer is that late waits anew, for the master may live", () => {
    driver.addIn(Backup, own);
    driver.now = driver.instance().masterDownDeadlineNs + half;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()).toEqual([]);
    expect(driver.instance().statistics.latesteps).toBe(0);
    driver.runUntil(driver.now + 3n * SECOND + skewTime(100) + JITTER);
    expect(inWords(driver.takeEvents())).toEqual(["apply", "Backup>Master MasterTimedOut"]);
  });

  test("of many the late start over, and the others do not", () => {
    driver.addIn(Master, own);
    driver.addIn(Master, { vhid: 2, advbase: 100 });
    driver.addIn(Backup, { vhid: 3, advbase: 100 });
    driver.now += 50n * SECOND;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.instance(1).state).toBe(Backup);
    expect(driver.instance(2).state).toBe(Master);
    expect(driver.instance(3).state).toBe(Backup);
  });
});

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

  test("a host that is late runs what it missed once", () => {
    driver.addIn(Master, own);
    driver.now += 3n * SECOND;
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(sent()).toEqual(["1/100", "ArpRequest", "ArpReply"]);
    expect(driver.core.pollTimeout()).toBe(driver.now + SECOND + skewTime(100));
  });

  test("a frame that is heard before the timer is run keeps a late BACKUP from taking over", () => {
    driver.addIn(Backup, own);
    driver.now += 4n * SECOND;
    driver.hear({ advskew: 0 });
    driver.do(() => driver.core.handleTimeout(driver.now));
    expect(driver.takeEvents()).toEqual([]);
  });

  test("with the event ring full the rest stays due until the host has read", () => {
    driver.appliesAtOnce = false;
    for (let vhid = 1; vhid <= 100; vhid++) driver.add({ vhid });
    driver.takeEvents();
    driver.now += 4n * SECOND;
    for (let count = 0; count < abi.EVENT_CAPACITY - 22; count++)
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
