import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, linkedFlags, SECOND } from "../../support/driver.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

const notices = () =>
  driver.takeEvents().flatMap((event) => (event.kind === "notice" ? [abi.Notice[event.notice]] : []));

describe("notices", () => {
  test("each kind comes once in thirty seconds, and again when they are over", () => {
    driver.addIn(abi.State.Backup, { advskew: 50 });
    for (let copy = 0; copy < 9; copy++) driver.hear({ counter: 5n, advskew: copy });
    expect(notices()).toEqual(["ReplaySuspected"]);
    driver.now += 30n * SECOND - 1n;
    driver.hear();
    driver.hear({ counter: 5n, advskew: 20 });
    expect(notices()).toEqual([]);
    driver.now += 1n;
    driver.hear({ counter: 5n, advskew: 21 });
    expect(notices()).toEqual(["ReplaySuspected"]);
  });

  test("kinds and virtual hosts do not share the thirty seconds", () => {
    driver.addIn(abi.State.Backup, { advskew: 50 });
    driver.addIn(abi.State.Backup, { vhid: 2, advskew: 50 });
    for (const vhid of [1, 2]) {
      for (const advskew of [1, 2]) driver.hear({ vhid, counter: 5n, advskew });
      for (let copy = 0; copy < 3; copy++) driver.hear({ vhid, key: "another" });
    }
    expect(notices()).toEqual(["ReplaySuspected", "VhidConflict", "ReplaySuspected", "VhidConflict"]);
  });

  test("it tells whose advertisement was the last that was believed", () => {
    driver.addIn(abi.State.Backup, { advskew: 50 });
    driver.hear({ counter: 5n, advskew: 1 });
    driver.hear({ counter: 5n, advskew: 2 });
    expect(driver.takeEvents()).toMatchObject([
      { kind: "notice", vhid: 1, timeNs: driver.now, peer: { family: 4, advskew: 1 } },
    ]);
  });

  test("a MASTER that hears another for longer than it takes to step down says so", () => {
    driver.addIn(abi.State.Master);
    for (let round = 0; round < 2; round++) {
      driver.hear({ advskew: 100 });
      driver.runUntil(driver.now + SECOND);
    }
    expect(notices()).toEqual([]);
    driver.hear({ advskew: 100 });
    expect(notices()).toEqual(["TwoMasters"]);
  });

  test("one that is heard now and then is none that does not step down", () => {
    driver.addIn(abi.State.Master);
    for (let round = 0; round < 5; round++) {
      driver.hear({ advskew: 100 });
      driver.runUntil(driver.now + 3n * SECOND);
    }
    expect(notices()).toEqual([]);
  });

  test("when each was given stands at its place in the record", () => {
    driver.addIn(abi.State.Backup, { advskew: 50 });
    for (const advskew of [1, 2]) driver.hear({ counter: 5n, advskew });
    const view = new DataView(driver.core.memory.buffer, abi.INSTANCES_OFFSET + abi.INSTANCE_NOTICES);
    const times = () => Array.from({ length: 6 }, (_, at) => view.getBigInt64(8 * at, true));
    expect(times()).toEqual([driver.now, 0n, 0n, 0n, 0n, 0n]);
    const first = driver.now;
    driver.now += 5n * SECOND;
    for (let copy = 0; copy < 3; copy++) driver.hear({ key: "another" });
    expect(times()).toEqual([first, 0n, 0n, driver.now, 0n, 0n]);
  });

  test("the first is told on a machine that has just started, too", () => {
    driver.now = 0n;
    driver.core.reset(0n, 1_700_000_000_000);
    driver.setLink(linkedFlags);
    driver.addIn(abi.State.Backup, { advskew: 50 });
    driver.now = 2n * SECOND;
    for (const advskew of [1, 2]) driver.hear({ counter: 5n, advskew });
    expect(notices()).toEqual(["ReplaySuspected"]);
  });
});
