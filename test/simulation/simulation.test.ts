import { describe, expect, it } from "vitest";
import { DoorPool, pathOf } from "./module.ts";
import { faultKinds, planOf } from "./plan.ts";
import { run } from "./run.ts";
import { runSeries } from "./series.ts";
import { sometimes } from "./sometimes.ts";

const pool = new DoorPool(pathOf("baseline"));
const TEN_MINUTES = 1 / 6;

describe("the simulator", () => {
  it("finds no violation in a hundred seeds of ten minutes", () => {
    const report = runSeries({ seed: 1, seeds: 100, hours: TEN_MINUTES, nodes: 3 }, pool);
    expect(report.failures).toEqual([]);
    expect(report.node_hours).toBeCloseTo(50);
    for (const kind of faultKinds) expect(report.coverage.counts.get(`fault ${kind}`)).toBeGreaterThan(0);
  });

  it("does with five and with two stations", () => {
    for (const nodes of [2, 5])
      expect(runSeries({ seed: 1, seeds: 15, hours: TEN_MINUTES, nodes }, pool).failures).toEqual([]);
  });

  it("S11: the same seed gives the same fingerprint, with either build of the core", () => {
    const simd = new DoorPool(pathOf("simd"));
    for (let seed = 200; seed < 215; seed++) {
      const plan = planOf(seed, 3, TEN_MINUTES);
      const first = run(plan, pool).fingerprint;
      expect(run(plan, pool).fingerprint).toBe(first);
      expect(run(plan, simd).fingerprint).toBe(first);
      expect(run(planOf(seed + 1000, 3, TEN_MINUTES), pool).fingerprint).not.toBe(first);
    }
  });

  it("gives each kind of fault a stream of its own: another kind more leaves its times alone", () => {
    const timesOf = (faults: readonly (typeof faultKinds)[number][]): string[] => {
      const times: string[] = [];
      const plan = planOf(7, 3, TEN_MINUTES, { faults, attacks: [] });
      run(plan, pool, (line) => line.endsWith("fault loss") && times.push(line));
      return times;
    };
    const alone = timesOf(["loss"]);
    expect(alone.length).toBeGreaterThan(3);
    // Until the end of the first storm; when the next begins depends on what has happened.
    expect(timesOf(["loss", "crash"]).slice(0, 2)).toEqual(alone.slice(0, 2));
  });

  it("plans nothing that an operator is warned of (B10)", () => {
    for (let seed = 1; seed <= 1000; seed++) {
      const { members } = planOf(seed, 5, 1);
      const skews = members.map(({ advskew }) => advskew);
      expect(new Set(skews).size).toBe(skews.length);
      expect(Math.max(...skews)).toBeLessThanOrEqual(240);
    }
  });

  it("asks for nothing twice", () => {
    expect(new Set(sometimes).size).toBe(sometimes.length);
  });
});
