import { describe, expect, test } from "vitest";
import { Option, Replay, State, Verdict } from "../../assembly/abi.ts";
import { Driver, peer, SECOND } from "../support/driver.ts";
import { advertisementFrame, resealed } from "../support/frames.ts";
import { remembered } from "../support/unmoved.ts";

/**
 * W6 and W7: floods of frames that are right but for the tag, and of valid ones that were recorded. What a flood costs a
 * running node is measured in test/scenarios/flood.test.ts and bench/flood.mjs; here, what it may touch.
 */
const frames = 100_000;
const batch = 1000;

describe.each([State.Master, State.Backup])("in state %i", (state) => {
  test("W6: a hundred thousand wrong tags of the master's own source move nothing", () => {
    const driver = new Driver();
    driver.addIn(state, { advskew: 100 });
    driver.hear({ advskew: 200 });
    const forged = Array.from({ length: batch }, (_, index) => {
      const frame = advertisementFrame({ ...peer, counter: BigInt(index) });
      frame[34 + 16 + (index % 20)] ^= 1 + (index % 255);
      return resealed(frame);
    });
    // The note on who sends wrong tags is all that may change, and that with the first of them.
    driver.receive(...forged);
    driver.takeEvents();
    const before = remembered(driver);
    const { badauth } = driver.instance().statistics;
    for (let sent = 0; sent < frames; sent += batch) {
      expect(new Set(driver.receive(...forged))).toEqual(new Set([Verdict.BadAuth]));
    }
    expect(remembered(driver).equals(before)).toBe(true);
    expect(driver.instance().statistics.badauth - badauth).toBe(frames);
    expect(driver.takeEvents()).toEqual([]);
  });
});

describe.each([Replay.Off, Replay.Log, Replay.Strict])("W7, mode %i", (mode) => {
  test("a hundred thousand valid ones in a second leave one deadline, and no more than one notice", () => {
    const driver = new Driver();
    driver.core.setOption(Option.Replay, mode);
    driver.addIn(State.Backup, { advskew: 100 });
    const valid = new Array<Uint8Array>(batch).fill(advertisementFrame(peer));
    for (let sent = 0; sent < frames; sent += batch) {
      driver.receive(...valid);
      driver.runUntil(driver.now + SECOND / 100n);
    }
    expect(driver.instance()).toMatchObject({ state: State.Backup, transitions: 1 });
    expect(driver.core.pollTimeout()).toBeGreaterThan(driver.now);
    expect(driver.takeFrames()).toEqual([]);
    expect(driver.takeEvents().length).toBeLessThanOrEqual(1);
  });
});
