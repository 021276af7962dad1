// Mutation testing of the core: every small change of a source must make a test fail. Each mutant is compiled, and the
// tests run on it until one fails; what survives shows what no test demands.
//
//   npm run mutate -- [FILE …] [--sample N] [--seed S] [--minutes N] [--minimum PERCENT] [--workers N]
//                     [--thorough] [--fresh] [--list] [--json]
//
// FILE is a source of the core, or the beginning of its path; assembly/protocol/ where none is given. Results are kept
// in .tmp/mutation as long as the mutant's file stays the same, and a run takes up where the last one stopped: what was
// killed stays killed, what survived is tried again. --fresh begins anew. Files of tests that take long are only for
// --thorough: a run without it may let live what they would kill, never the other way round.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { compile } from "./mutation/compile.mjs";
import { mutantsOf, mutate } from "./mutation/mutants.mjs";
import { Tests } from "./mutation/tests.mjs";
import { startWorkers } from "./mutation/workers.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const work = join(root, ".tmp", "mutation");
const resultsFile = join(work, "results.jsonl");
/** Mutants that do what the original does although the compiler makes other code of them, each with the reason. */
const equivalents = JSON.parse(readFileSync(join(root, "scripts/mutation/equivalent.json"), "utf8"));

/** Seconds of the processor; without --thorough no file that takes longer is run, but a mutant's own. */
const slowestFile = 3;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "600" },
    minimum: { type: "string", default: "0" },
    workers: { type: "string", default: "2" },
    thorough: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

const sources = readSources();
/** The module of the core as it is, optimized; asked for when a mutant lives. */
let original;
const beginnings = positionals.length > 0 ? positionals : ["assembly/protocol/"];
const files = [...sources.keys()].filter((path) =>
  beginnings.some((beginning) => path.startsWith(beginning)),
);
const mutants = drawn(mutantsOf(files, sources));

if (options.list) {
  for (const mutant of inPlace(mutants)) console.log(inWords(mutant));
  console.log(`${mutants.length} mutants`);
} else {
  const results = takeUp();
  const waiting = mutants.filter((mutant) => isToBeTried(mutant, results));
  // Those that have lived before first: tests may have been added for them.
  waiting.sort((a, b) => Number(results.has(b.key)) - Number(results.has(a.key)));
  await tryAll(waiting, results);
  const summary = summarize(results);
  if (options.json) console.log(JSON.stringify(summary, null, 2));
  else tell(summary);
  if (summary.score < Number(options.minimum)) process.exitCode = 1;
}

/** The texts of the core by path. */
function readSources() {
  const paths = readdirSync(join(root, "assembly"), { recursive: true })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => `assembly/${path}`)
    .sort();
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}

/** In an order of the seed's, so that whatever a run has come to is a fair sample; only so many as were asked for. */
function drawn(all) {
  const lots = new Map(all.map((mutant) => [mutant, digest(`${options.seed} ${mutant.key}`)]));
  const inOrder = [...all].sort((a, b) => (lots.get(a) < lots.get(b) ? -1 : 1));
  return options.sample === undefined ? inOrder : inOrder.slice(0, Number(options.sample));
}

function inPlace(some) {
  return [...some].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.start - b.start));
}

/** The results of earlier runs, by the mutant's key, which changes with its file. */
function takeUp() {
  mkdirSync(work, { recursive: true });
  if (options.fresh) rmSync(resultsFile, { force: true });
  const lines = existsSync(resultsFile) ? readFileSync(resultsFile, "utf8").split("\n").filter(Boolean) : [];
  return new Map(lines.map((line) => JSON.parse(line)).map((result) => [result.key, result]));
}

/** What survived is tried again, since tests may have been added; and argued, only where everything is tried. */
function isToBeTried(mutant, results) {
  const outcome = results.get(mutant.key)?.outcome ?? "survived";
  return outcome === "survived" && (options.thorough || !equivalents.some((one) => isSame(one, mutant)));
}

async function tryAll(waiting, results) {
  if (waiting.length === 0) return;
  const end = performance.now() + Number(options.minutes) * 60_000;
  const tests = new Tests(root, options.thorough ? Number.POSITIVE_INFINITY : slowestFile);
  const workers = await startWorkers(root, work, Math.min(Number(options.workers), waiting.length), (test) =>
    tests.limitOf(test),
  );
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      for (const worker of workers) worker.end();
      process.exit(1);
    });
  }
  try {
    tests.learn(await workers[0].attempt(await compile(root, sources, false), tests.all));
    progress(`tests: ${tests.inWords()}`);
    let done = 0;
    await Promise.all(
      workers.map(async (worker) => {
        for (;;) {
          const mutant = performance.now() < end ? waiting.shift() : undefined;
          if (mutant === undefined) return;
          const { outcome, test, by } = await attempt(mutant, worker, tests);
          results.set(mutant.key, { key: mutant.key, outcome, test, by });
          appendFileSync(resultsFile, `${JSON.stringify({ key: mutant.key, outcome, test, by })}\n`);
          done++;
          if (outcome === "survived") progress(`survived: ${inWords(mutant)}`);
          else if (done % 50 === 0) progress(`${done} done, ${waiting.length} to go`);
        }
      }),
    );
  } finally {
    for (const worker of workers) worker.end();
  }
}

/** Compiles the mutant as quickly as it can be had; one that lives, once more as the release is. */
async function attempt(mutant, worker, tests) {
  const changed = new Map(sources).set(mutant.file, mutate(sources.get(mutant.file), mutant));
  const module = await compile(root, changed, false);
  if (module === undefined) return { outcome: "refused" };
  const result = await worker.attempt(module, tests.orderFor(mutant.file));
  tests.learn(result, mutant.file);
  if (result.outcome !== "survived") return result;
  original ??= compile(root, sources, true);
  const isSame = Buffer.compare(await compile(root, changed, true), await original) === 0;
  return { outcome: isSame ? "equivalent" : "survived" };
}

function summarize(results) {
  const count = { killed: 0, survived: 0, equivalent: 0, argued: 0, refused: 0, untried: 0 };
  const survivors = [];
  for (const mutant of inPlace(mutants)) {
    const result = results.get(mutant.key);
    let outcome = result?.outcome ?? "untried";
    if (outcome !== "killed" && equivalents.some((one) => isSame(one, mutant))) outcome = "argued";
    if (outcome === "survived") survivors.push(inWords(mutant));
    count[outcome]++;
  }
  const score = Math.floor((1000 * count.killed) / Math.max(1, count.killed + count.survived)) / 10;
  return { mutants: mutants.length, ...count, score, survivors };
}

function isSame({ file, line, change }, mutant) {
  return file === mutant.file && line === lineOf(mutant) && change === changeOf(mutant);
}

function tell({ mutants: all, killed, survived, equivalent, argued, refused, untried, score, survivors }) {
  for (const survivor of survivors) console.log(`survived: ${survivor}`);
  console.log(
    `${all} mutants: ${killed} killed, ${survived} survived, ${equivalent} the same module, ` +
      `${argued} the same by argument, ${refused} refused by the compiler, ${untried} not tried`,
  );
  console.log(`score ${score} %`);
}

function inWords(mutant) {
  return `${mutant.file}:${mutant.line}: ${mutant.rule}: ${changeOf(mutant)}   in: ${lineOf(mutant)}`;
}

function changeOf({ original, replacement }) {
  const plain = (text) => text.replace(/\s+/g, " ");
  return `${plain(original)} => ${plain(replacement)}`;
}

/** The source line, without the space around it. */
function lineOf({ file, line }) {
  return sources.get(file).split("\n")[line - 1].trim();
}

function digest(text) {
  return createHash("sha1").update(text).digest("hex");
}

function progress(line) {
  process.stderr.write(`mutate: ${line}\n`);
}
