import { describe, expect, test } from "vitest";
import { Welch } from "../../bench/welch.mjs";

/** A generator of its own, so that the numbers are the same each time. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function measured(shift: number, count = 40_000): Welch {
  const [next, welch] = [uniform(7), new Welch()];
  for (let index = 0; index < count; index++) {
    const kind = next() < 0.5 ? 0 : 1;
    welch.add(kind, 100 + 10 * next() + (kind === 1 ? shift : 0) + (next() < 0.01 ? 5000 : 0));
  }
  return welch;
}

describe("Welch's t", () => {
  test("of two samples by hand", () => {
    const welch = new Welch();
    for (const time of [1, 2, 3, 4]) welch.add(0, time);
    for (const time of [3, 5, 7, 9]) welch.add(1, time);
    // Means 2.5 and 6, variances 5/3 and 20/3: 3.5 / sqrt(5/12 + 20/12).
    expect(welch.results()[0]).toMatchObject({ share: 1, count: 8, means: [2.5, 6] });
    expect(welch.results()[0].t).toBeCloseTo(3.5 / Math.sqrt(25 / 12), 10);
  });

  test("finds nothing between times of one kind", () => {
    for (const { t } of measured(0).results()) expect(t).toBeLessThan(4.5);
  });

  test("finds a twentieth of the spread behind rare long times, in the quickest shares", () => {
    const results = measured(0.5).results();
    expect(results[0].t).toBeLessThan(4.5);
    expect(results.find(({ share }) => share === 0.95)?.t).toBeGreaterThan(4.5);
  });
});
