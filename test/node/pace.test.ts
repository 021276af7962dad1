import { expect, test } from "vitest";
import { Pace } from "../../host/node/pace.ts";

const microsecondNs = 1000n;
const secondNs = 1_000_000_000n;

test("frames that come one by one are no flood, however many there are in the end", () => {
  const pace = new Pace();
  for (let turn = 0n; turn < 5000n; turn++) {
    pace.note(1, turn * 250n * microsecondNs);
    expect(pace.waitMs).toBeUndefined();
  }
});

test("more than five thousand a second are one after five milliseconds, and as long as they come", () => {
  const pace = new Pace();
  let turns = 0;
  for (; pace.waitMs === undefined; turns++) pace.note(1, BigInt(turns) * 150n * microsecondNs);
  expect(turns).toBe(25);
  for (let turn = 0n; turn < 1000n; turn++) {
    pace.note(10, secondNs + turn * 1000n * microsecondNs);
    expect(pace.waitMs).toBe(1);
  }
  pace.note(1, 3n * secondNs);
  expect(pace.waitMs).toBeUndefined();
});

test("a turn that could not take everything is followed by the next at once", () => {
  const pace = new Pace();
  pace.note(1024, secondNs);
  expect(pace.waitMs).toBe(0);
  pace.note(700, secondNs);
  expect(pace.waitMs).toBe(1);
});

test("a burst of many VHIDs is over with the first turn that finds nothing", () => {
  const pace = new Pace();
  for (let second = 0n; second < 10n; second++) {
    pace.note(255, second * secondNs);
    expect(pace.waitMs).toBe(1);
    pace.note(0, second * secondNs + 1000n * microsecondNs);
    expect(pace.waitMs).toBeUndefined();
  }
});
