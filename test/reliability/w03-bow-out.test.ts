import { describe, expect, test } from "vitest";
import { Option, Reason, Replay, State } from "../../assembly/abi.ts";
import { clockCounter, rewritten } from "../support/attacker.ts";
import { Driver, inWords, peer, SECOND, START } from "../support/driver.ts";
import { advertisementFrame } from "../support/frames.ts";
import { Segment } from "../support/segment.ts";

/**
 * W3: a recorded advertisement rewritten to 255/255, which says that the master leaves. Every kernel's backups whose
 * master-down time is below 256 s become MASTER at once, all of them.
 */
const perSecond = 100n;

describe("W3, three nodes, a minute of forged bow-outs at 100/s", () => {
  test("strict: nothing changes", () => {
    const { drivers, transitions } = underAttack(Replay.Strict, 60n);
    expect(drivers.map(({ core }) => core.instance(0, 1)?.state)).toEqual([
      State.Master,
      State.Backup,
      State.Backup,
    ]);
    expect(transitions).toEqual([[], [], []]);
  });

  test("log: a counter that was heard before is no bow-out", () => {
    const { drivers, transitions } = underAttack(Replay.Log, 60n);
    expect(transitions).toEqual([[], [], []]);
    for (const index of [1, 2]) expect(drivers[index].instance().statistics.replaysuspects).toBe(6000);
  });

  test("log: of recordings that nobody here has heard, one in a master-down time is believed", () => {
    const { drivers, transitions } = underAttack(Replay.Log, 60n, unheard);
    expect(transitions[0]).toEqual([]);
    for (const index of [1, 2]) {
      const takeovers = transitions[index].filter((word) => word === "Backup>Master MasterWillTimeOut");
      expect(takeovers.length).toBeGreaterThanOrEqual(1);
      expect(takeovers.length).toBeLessThanOrEqual(60 / 3);
      const returns = transitions[index].filter((word) => word.startsWith("Master>Backup"));
      expect(takeovers.length - returns.length).toBeLessThanOrEqual(1);
    }
    expect(drivers[0].instance().state).toBe(State.Master);
  });

  test("off: as on every CARP, they flap with each advertisement of the master", () => {
    const { transitions } = underAttack(Replay.Off, 60n);
    expect(transitions[1].filter((word) => word.startsWith("Backup>Master")).length).toBeGreaterThan(40);
  });
});

describe.each([Replay.Off, Replay.Log, Replay.Strict])("W3, mode %i: a true bow-out is believed", (mode) => {
  test("the best backup takes over at once, every time", () => {
    const { segment, drivers } = threeNodes(mode);
    for (let round = 0; round < 3; round++) {
      drivers[0].do(() => drivers[0].core.setState(0, 1, State.Backup));
      segment.runUntil(segment.nowNs + SECOND / 100n);
      expect(drivers[1].instance().last).toMatchObject({
        to: State.Master,
        reason: Reason.MasterWillTimeOut,
      });
      segment.runUntil(segment.nowNs + 5n * SECOND);
      drivers[0].do(() => drivers[0].core.setState(0, 1, State.Master));
      segment.runUntil(segment.nowNs + 5n * SECOND);
      expect(drivers[0].instance().state).toBe(State.Master);
    }
  });
});

/** One master, two backups that have heard every node advertise. */
function threeNodes(mode: Replay) {
  const drivers = [0, 50, 100].map((advskew) => {
    const driver = new Driver();
    driver.core.setOption(Option.Replay, mode);
    driver.addIn(State.Backup, { advskew, entropy: BigInt(advskew + 1) << 40n });
    return driver;
  });
  const segment = new Segment(drivers);
  for (const driver of drivers) driver.add({ advskew: drivers.indexOf(driver) * 50 });
  for (const index of [2, 1, 0]) {
    segment.runUntil(segment.nowNs + SECOND / 100n);
    drivers[index].do(() => drivers[index].core.setState(0, 1, State.Master));
    segment.runUntil(segment.nowNs + 6n * SECOND);
  }
  return { segment, drivers };
}

/** Forges the bow-outs out of the master's last advertisement, or of whatever `forge` gives for each. */
function underAttack(mode: Replay, seconds: bigint, forge?: (tick: bigint) => Uint8Array) {
  const { segment, drivers } = threeNodes(mode);
  const recorded = segment.sent.findLast(({ driver }) => driver === drivers[0])!.bytes;
  segment.runUntil(segment.nowNs + 4n * SECOND);
  const forged = rewritten(recorded, { advbase: 255, advskew: 255 });
  for (const driver of drivers) driver.takeEvents();
  const begun = segment.nowNs;
  for (let tick = 0n; tick < seconds * perSecond; tick++) {
    segment.inject(forge?.(tick) ?? forged, begun + (tick * SECOND) / perSecond);
  }
  segment.runUntil(begun + seconds * SECOND);
  const transitions = drivers.map((driver) =>
    inWords(driver.takeEvents()).filter((word) => word.includes(">")),
  );
  return { drivers, transitions };
}

/** What the master sent long before these nodes began, each with a counter of its own. */
function unheard(tick: bigint): Uint8Array {
  const counter = clockCounter(START + tick * SECOND, 0x77, -864_000n * SECOND);
  return advertisementFrame({ ...peer, source: "192.168.1.11", counter, advbase: 255, advskew: 255 });
}
