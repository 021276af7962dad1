import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { START } from "../../support/driver.ts";
import { type Insides, openInsides } from "../../support/insides.ts";
import { patternedNumbers } from "../../support/patterned.ts";

let insides: Insides;
beforeEach(() => {
  insides = openInsides();
  insides.callWide("reset", START, 0n);
  const record = new DataView(insides.memory.buffer, abi.COMMAND_OFFSET);
  record.setUint8(abi.COMMAND_KIND, abi.Command.SetInterface);
  insides.call("handleCommand", START);
  for (const vhid of [1, 2]) {
    record.setUint8(abi.COMMAND_KIND, abi.Command.SetVirtualHost);
    record.setUint8(abi.COMMAND_VHID, vhid);
    insides.call("handleCommand", START);
  }
});

const recall = (counter: bigint, index = 0) => insides.call("seenRecall", index, counter);
const remember = (counter: bigint, print = 0, index = 0) =>
  insides.call("seenRemember", index, counter, print);

function randomCounters(seed: number, count: number): bigint[] {
  const random = patternedNumbers(seed);
  return Array.from({ length: count }, () => (BigInt(random()) << 33n) ^ BigInt(random()));
}

describe("counters seen", () => {
  test("a counter that was not remembered is unseen, 0 and the largest too", () => {
    for (const counter of [0n, 1n, 0xffff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n]) {
      expect(recall(counter)).toBe(0);
      remember(counter, 4);
      expect(recall(counter)).toBe(5);
    }
  });

  test("the print comes back, its lowest bit set", () => {
    remember(77n, 0xabce);
    expect(recall(77n)).toBe(0xabcf);
    remember(78n, 0x1_2345);
    expect(recall(78n)).toBe(0x2345);
    remember(79n, 0);
    expect(recall(79n)).toBe(1);
  });

  test("of 600 counters none is forgotten, whether they count or are random", () => {
    const counters = [
      ...randomCounters(3, 300),
      ...Array.from({ length: 300 }, (_, step) => 0x1234_5678_0000_0000n + BigInt(step)),
    ];
    for (const counter of counters) remember(counter);
    expect(counters.filter((counter) => recall(counter) === 0)).toEqual([]);
    expect(randomCounters(4, 700).filter((counter) => recall(counter) !== 0)).toEqual([]);
    for (const counter of counters) expect(recall(counter + 0x1_0000_0000n)).toBe(0);
  });

  test("the oldest of a set goes first, and most of the last 4096 stay", () => {
    const counters = randomCounters(5, 8192);
    for (const counter of counters) remember(counter);
    const kept = counters.map((counter) => recall(counter) !== 0);
    expect(kept.slice(-1000).every(Boolean)).toBe(true);
    expect(kept.filter(Boolean).length).toBeGreaterThan(abi.SEEN_COUNTER_CAPACITY - 100);
    expect(kept.slice(0, 2048).filter(Boolean).length).toBeLessThan(100);
  });

  test("each virtual host has its own", () => {
    remember(9n, 2, 1);
    expect(recall(9n, 0)).toBe(0);
    expect(recall(9n, 1)).toBe(3);
  });

  test("forgetting empties the table", () => {
    const counters = randomCounters(6, 100);
    for (const counter of counters) remember(counter);
    insides.call("seenForget", 0);
    expect(counters.filter((counter) => recall(counter) !== 0)).toEqual([]);
    const at = abi.COUNTERS_OFFSET + abi.COUNTERS_SEEN;
    expect(insides.memory.subarray(at, at + 32768).every((byte) => byte === 0)).toBe(true);
  });

  test("an entry lies where it is said to: the mixed counter's set, the newest first", () => {
    const view = new DataView(insides.memory.buffer);
    const counters = randomCounters(7, 50);
    for (const counter of counters) remember(counter, 0x1234);
    for (const counter of counters) {
      const mixed = splitMix64(counter);
      const set = abi.COUNTERS_OFFSET + abi.COUNTERS_SEEN + Number(mixed & 511n) * 64;
      const entries = Array.from({ length: 8 }, (_, way) => view.getBigUint64(set + 8 * way, true));
      expect(entries).toContain((mixed & ~0xffffn) | 0x1235n);
    }
  });

  test("a set keeps its last eight, the newest first", () => {
    const view = new DataView(insides.memory.buffer);
    const counters: bigint[] = [];
    for (let counter = 1n; counters.length < 9; counter++)
      if ((splitMix64(counter) & 511n) === 5n) counters.push(counter);
    for (const counter of counters) remember(counter);
    const set = abi.COUNTERS_OFFSET + abi.COUNTERS_SEEN + 5 * 64;
    const entries = Array.from({ length: 8 }, (_, way) => view.getBigUint64(set + 8 * way, true));
    const kept = counters.slice(1).reverse();
    expect(entries).toEqual(kept.map((counter) => (splitMix64(counter) & ~0xffffn) | 1n));
    expect(view.getBigUint64(set + 64, true)).toBe(0n);
  });
});

/** The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
function splitMix64(counter: bigint): bigint {
  let z = counter;
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
