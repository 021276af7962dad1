import { describe, expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver } from "../support/driver.ts";
import { fragments } from "../support/fragments.ts";
import { advertisementFrame } from "../support/frames.ts";
import { malformedFrames, sound, sound6, target } from "../support/malformed.ts";
import { remembered } from "../support/unmoved.ts";

/** Frames of odd shapes that hold an authentic advertisement; each single shape stands in the table of W12 as well. */
function driverIn(state: State): Driver {
  const driver = new Driver();
  driver.addIn(state, { addresses: target.addresses, advskew: 100 });
  return driver;
}

const best = { ...sound, advbase: 0, advskew: 0 };

describe.each([State.Master, State.Backup])("in state %i", (state) => {
  test("W13: an advertisement cut at any length, padded to 60 bytes or not, is none", () => {
    for (const whole of [
      advertisementFrame(best),
      advertisementFrame({ ...sound6, advbase: 0, advskew: 0 }),
    ]) {
      const driver = driverIn(state);
      const before = remembered(driver);
      for (let length = 0; length < whole.length; length++) {
        const cut = whole.slice(0, length);
        const padded = new Uint8Array(Math.max(60, length));
        padded.set(cut);
        const verdicts = driver.receive(cut, padded);
        expect(verdicts, `${length} bytes`).not.toContain(Verdict.Ok);
      }
      expect(remembered(driver).equals(before)).toBe(true);
    }
  });

  test("W13: what an Ethernet pads behind the IP packet is nothing", () => {
    const frame = advertisementFrame(sound);
    for (const length of [70, 71, 90, 128, 1514]) {
      const padded = new Uint8Array(length).fill(0x5a);
      padded.set(frame);
      expect(driverIn(state).receive(padded)).toEqual([Verdict.Ok]);
    }
  });

  test.each([
    [2, "in order"],
    [8, "in order"],
    [8, "backwards"],
    [2, "overlapping"],
    [8, "overlapping"],
  ] as const)("W14: an advertisement in %i fragments, %s, is none", (count, order) => {
    const driver = driverIn(state);
    const before = remembered(driver);
    const whole = advertisementFrame({ ...best, trailer: new Uint8Array(28) });
    const pieces = fragments(whole, count, order === "overlapping" ? 8 : 0);
    expect(pieces).toHaveLength(count);
    const verdicts = driver.receive(...(order === "backwards" ? pieces.reverse() : pieces));
    expect(verdicts).toEqual(pieces.map(() => Verdict.Fragment));
    expect(remembered(driver).equals(before)).toBe(true);
  });
});

describe("W15", () => {
  const named = (word: string) => malformedFrames().filter(({ name }) => name.startsWith(word));

  test("IPv4 options are skipped, whatever they are", () => {
    const options = named("IPv4 options").filter(({ verdict }) => verdict === Verdict.Ok);
    expect(options.length).toBeGreaterThanOrEqual(5);
    for (const { frame } of options) {
      const driver = driverIn(State.Backup);
      expect(driver.receive(frame)).toEqual([Verdict.Ok]);
      expect(driver.instance().peer).toMatchObject({ advskew: sound.advskew });
    }
  });

  test("behind an IPv6 extension header is no advertisement", () => {
    const extended = named("IPv6 with");
    expect(extended.length).toBeGreaterThanOrEqual(7);
    const driver = driverIn(State.Backup);
    const before = remembered(driver);
    expect(driver.receive(...extended.map(({ frame }) => frame))).toEqual(
      extended.map(() => Verdict.NotCarp),
    );
    expect(remembered(driver).equals(before)).toBe(true);
  });
});
