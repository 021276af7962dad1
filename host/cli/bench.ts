import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { wallClockMs } from "../clock.ts";
import { canRun, modulePath, type Variant } from "../core/load.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { coreLoad, javaScriptLoad, type Load, measure } from "./benchload.ts";
import type { RunCommand, Terminal } from "./terminal.ts";

/** What was timed: nanoseconds for each frame, and millions of frames in a second. */
interface Row {
  readonly name: string;
  readonly ns: number;
  readonly mpps: number;
}

/** `carp bench`: how fast this machine verifies advertisements, beside node:crypto; as JSON with `--json`. */
export const runBench: RunCommand = async (given, terminal) => {
  const seconds = numberOf(given.text("seconds") ?? "3", "--seconds", 0.05, 3600);
  const workers = numberOf(given.text("workers") ?? "0", "--workers", 0, 256);
  if (!Number.isInteger(workers)) throw new OperatorError(ExitCode.Usage, "--workers is no whole number");
  const rows = await measureAll(seconds, workers);
  if (given.has("json")) {
    const date = new Date(wallClockMs()).toISOString();
    const about = { node: process.versions.node, cpu: processor(), date };
    terminal.out.write(`${JSON.stringify({ schema: 1, rows, ...about })}\n`);
  } else print(rows, terminal);
  return ExitCode.Ok;
};

async function measureAll(seconds: number, workers: number): Promise<Row[]> {
  const builds = (["simd", "baseline"] as const).filter(canRun);
  const loads: Load[] = [
    ...builds.map((name) => coreLoad(`core ${name}`, modulePath(name))),
    javaScriptLoad(),
  ];
  const share = seconds / (loads.length + (workers > 0 ? 1 : 0));
  const rows = loads.map((load) => rowOf(load.name, measure(load, share)));
  if (workers > 0) rows.splice(1, 0, await measureWorkers(builds[0], workers, share));
  return rows;
}

/** Each worker has a core of its own; what they do in the same time is added. */
async function measureWorkers(build: Variant, count: number, seconds: number): Promise<Row> {
  const isCompiled = import.meta.url.endsWith(".js");
  const program = new URL(
    isCompiled ? "./benchworker.js" : "../../build/host/cli/benchworker.js",
    import.meta.url,
  );
  const workers = Array.from(
    { length: count },
    () => new Worker(fileURLToPath(program), { workerData: { path: modulePath(build), seconds } }),
  );
  try {
    await Promise.all(workers.map((worker) => answerOf(worker)));
    const answers = workers.map((worker) => answerOf(worker));
    for (const worker of workers) worker.postMessage("go");
    const framesPerNs = (await Promise.all(answers)).reduce((sum, one) => sum + one, 0);
    return rowOf(`core ${build}, ${count} ${count === 1 ? "worker" : "workers"}`, 1 / framesPerNs);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function answerOf(worker: Worker): Promise<number> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function rowOf(name: string, ns: number): Row {
  return { name, ns: Number(ns.toFixed(2)), mpps: Number((1000 / ns).toFixed(3)) };
}

function print(rows: readonly Row[], { out }: Terminal): void {
  const width = Math.max(...rows.map(({ name }) => name.length));
  out.write(`${"".padEnd(width)}  ns per frame  million frames/s\n`);
  for (const { name, ns, mpps } of rows)
    out.write(`${name.padEnd(width)}  ${ns.toFixed(1).padStart(12)}  ${mpps.toFixed(2).padStart(16)}\n`);
  out.write(
    "\nThe whole verification of valid 70-byte advertisements from memory, in batches of 1024: headers, both checksums, " +
      `HMAC, comparison. Every verdict was checked first. Node ${process.versions.node}, ${processor()}.\n`,
  );
}

function processor(): string {
  return cpus()[0]?.model.trim() ?? process.arch;
}

function numberOf(text: string, option: string, minimum: number, maximum: number): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return value;
  throw new OperatorError(ExitCode.Usage, `${option} takes a number of ${minimum}..${maximum}`);
}
