import { expect, test } from "vitest";
import { Pace } from "../../host/node/pace.ts";

const microsecondNs = 1000n;

test("frames that come one by one are no flood, however many there are in the end", () => {
  const pace = new Pace();
  for (let turn = 0n; turn < 5000n; turn++) {
    pace.note(1, turn * 60n * microsecondNs);
    expect(pace.isFlood).toBe(false);
  }
});

test("more than twenty thousand a second are one after five milliseconds, and as long as they come", () => {
  const pace = new Pace();
  let turns = 0;
  for (; !pace.isFlood; turns++) pace.note(1, BigInt(turns) * 40n * microsecondNs);
  expect(turns).toBe(100);
  for (let turn = 0n; turn < 1000n; turn++) pace.note(10, 10n ** 9n + turn * 250n * microsecondNs);
  expect(pace.isFlood).toBe(true);
  pace.note(3, 2n * 10n ** 9n);
  expect(pace.isFlood).toBe(false);
});

test("a burst of many VHIDs is over with the first turn that finds nothing", () => {
  const pace = new Pace();
  for (let second = 0n; second < 10n; second++) {
    pace.note(255, second * 10n ** 9n);
    expect(pace.isFlood).toBe(true);
    pace.note(0, second * 10n ** 9n + 250n * microsecondNs);
    expect(pace.isFlood).toBe(false);
  }
});
