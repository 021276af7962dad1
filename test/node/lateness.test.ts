import { expect, it } from "vitest";
import { Lateness } from "../../host/node/lateness.ts";

const millisecond = 1_000_000n;

it("is nothing before the first deadline", () => {
  expect(new Lateness().summary()).toEqual({ count: 0, p50: 0, p99: 0, p999: 0, max: 0 });
});

it("says the largest as it is, and the others not below, and at most a fifth above", () => {
  const lateness = new Lateness();
  for (let late = 1n; late <= 1000n; late++) lateness.note(late * millisecond);
  const { count, p50, p99, p999, max } = lateness.summary();
  expect([count, max]).toEqual([1000, 1000]);
  for (const [said, true_] of [
    [p50, 500],
    [p99, 990],
    [p999, 999],
  ]) {
    expect(said).toBeGreaterThanOrEqual(true_);
    expect(said).toBeLessThanOrEqual(Math.min(1000, true_ * 1.2));
  }
});

it("one late deadline in a thousand is no part of p99, and the largest all the same", () => {
  const lateness = new Lateness();
  for (let time = 0; time < 999; time++) lateness.note(10_000n);
  lateness.note(7n * 24n * 3600n * 1000n * millisecond);
  const summary = lateness.summary();
  expect(summary.p99).toBeLessThan(0.013);
  expect(summary.max).toBe(7 * 24 * 3600 * 1000);
});
