import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { runJobs } from "./jobs.ts";
import { DoorPool, pathOf } from "./module.ts";
import { runMutants } from "./mutation.ts";
import { type Report, runSeries, type Series } from "./series.ts";
import { sometimes } from "./sometimes.ts";
import { SECOND } from "./time.ts";

/** So many seeds are enough for everything to have happened once. */
const SEEDS_FOR_EVERYTHING = 1000;

const usage = `npm run simulate -- [--seed N] [--seeds COUNT] [--hours H] [--nodes N] [--json]
  --seed N             the first seed; 1
  --seeds COUNT        how many, one after the other; 1
  --hours H            virtual hours of each; 24
  --nodes N            stations of each; 3
  --variant NAME       simd or baseline, the faster one here
  --module PATH        another module
  --jobs N             processes that share the seeds; as many as there are processors
  --trace              every fault and every transition
  --json               the result as JSON
  --mutants [--from N] [--count N]   plants faults in the core and tells which are caught`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      seeds: { type: "string", default: "1" },
      hours: { type: "string", default: "24" },
      nodes: { type: "string", default: "3" },
      variant: { type: "string", default: "baseline" },
      module: { type: "string" },
      from: { type: "string", default: "0" },
      count: { type: "string", default: "1000" },
      jobs: { type: "string", default: String(availableParallelism()) },
      trace: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const series = {
    seed: Number(values.seed),
    seeds: Number(values.seeds),
    hours: Number(values.hours),
    nodes: Number(values.nodes),
  };
  if (values.help || Object.values(series).some((number) => !(number > 0)) || !isVariant(values.variant)) {
    console.error(usage);
    return 2;
  }
  if (values.mutants) return runMutants(Number(values.from), Number(values.count), console.log);
  const modulePath = values.module ?? pathOf(values.variant);
  const trace = values.trace ? console.log : undefined;
  const jobs = values.trace ? 1 : Math.min(Number(values.jobs), series.seeds);
  const report =
    jobs > 1 ? await runJobs(series, modulePath, jobs) : runSeries(series, new DoorPool(modulePath), trace);
  const missing = report.seeds >= SEEDS_FOR_EVERYTHING ? report.coverage.missing(sometimes) : [];
  const module = values.module === undefined ? `--variant ${values.variant}` : `--module ${values.module}`;
  if (values.json) console.log(asJson(report, missing));
  else tell(report);
  for (const what of missing) console.error(`never happened: ${what}`);
  for (const { seed, violation } of report.failures) {
    const time = (violation.time / SECOND).toFixed(3);
    console.error(`seed ${seed}: ${violation.rule} at ${time} s: ${violation.text}`);
  }
  if (report.failures.length > 0) console.error(commandOf(report.failures[0].seed, series, module));
  return report.failures.length === 0 && missing.length === 0 ? 0 : 1;
}

function isVariant(text: string): text is "simd" | "baseline" {
  return text === "simd" || text === "baseline";
}

/** The one line that shows the failure again. */
function commandOf(seed: number, { hours, nodes }: Series, module: string): string {
  return `npm run simulate -- --seed ${seed} --hours ${hours} --nodes ${nodes} ${module} --trace`;
}

function asJson({ coverage, ...report }: Report, missing: readonly string[]): string {
  const happened = Object.fromEntries([...coverage.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...report, missing, happened }, undefined, 2);
}

function tell(report: Report): void {
  const { seeds, node_hours, seconds, node_hours_per_second, node_hours_per_cpu_second } = report;
  console.log(
    `${seeds} seeds, ${node_hours.toFixed(1)} node-hours in ${seconds.toFixed(1)} s: ` +
      `${node_hours_per_second.toFixed(0)} a second, ${node_hours_per_cpu_second.toFixed(0)} a processor second`,
  );
  console.log(`${report.violations} violations, fingerprint ${report.fingerprint}`);
}
