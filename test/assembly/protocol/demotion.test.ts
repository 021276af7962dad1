import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import {
  Driver,
  inShort,
  inWords,
  linkedFlags,
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

describe("demotion (protocol §7.1)", () => {
  test("every MASTER advertises at once with its new skew, and its interval begins anew", () => {
    driver.addIn(Master, own);
    driver.addIn(Master, { vhid: 2, advskew: 10 });
    driver.addIn(Backup, { vhid: 3 });
    driver.runUntil(driver.now + SECOND / 2n);
    driver.takeFrames();
    driver.do(() => driver.core.addDemotion(20));
    expect(sent()).toEqual(["1/120", "1/30"]);
    expect(driver.instance().advertiseDeadlineNs).toBe(driver.now + SECOND + skewTime(120));
  });

  test.each([
    [0, 241, 240],
    [254, 0, 240],
    [100, 140, 240],
    [100, 139, 239],
    [100, -100, 0],
    [100, -1000, 0],
    [10, 2_000_000_000, 240],
  ])("advskew %i with demotion %i goes out as %i", (advskew, demotion, effective) => {
    driver.addIn(Master, { advskew });
    driver.do(() => driver.core.addDemotion(demotion));
    driver.takeFrames();
    driver.runUntil(driver.now + 2n * SECOND);
    const advertisements = sent().filter((frame) => frame.includes("/"));
    expect(new Set(advertisements)).toEqual(new Set([`1/${effective}`]));
  });

  test("a demoted MASTER yields to what it would have outdone", () => {
    driver.addIn(Master, own);
    driver.hear({ advskew: 150 });
    expect(driver.instance().state).toBe(Master);
    driver.do(() => driver.core.addDemotion(50));
    driver.hear({ advskew: 150 });
    expect(driver.instance().state).toBe(Backup);
  });

  test("three virtual hosts on a dead interface demote by 720, and it comes back with the link", () => {
    for (const vhid of [1, 2, 3]) driver.addIn(Backup, { vhid });
    driver.do(() => driver.setLink(0));
    driver.do(() => driver.setLink(abi.InterfaceFlag.Up));
    expect(driver.core.demotion).toBe(720);
    driver.core.setOption(abi.Option.IfdownDemotionFactor, 10);
    driver.do(() => driver.setLink(linkedFlags));
    expect(driver.core.demotion).toBe(0);
  });

  test("a virtual host that is removed takes its demotion along", () => {
    for (const vhid of [1, 2, 3]) driver.addIn(Backup, { vhid });
    driver.do(() => driver.setLink(0));
    driver.takeEvents();
    driver.do(() => driver.core.removeVirtualHost(0, 2));
    expect(inWords(driver.takeEvents())).toEqual(["demotion -240 VhidRemoved"]);
    expect(driver.core.demotion).toBe(480);
    driver.do(() => driver.core.removeInterface(0));
    expect(driver.core.demotion).toBe(0);
  });

  test("addresses that could not be held, and errors of sending, go with their virtual host too", () => {
    driver.appliesAtOnce = false;
    driver.add(own);
    driver.core.setState(0, 1, Master);
    driver.do(() => driver.core.applyFailed(0, 1));
    driver.appliesAtOnce = true;
    driver.errno = 101;
    driver.addIn(Master, { vhid: 2 });
    driver.appliesAtOnce = false;
    driver.runUntil(driver.now + 5n * SECOND);
    expect(driver.core.demotion).toBe(480);
    driver.takeEvents();
    driver.do(() => driver.core.removeVirtualHost(0, 1));
    driver.do(() => driver.core.removeVirtualHost(0, 2));
    const demotions = inWords(driver.takeEvents()).filter((word) => word.startsWith("demotion"));
    expect(demotions).toEqual(["demotion -240 VhidRemoved", "demotion -240 VhidRemoved"]);
    expect(driver.core.demotion).toBe(0);
  });

  test("errors of sending demote at the third, and three successes take it back (protocol §7.1)", () => {
    driver.addIn(Master, own);
    const send = (errno: number, count: number) => {
      driver.errno = errno;
      for (let index = 0; index < count; index++) driver.runUntil(driver.instance().advertiseDeadlineNs);
    };
    send(101, 2);
    send(0, 2);
    expect(driver.core.demotion).toBe(0);
    send(101, 1);
    expect(driver.core.demotion).toBe(240);
    send(101, 5);
    expect(driver.core.demotion).toBe(240);
    send(0, 2);
    send(101, 1);
    send(0, 2);
    expect(driver.core.demotion).toBe(240);
    send(0, 1);
    expect(driver.core.demotion).toBe(0);
    const words = inWords(driver.takeEvents());
    expect(words).toEqual(["demotion +240 SendError", "demotion -240 SendOk"]);
    send(0, 7);
    expect(driver.core.demotion).toBe(0);
    // Nine by the timer, and one more at once when the third had demoted.
    expect(driver.instance().statistics.senderrors).toBe(10);
  });

  test("a thousand errors of sending demote once", () => {
    driver.addIn(Master, own);
    driver.errno = 101;
    for (let count = 0; count < 1000; count++) driver.runUntil(driver.instance().advertiseDeadlineNs);
    expect(driver.core.demotion).toBe(240);
    driver.errno = 0;
    for (let count = 0; count < 3; count++) driver.runUntil(driver.instance().advertiseDeadlineNs);
    expect(driver.core.demotion).toBe(0);
  });

  /** A MASTER whose sends fail until it is demoted and gives way; the link stays up. */
  function demoteBySending(): void {
    driver.errno = 101;
    driver.do(() => driver.core.setState(0, 1, Master));
    while (driver.core.demotion === 0) driver.runUntil(driver.instance().advertiseDeadlineNs);
    driver.errno = 0;
    driver.hear({ advskew: 0 });
    expect(driver.instance().state).toBe(Backup);
    driver.takeEvents();
  }

  /** Hears its master every three seconds until the demotion is taken back, and tells after how many milliseconds. */
  function waitForTrial(since: bigint): number {
    for (let round = 0; round < 200 && driver.core.demotion !== 0; round++) {
      driver.hear({ advskew: 0 });
      const next = driver.now + 3n * SECOND;
      while (driver.core.pollTimeout() <= next && driver.core.demotion !== 0)
        driver.runUntil(driver.core.pollTimeout());
      if (driver.core.demotion !== 0) driver.runUntil(next);
    }
    return Number((driver.now - since) / 1_000_000n);
  }

  test("a BACKUP, which sends nothing, takes it back on trial: after 10 s, then twice as long, up to 5 min", () => {
    driver.addIn(Backup, own);
    const waits: number[] = [];
    for (let trial = 0; trial < 40; trial++) {
      const before = driver.now;
      driver.errno = 101;
      driver.do(() => driver.core.setState(0, 1, Master));
      while (driver.core.demotion === 0) driver.runUntil(driver.instance().advertiseDeadlineNs);
      const demotedAt = driver.now;
      expect(demotedAt).toBeGreaterThan(before);
      driver.errno = 0;
      driver.hear({ advskew: 0 });
      driver.takeEvents();
      waits.push(waitForTrial(demotedAt));
      expect(inWords(driver.takeEvents())).toEqual(["demotion -240 SendRetry"]);
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, ...Array(35).fill(300_000)]);
  });

  test("three sends that succeed forgive the doubling", () => {
    driver.addIn(Backup, own);
    for (const expected of [10_000, 20_000]) {
      demoteBySending();
      const demotedAt = driver.now;
      expect(Math.abs(waitForTrial(demotedAt) - expected)).toBeLessThan(2);
    }
    driver.errno = 101;
    driver.do(() => driver.core.setState(0, 1, Master));
    for (let count = 0; count < 4; count++) driver.runUntil(driver.instance().advertiseDeadlineNs);
    driver.errno = 0;
    for (let count = 0; count < 4; count++) driver.runUntil(driver.instance().advertiseDeadlineNs);
    expect(driver.core.demotion).toBe(0);
    driver.hear({ advskew: 0 });
    demoteBySending();
    expect(Math.abs(waitForTrial(driver.now) - 10_000)).toBeLessThan(2);
  });

  test("a MASTER is not let off: it sees for itself, and is looked at again later", () => {
    driver.addIn(Master, own);
    driver.errno = 101;
    driver.runUntil(driver.now + 100n * SECOND);
    expect(driver.core.demotion).toBe(240);
    expect(driver.instance().state).toBe(Master);
    driver.errno = 0;
    driver.hear({ advskew: 0 });
    expect(driver.instance().state).toBe(Backup);
    expect(waitForTrial(driver.now)).toBeLessThanOrEqual(10_000);
  });

  test("the link that comes back takes it back at once, and no trial follows", () => {
    driver.addIn(Backup, own);
    demoteBySending();
    driver.setLink(0);
    driver.setLink(linkedFlags);
    const words = inWords(driver.takeEvents()).filter((word) => word.startsWith("demotion"));
    expect(words).toEqual([
      "demotion +240 InterfaceDown",
      "demotion -240 InterfaceUp",
      "demotion -240 InterfaceUp",
    ]);
    expect(driver.core.pollTimeout()).toBe(driver.instance().masterDownDeadlineNs);
    driver.runUntil(driver.now + 3n * SECOND);
    expect(driver.takeEvents()).toEqual([]);
  });
});
