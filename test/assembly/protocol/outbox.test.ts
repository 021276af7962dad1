import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, inShort, linkedFlags } from "../../support/driver.ts";

const { Backup, Master } = abi.State;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

describe("the outbox", () => {
  test("who posted first sends first, once, however often it posted", () => {
    for (const vhid of [5, 3, 9]) driver.addIn(Master, { vhid });
    for (let count = 0; count < 3; count++) driver.core.addDemotion(1);
    driver.do(() => driver.core.setState(0, 9, Backup));
    const frames = driver.takeFrames();
    expect(inShort(frames)).toEqual(["1/3", "1/3", "255/255"]);
    expect(frames.map(({ bytes }) => bytes[35])).toEqual([5, 3, 9]);
  });

  test("a bow-out goes before whatever follows it", () => {
    driver.addIn(Master);
    driver.core.setState(0, 1, Backup);
    driver.core.setState(0, 1, Master);
    driver.do(() => driver.core.applied(0, 1));
    expect(inShort(driver.takeFrames())).toEqual(["255/255", "1/0", "ArpRequest", "ArpReply"]);
  });

  test("what was retracted leaves its place in the queue without a frame", () => {
    for (const vhid of [1, 2]) driver.addIn(Master, { vhid });
    driver.core.addDemotion(1);
    driver.core.setInterface(0, {
      flags: 0,
      mac: new Uint8Array(6),
      source4: new Uint8Array(4),
      source6: new Uint8Array(16),
    });
    driver.do(() => 0);
    expect(driver.takeFrames()).toEqual([]);
    driver.setLink(linkedFlags);
    driver.do(() => driver.core.setState(0, 1, Master));
    expect(driver.takeFrames()).toHaveLength(3);
  });

  test("it goes round its ring many times and loses nobody", () => {
    for (let vhid = 1; vhid <= 250; vhid++) driver.addIn(Master, { vhid });
    for (let round = 0; round < 40; round++) {
      driver.do(() => driver.core.addDemotion(round % 2 === 0 ? 1 : -1));
      const vhids = driver.takeFrames().map(({ bytes }) => bytes[35]);
      expect(new Set(vhids).size).toBe(250);
      expect(vhids).toHaveLength(250);
    }
  });

  test("one who comes and goes thousands of times takes one place, and pushes nobody out", () => {
    driver.addIn(Master, { vhid: 1 });
    driver.core.addDemotion(1);
    for (let round = 0; round < 5000; round++) {
      driver.core.setVirtualHost(0, 2, {});
      driver.core.setAddresses(0, 2, [Uint8Array.of(10, 0, 0, 2)]);
      driver.core.setState(0, 2, Master);
      driver.core.applied(0, 2);
      driver.core.removeVirtualHost(0, 2);
      driver.core.events();
    }
    driver.do(() => 0);
    expect(driver.takeFrames().map(({ bytes }) => bytes[35])).toEqual([1]);
  });
});
