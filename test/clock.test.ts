import { expect, test } from "vitest";
import { monotonicNs, wallClockMs, wallClockMsAt } from "../host/clock.ts";

test("the monotonic clock goes forward, and its moments have a time of day", async () => {
  const before = monotonicNs();
  const beforeMs = wallClockMs();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(monotonicNs() - before).toBeGreaterThanOrEqual(15_000_000n);
  expect(Math.abs(wallClockMsAt(before) - beforeMs)).toBeLessThanOrEqual(5);
});
