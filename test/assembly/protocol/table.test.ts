import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, linkedFlags } from "../../support/driver.ts";

const { State, CommandResult } = abi;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function recordBytes(index: number): Uint8Array {
  const at = abi.INSTANCES_OFFSET + index * abi.INSTANCE_SIZE;
  return driver.core.memory.slice(at, at + abi.INSTANCE_SIZE);
}

describe("virtual hosts come and go", () => {
  test("a new one is INIT with advbase 1, advskew 0, an empty key and no address (protocol §6.1)", () => {
    expect(driver.core.setVirtualHost(0, 1, {})).toBe(CommandResult.Ok);
    expect(driver.instance()).toMatchObject({
      state: State.Init,
      advbase: 1,
      advskew: 0,
      flags: 0,
      transitions: 0,
      peer: undefined,
      sinceNs: driver.now,
    });
    driver.do(() => driver.core.setAddresses(0, 1, [Uint8Array.of(192, 168, 1, 50)]));
    expect(driver.hear({ key: "" })).toBe(abi.Verdict.Ok);
  });

  test("one that goes leaves nothing in its record, and its place is taken again", () => {
    driver.add();
    const fresh = recordBytes(0);
    driver.hear();
    driver.do(() => driver.core.setState(0, 1, State.Master));
    driver.do(() => driver.core.removeVirtualHost(0, 1));
    expect(recordBytes(0).every((byte) => byte === 0)).toBe(true);
    expect(driver.core.instance(0, 1)).toBeUndefined();
    driver.add();
    expect(Buffer.compare(recordBytes(0), fresh)).toBe(0);
  });

  /** What the virtual hosts with these indices have sent and heard. */
  function countersBytes(indices: readonly number[]): Uint8Array[] {
    return indices.map((index) => {
      const at = abi.COUNTERS_OFFSET + index * abi.COUNTERS_SIZE;
      return driver.core.memory.slice(at, at + abi.COUNTERS_SIZE);
    });
  }

  const isEmpty = (bytes: Uint8Array) => bytes.every((byte) => byte === 0);

  test.each<[string, readonly number[], () => void]>([
    ["one that goes", [1], () => driver.do(() => driver.core.removeVirtualHost(0, 2))],
    ["an interface that goes", [0, 1, 2], () => driver.do(() => driver.core.removeInterface(0))],
    ["a reset", [0, 1, 2], () => driver.core.reset(driver.now, 0)],
  ])("%s leaves nothing of what was sent and heard", (_name, gone, act) => {
    const all = [0, 1, 2];
    for (const vhid of [1, 2, 3]) {
      driver.addIn(State.Master, { vhid });
      driver.hear({ vhid, advskew: 200 });
    }
    expect(countersBytes(all).map(isEmpty)).toEqual([false, false, false]);
    act();
    expect(countersBytes(all).map(isEmpty)).toEqual(all.map((index) => gone.includes(index)));
    expect(all.map((index) => isEmpty(recordBytes(index)))).toEqual(all.map((index) => gone.includes(index)));
  });

  test("one that goes with something to send sends it no more, and its follower is not silenced", () => {
    driver.add();
    driver.core.setState(0, 1, State.Master);
    driver.core.applied(0, 1);
    driver.core.removeVirtualHost(0, 1);
    driver.core.setVirtualHost(0, 2, {});
    driver.core.setAddresses(0, 2, [Uint8Array.of(10, 0, 0, 1)]);
    driver.core.setState(0, 2, State.Master);
    driver.do(() => driver.core.applied(0, 2));
    const frames = driver.takeFrames();
    expect(frames.map(({ kind }) => abi.FrameKind[kind])).toEqual([
      "Advertisement4",
      "ArpRequest",
      "ArpReply",
    ]);
    expect(frames[0].bytes[35]).toBe(2);
  });

  test("one VHID on two interfaces is two virtual hosts", () => {
    driver.setLink(linkedFlags, 1);
    driver.add({ interfaceIndex: 0, vhid: 5, advskew: 1 });
    driver.add({ interfaceIndex: 1, vhid: 5, advskew: 2 });
    driver.do(() => driver.core.removeVirtualHost(0, 5));
    expect(driver.core.instance(0, 5)).toBeUndefined();
    expect(driver.instance(5, 1).advskew).toBe(2);
  });

  test("an interface takes its virtual hosts along, MASTER or not, and tells of each", () => {
    for (const vhid of [1, 2, 255]) driver.addIn(vhid === 2 ? State.Master : State.Backup, { vhid });
    driver.takeEvents();
    driver.do(() => driver.core.removeInterface(0));
    const kinds = driver.takeEvents().map((event) => `${event.kind} ${"vhid" in event ? event.vhid : ""}`);
    expect(kinds).toEqual(["transition 1", "withdraw 2", "transition 2", "transition 255"]);
    expect([1, 2, 255].map((vhid) => driver.core.instance(0, vhid))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(driver.core.setVirtualHost(0, 1, {})).toBe(CommandResult.NoSuchInterface);
  });

  test("all 4080 fit, and again after all are gone", () => {
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < abi.INTERFACE_CAPACITY; index++) {
        driver.setLink(linkedFlags, index);
        for (let vhid = 1; vhid < 256; vhid++) {
          expect(driver.core.setVirtualHost(index, vhid, {})).toBe(CommandResult.Ok);
        }
      }
      const last = driver.core.instance(abi.INTERFACE_CAPACITY - 1, 255);
      expect(last).toMatchObject({ interfaceIndex: 15, vhid: 255 });
      for (let index = 0; index < abi.INTERFACE_CAPACITY; index++) driver.core.removeInterface(index);
    }
  });
});
