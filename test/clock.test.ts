import { expect, test } from "vitest";
import { monotonicNs, wallClockMs, wallClockMsAt } from "../host/clock.ts";

test("the monotonic clock goes forward, and its moments have a time of day", async () => {
  const before = monotonicNs();
  const beforeMs = wallClockMs();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(monotonicNs() - before).toBeGreaterThanOrEqual(15_000_000n);
  expect(Math.abs(wallClockMsAt(before) - beforeMs)).toBeLessThanOrEqual(5);
});

test("a moment keeps its time of day", async () => {
  const moment = monotonicNs() - 1_234_567_891n;
  const first = new Date(wallClockMsAt(moment)).toISOString();
  for (let count = 0; count < 40; count++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(new Date(wallClockMsAt(moment)).toISOString()).toBe(first);
  }
});
