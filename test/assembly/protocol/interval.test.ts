import { describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { JITTER, SECOND } from "../../support/driver.ts";
import { openInsides } from "../../support/insides.ts";

const insides = openInsides();
const record = new DataView(insides.memory.buffer, abi.COMMAND_OFFSET);

/** Sets a virtual host up and returns its index. */
function host(advbase: number, advskew: number, demotion = 0, entropy = 1n): number {
  insides.call("reset", 0n, 0n);
  record.setUint8(abi.COMMAND_KIND, abi.Command.SetInterface);
  insides.call("handleCommand", 0n);
  record.setUint8(abi.COMMAND_KIND, abi.Command.AddDemotion);
  record.setInt32(abi.COMMAND_VALUE, demotion, true);
  insides.call("handleCommand", 0n);
  record.setUint8(abi.COMMAND_KIND, abi.Command.SetVirtualHost);
  record.setUint8(abi.COMMAND_VHID, 1);
  record.setUint32(abi.COMMAND_FIELDS, abi.Field.Advbase | abi.Field.Advskew | abi.Field.Entropy, true);
  record.setUint8(abi.COMMAND_ADVBASE, advbase);
  record.setUint8(abi.COMMAND_ADVSKEW, advskew);
  record.setBigUint64(abi.COMMAND_ENTROPY, entropy, true);
  insides.call("handleCommand", 0n);
  insides.call("pollEvents");
  return insides.call("instanceIndex", 0, 1);
}

// No link, so 240 of demotion is there already: it is taken off again here.
const bare = -240;

describe("intervals (protocol §5)", () => {
  test.each([
    [1, 3906],
    [100, 390625],
    [128, 500000],
    [240, 937500],
  ])("a skew of %i is %i microseconds, as the kernels round", (advskew, microseconds) => {
    const index = host(1, advskew, bare);
    expect(insides.callWide("advertisementInterval", index)).toBe(SECOND + BigInt(microseconds) * 1000n);
  });

  test("the effective skew is held between 0 and 240, for every skew and demotion", () => {
    for (const advskew of [0, 1, 100, 239, 240, 241, 254]) {
      for (const demotion of [-2_000_000_000, -255, -100, -1, 0, 1, 100, 140, 239, 240, 2_000_000_000]) {
        const index = host(1, advskew, demotion + bare);
        const wanted = Math.min(240, Math.max(0, advskew + demotion));
        expect(insides.call("effectiveSkew", index)).toBe(wanted);
        expect(insides.call("ownRank", index)).toBe(256 + wanted);
        expect(insides.call("timeOutRank", index)).toBe(3 * 256 + wanted);
      }
    }
  });

  test("ranks order as the pairs of seconds and microseconds do", () => {
    const pairs: [number, number][] = [];
    for (const base of [1, 2, 3, 85, 86, 255])
      for (const skew of [0, 1, 128, 239, 240]) pairs.push([base, skew]);
    const ranks = pairs.map(([base, skew]) => insides.call("ownRank", host(base, skew, bare)));
    expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    expect(new Set(ranks).size).toBe(pairs.length);
  });

  test.each([
    [1, 0],
    [1, 254],
    [85, 100],
    [255, 254],
  ])(
    "the master-down time of %i/%i is 3 advbase and the configured skew, whatever the demotion",
    (base, skew) => {
      const index = host(base, skew, 100);
      const bottom = BigInt(3 * base) * SECOND + BigInt(Math.floor((skew * 1_000_000) / 256)) * 1000n;
      const times = Array.from({ length: 1000 }, () => insides.callWide("masterDownTime", index) - bottom);
      expect(times.every((jitter) => jitter >= 0n && jitter < JITTER)).toBe(true);
      expect(new Set(times).size).toBeGreaterThan(990);
    },
  );

  test("jitter fills its range evenly and differs between nodes", () => {
    const sample = (entropy: bigint) => {
      const index = host(1, 0, 0, entropy);
      return Array.from({ length: 4000 }, () =>
        Number(insides.callWide("masterDownTime", index) - 3n * SECOND),
      );
    };
    const [one, two] = [sample(0x1234567890abcdefn), sample(0xfedcba9876543210n)];
    const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
    expect(Math.abs(mean / Number(JITTER) - 0.5)).toBeLessThan(0.03);
    expect(one.filter((value, at) => value === two[at]).length).toBeLessThan(5);
  });
});

/** Marsaglia's xorshift64, and what is made of it: 53 bits, as a part of 1/512 s. */
function jitters(entropy: bigint, count: number): bigint[] {
  let random = entropy;
  return Array.from({ length: count }, () => {
    random ^= BigInt.asUintN(64, random << 13n);
    random ^= random >> 7n;
    random ^= BigInt.asUintN(64, random << 17n);
    return (random >> 11n) % JITTER;
  });
}

describe("the jitter", () => {
  const entropy = 0x1234_5678_9abc_def1n;

  test.each([
    [1, 100, 3n * SECOND + 390_625_000n],
    [0, 100, 1_171_875_000n],
  ])("of %i/%i is a generator's of the host's entropy, and nothing else is added", (base, skew, bottom) => {
    const index = host(base, skew, 0, entropy);
    // Setting up has taken one, where it has armed a timer.
    const taken = Array.from({ length: 50 }, () => insides.callWide("masterDownTime", index) - bottom);
    expect(jitters(entropy, 51).join()).toContain(taken.join());
  });

  test("is there without entropy too", () => {
    insides.call("reset", 0n, 0n);
    record.setUint8(abi.COMMAND_KIND, abi.Command.SetInterface);
    insides.call("handleCommand", 0n);
    record.setUint8(abi.COMMAND_KIND, abi.Command.SetVirtualHost);
    record.setUint8(abi.COMMAND_VHID, 1);
    record.setUint32(abi.COMMAND_FIELDS, 0, true);
    insides.call("handleCommand", 0n);
    const index = insides.call("instanceIndex", 0, 1);
    const times = Array.from({ length: 100 }, () => insides.callWide("masterDownTime", index));
    expect(new Set(times).size).toBeGreaterThan(90);
  });
});

describe("advbase 0, OpenBSD's dialect (protocol §5)", () => {
  const skewNs = (skew: number) => BigInt(Math.floor((skew * 1_000_000) / 256)) * 1000n;

  test.each([1, 2, 50, 240])("a skew of %i is the interval, and three of them are waited", (advskew) => {
    const index = host(0, advskew, bare);
    expect(insides.callWide("advertisementInterval", index)).toBe(skewNs(advskew));
    const waited = insides.callWide("masterDownTime", index) - skewNs(3 * advskew);
    expect(waited >= 0n && waited < JITTER).toBe(true);
    expect(insides.call("timeOutRank", index)).toBe(3 * advskew);
  });

  test("no demotion makes the interval shorter than 1/256 s", () => {
    expect(insides.callWide("advertisementInterval", host(0, 9, bare - 9))).toBe(skewNs(1));
  });

  test("without a skew it is refused, alone and together with what is there", () => {
    host(0, 0);
    expect(insides.call("instanceIndex", 0, 1)).toBe(abi.NO_INSTANCE);
    host(0, 5, bare);
    record.setUint32(abi.COMMAND_FIELDS, abi.Field.Advskew, true);
    record.setUint8(abi.COMMAND_ADVSKEW, 0);
    expect(insides.call("handleCommand", 0n)).toBe(abi.CommandResult.AdvbaseOutOfRange);
  });
});
