import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { CoreTrap } from "../../../host/core/trap.ts";
import { Driver, linkedFlags, peer, SECOND } from "../../support/driver.ts";
import { addressBytes, advertisementFrame as advertisement } from "../../support/frames.ts";

const { Backup, Master } = abi.State;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

describe("events", () => {
  test("a transition tells when, of whom, and which advertisement decided", () => {
    driver.setLink(linkedFlags, 3);
    driver.add({ interfaceIndex: 3, vhid: 200, advskew: 10 });
    driver.do(() => driver.core.setState(3, 200, Master));
    driver.takeEvents();
    driver.runUntil(driver.now + SECOND);
    const frame = { ...peer, vhid: 200, advskew: 5, source: "192.168.1.77" };
    expect(driver.hear({ vhid: 9 })).toBe(abi.Verdict.BadVhid);
    driver.receiveOn(3, advertisement(frame));
    expect(driver.takeEvents()).toEqual([
      { kind: "withdraw", interfaceIndex: 3, vhid: 200 },
      {
        kind: "transition",
        interfaceIndex: 3,
        vhid: 200,
        timeNs: driver.now,
        from: Master,
        to: Backup,
        reason: abi.Reason.MoreFrequentAdvertisement,
        peer: { family: 4, source: addressBytes("192.168.1.77"), advbase: 1, advskew: 5 },
        numbers: {
          effectiveSkew: 10,
          demotion: 0,
          heardAtNs: driver.now,
          peerCounter: frame.counter,
          latenessUs: 0,
        },
      },
    ]);
  });

  test("an IPv6 peer is told with all of its address", () => {
    driver.addIn(Master, { addresses: ["2001:db8::1"] });
    driver.hear({ addresses: ["2001:db8::1"], source: "fe80::1:2:3:4" });
    const [, transition] = driver.takeEvents();
    expect(transition).toMatchObject({ peer: { family: 6, source: addressBytes("fe80::1:2:3:4") } });
  });

  test("a demotion tells its cause, or that the operator is", () => {
    driver.add({ vhid: 8 });
    driver.takeEvents();
    driver.do(() => driver.core.addDemotion(5));
    driver.do(() => driver.setLink(0));
    const demotions = driver.takeEvents().filter(({ kind }) => kind === "demotion");
    const { Sysctl, InterfaceDown } = abi.DemotionReason;
    expect(demotions).toMatchObject([
      { cause: undefined, delta: 5, total: 5, reason: Sysctl, timeNs: driver.now },
      { cause: { interfaceIndex: 0, vhid: 8 }, delta: 240, total: 245, reason: InterfaceDown },
    ]);
  });

  test("a demotion by nothing is none", () => {
    driver.core.addDemotion(0);
    driver.core.setOption(abi.Option.IfdownDemotionFactor, 0);
    driver.add();
    driver.setLink(0);
    expect(driver.takeEvents().filter(({ kind }) => kind === "demotion")).toEqual([]);
  });

  test("they are handed out once", () => {
    driver.core.addDemotion(1);
    expect(driver.core.events()).toHaveLength(1);
    expect(driver.core.events()).toHaveLength(0);
  });

  test("a host that never reads them is stopped by a trap, not by lost events", () => {
    for (let count = 0; count < abi.EVENT_CAPACITY; count++) driver.core.addDemotion(1);
    expect(() => driver.core.addDemotion(1)).toThrow(CoreTrap);
  });
});
