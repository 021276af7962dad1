// npm run fuzz -- [--seconds N] [--runs N] [--target NAME] [--seed N] [--json] [--keep] [--coverage]
//
// Fuzzes the compiled core, target by target: N seconds each (10 where nothing is said), or N executions in all, shared
// out by the targets' weights. What is found stands in build/fuzz/findings. --keep takes what was learnt into the corpus,
// minimised. --coverage tells which parts of the receive path the corpus reaches, and fuzzes nothing.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildFuzzers, corpusFolder, missingTools, targets } from "./build.mjs";
import { coverageOf } from "./coverage.mjs";
import { writeSeeds } from "./seeds.mjs";

const scratch = fileURLToPath(new URL("../../build/fuzz", import.meta.url));

/**
 * Runs one target's program on a corpus that grows, and tells how it went. `limit` is `{runs}` or `{seconds}`; a crash is
 * a finding with the file that shows it, and its last words.
 */
export async function fuzz(program, target, { runs, seconds, seed = 1, corpus, findings }) {
  mkdirSync(corpus, { recursive: true });
  mkdirSync(findings, { recursive: true });
  writeSeeds(target, corpus);
  const kept = join(corpusFolder, target);
  const argv = [
    ...(runs === undefined ? [`-max_total_time=${seconds}`] : [`-runs=${runs}`]),
    `-seed=${seed}`,
    `-max_len=${targets[target].longest}`,
    `-artifact_prefix=${findings}/${target}-`,
    "-len_control=0",
    "-entropic=0",
    "-print_final_stats=1",
    "-timeout=20",
    "-rss_limit_mb=4096",
    corpus,
    ...(existsSync(kept) ? [kept] : []),
  ];
  const { code, output } = await finished(program, argv);
  const executions = Number(/number_of_executed_units: (\d+)/.exec(output)?.[1] ?? 0);
  const cpuSeconds = Number(/cpu_microseconds: (\d+)/.exec(output)?.[1] ?? 0) / 1e6;
  const edges = [...output.matchAll(/ cov: (\d+) /g)].map(([, count]) => Number(count));
  return {
    target,
    executions,
    executionsPerCpuSecond: cpuSeconds > 0 ? Math.round(executions / cpuSeconds) : 0,
    edges: Math.max(0, ...edges),
    ...(code === 0 ? {} : { finding: findingOf(output) }),
  };
}

/** Takes a corpus into another: one input for each thing that it reaches, and the seeds, which reach what a compiler joins. */
export async function minimise(program, target, from, into) {
  const fresh = `${into}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const argv = ["-merge=1", `-max_len=${targets[target].longest}`, fresh, ...[into, from].filter(existsSync)];
  const { code, output } = await finished(program, argv);
  if (code !== 0) throw new Error(`cannot minimise ${target}: ${output.slice(-500)}`);
  rmSync(into, { recursive: true, force: true });
  renameSync(fresh, into);
  writeSeeds(target, into);
}

function findingOf(output) {
  const file = /Test unit written to (\S+)/.exec(output)?.[1];
  const lines = output.split("\n");
  const at = lines.findIndex((line) => /^==\d+== ?ERROR|^==\d+==ERROR/.test(line));
  return { file, words: lines.slice(Math.max(0, at - 3), at + 14).join("\n") };
}

function finished(program, argv) {
  const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      // The last part tells all that is asked for; a run of hours says much in between.
      output = (output + text).slice(-200_000);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

async function main() {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string" },
      runs: { type: "string" },
      target: { type: "string", multiple: true },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      coverage: { type: "boolean", default: false },
    },
  });
  const names = values.target ?? Object.keys(targets);
  const unknown = names.find((name) => targets[name] === undefined);
  if (unknown !== undefined)
    return complain(`no target ${unknown}; there are ${Object.keys(targets).join(", ")}`);
  const missing = missingTools();
  if (missing !== undefined) return complain(missing);
  const tell = (text) => values.json || process.stdout.write(`${text}\n`);
  if (values.coverage) return report(values.json, await coverageOf(join(scratch, "coverage"), names));
  const programs = await buildFuzzers(join(scratch, "programs"), names);
  const weights = names.reduce((sum, name) => sum + targets[name].weight, 0);
  const results = [];
  for (const name of names) {
    const corpus = join(scratch, "corpus", name);
    const runs = values.runs && Math.ceil((Number(values.runs) * targets[name].weight) / weights);
    const limit = { runs, seconds: Number(values.seconds ?? 10), seed: Number(values.seed) };
    const result = await fuzz(programs[name], name, {
      ...limit,
      corpus,
      findings: join(scratch, "findings"),
    });
    results.push(result);
    tell(inOneLine(result));
    if (values.keep && result.finding === undefined) {
      await minimise(programs[name], name, corpus, join(corpusFolder, name));
      tell(`${name}: ${readdirSync(join(corpusFolder, name)).length} inputs kept`);
    }
  }
  const executions = results.reduce((sum, result) => sum + result.executions, 0);
  tell(`${executions} executions in all`);
  if (values.json) process.stdout.write(`${JSON.stringify({ executions, targets: results })}\n`);
  if (results.some(({ finding }) => finding !== undefined)) process.exitCode = 1;
}

function inOneLine({ target, executions, executionsPerCpuSecond, edges, finding }) {
  const speed = `${target}: ${executions} executions, ${executionsPerCpuSecond} in a second of one core, ${edges} edges`;
  return finding === undefined
    ? speed
    : `${speed}\n${target} FAILED, the input is in ${finding.file}\n${finding.words}`;
}

function report(asJson, rows) {
  if (asJson) return process.stdout.write(`${JSON.stringify(rows)}\n`);
  for (const { name, covered, regions, missed } of rows) {
    const rest = missed.length === 0 ? "" : `; not reached: ${missed.join(", ")}`;
    process.stdout.write(`${name}: ${covered} of ${regions} regions${rest}\n`);
  }
}

function complain(words) {
  process.stderr.write(`fuzz: ${words}\n`);
  process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
