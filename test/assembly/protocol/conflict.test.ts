import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, SECOND } from "../../support/driver.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
  driver.addIn(abi.State.Backup);
});

const stranger = (source = "192.168.1.9") => driver.hear({ key: "another", source });
const conflicts = () => driver.instance().statistics.conflicts;
const told = () => driver.takeEvents().map((event) => event.kind);

describe("packets that are not authentic", () => {
  test("the third of one source is a conflict, and the fourth is no other", () => {
    for (let copy = 0; copy < 2; copy++) stranger();
    expect([conflicts(), told()]).toEqual([0, []]);
    for (let copy = 0; copy < 9; copy++) stranger();
    expect([conflicts(), told()]).toEqual([1, ["notice"]]);
  });

  test("three of different sources are none", () => {
    for (const host of [9, 10, 11, 9, 10, 11]) stranger(`192.168.1.${host}`);
    expect([conflicts(), told()]).toEqual([0, []]);
  });

  test("three in more than ten seconds are none; the next three are", () => {
    stranger();
    stranger();
    driver.runUntil(driver.now + 10n * SECOND);
    driver.takeEvents();
    stranger();
    stranger();
    expect(conflicts()).toBe(0);
    stranger();
    expect(conflicts()).toBe(1);
  });

  test("they change no state and no timer", () => {
    const deadline = driver.instance().masterDownDeadlineNs;
    driver.now += SECOND;
    for (let copy = 0; copy < 20; copy++) stranger();
    expect(driver.instance()).toMatchObject({ state: abi.State.Backup, masterDownDeadlineNs: deadline });
  });
});
