import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { monotonicMs } from "../../host/clock.ts";
import { Coverage } from "./coverage.ts";
import { DoorPool } from "./module.ts";
import { addFingerprints, inHex, type Report, runSeries, type Series } from "./series.ts";

/** What one process is given, and what it answers: a report whose coverage can be sent. */
interface Job {
  readonly series: Series;
  readonly modulePath: string;
}

type Answer = Omit<Report, "coverage"> & { readonly counts: readonly (readonly [string, number])[] };

/** Seeds that a process takes at a time. */
const seedsAtATime = 100;

/** Shares the seeds among processes; the report is that of one process, but for its times. */
export async function runJobs(series: Series, modulePath: string, jobs: number): Promise<Report> {
  const begun = monotonicMs();
  const answers: Answer[] = [];
  const end = series.seed + series.seeds;
  let next = series.seed;
  const take = (): Job | undefined => {
    if (next >= end) return undefined;
    const seeds = Math.min(seedsAtATime, end - next);
    next += seeds;
    return { series: { ...series, seed: next - seeds, seeds }, modulePath };
  };
  await Promise.all(Array.from({ length: jobs }, () => work(take, answers)));
  return sum(answers, (monotonicMs() - begun) / 1000);
}

/** One process that does jobs as long as there are any. */
async function work(take: () => Job | undefined, answers: Answer[]): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url));
  const ended = once(child, "exit");
  for (let job = take(); job !== undefined; job = take()) {
    child.send(job);
    const [answer] = await Promise.race([once(child, "message"), ended]);
    if (typeof answer !== "object" || answer === null)
      throw new Error(`a process of the simulator ended: ${answer}`);
    answers.push(answer as Answer);
  }
  child.disconnect();
  await ended;
}

function sum(answers: readonly Answer[], seconds: number): Report {
  const coverage = new Coverage();
  const total = (of: (answer: Answer) => number): number =>
    answers.reduce((all, answer) => all + of(answer), 0);
  for (const { counts } of answers) for (const [what, count] of counts) coverage.count(what, count);
  const hours = total((answer) => answer.node_hours);
  const cpu = total((answer) => answer.cpu_seconds);
  const fingerprint = answers.reduce(
    (all, answer) => addFingerprints(all, BigInt(`0x${answer.fingerprint}`)),
    0n,
  );
  return {
    seeds: total((answer) => answer.seeds),
    node_hours: hours,
    seconds,
    cpu_seconds: cpu,
    node_hours_per_second: hours / seconds,
    node_hours_per_cpu_second: hours / cpu,
    violations: total((answer) => answer.violations),
    failures: answers.flatMap(({ failures }) => failures).sort((one, other) => one.seed - other.seed),
    fingerprint: inHex(fingerprint),
    coverage,
  };
}

if (process.send !== undefined && process.argv[1] === fileURLToPath(import.meta.url)) {
  const pools = new Map<string, DoorPool>();
  process.on("message", ({ series, modulePath }: Job) => {
    const pool = pools.get(modulePath) ?? new DoorPool(modulePath);
    pools.set(modulePath, pool);
    const { coverage, ...report } = runSeries(series, pool);
    process.send?.({ ...report, counts: [...coverage.counts] } satisfies Answer);
  });
}
