import { monotonicMs } from "../../host/clock.ts";
import { Coverage } from "./coverage.ts";
import type { DoorPool } from "./module.ts";
import { planOf } from "./plan.ts";
import { run } from "./run.ts";
import type { Violation } from "./world.ts";

/** Which runs to make. */
export interface Series {
  /** The first seed, and how many. */
  readonly seed: number;
  readonly seeds: number;
  readonly hours: number;
  readonly nodes: number;
  /** Stop after so many runs with a violation. */
  readonly most?: number;
}

export interface Failure {
  readonly seed: number;
  readonly violation: Violation;
}

export interface Report {
  readonly seeds: number;
  readonly node_hours: number;
  readonly seconds: number;
  readonly cpu_seconds: number;
  /** By the clock on the wall, and by the time that this process had of the processor. */
  readonly node_hours_per_second: number;
  readonly node_hours_per_cpu_second: number;
  readonly violations: number;
  readonly failures: readonly Failure[];
  /** Of all runs together, in whatever order they were made. */
  readonly fingerprint: string;
  readonly coverage: Coverage;
}

/** Runs one seed after the other. */
export function runSeries(series: Series, pool: DoorPool, trace?: (line: string) => void): Report {
  const coverage = new Coverage();
  const failures: Failure[] = [];
  const begun = monotonicMs();
  const processor = process.cpuUsage();
  let fingerprint = 0n;
  let made = 0;
  for (; made < series.seeds && failures.length < (series.most ?? 20); made++) {
    const seed = series.seed + made;
    const { violations, world, ...outcome } = run(planOf(seed, series.nodes, series.hours), pool, trace);
    coverage.merge(world.coverage);
    fingerprint = addFingerprints(fingerprint, mixed(BigInt(`0x${outcome.fingerprint}`) ^ BigInt(seed)));
    if (violations.length > 0) failures.push({ seed, violation: violations[0] });
  }
  const seconds = (monotonicMs() - begun) / 1000;
  const used = process.cpuUsage(processor);
  const cpu = (used.user + used.system) / 1e6;
  const hours = made * series.hours * series.nodes;
  return {
    seeds: made,
    node_hours: hours,
    seconds,
    cpu_seconds: cpu,
    node_hours_per_second: hours / seconds,
    node_hours_per_cpu_second: hours / cpu,
    violations: failures.length,
    failures,
    fingerprint: inHex(fingerprint),
    coverage,
  };
}

/** Of the runs of both, in whatever order. */
export function addFingerprints(one: bigint, other: bigint): bigint {
  return BigInt.asUintN(64, one + other);
}

export function inHex(fingerprint: bigint): string {
  return fingerprint.toString(16).padStart(16, "0");
}

/** The finalizer of SplitMix64, so that fingerprints can be added. */
function mixed(fingerprint: bigint): bigint {
  let z = BigInt.asUintN(64, fingerprint);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
