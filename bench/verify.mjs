// How fast advertisements are verified, beside everything that a user might take instead.
//   node bench/verify.mjs [--rounds 25] [--limit-seconds 150] [--section packet-verification] [--no-write]
//                         [--simd build/carp.wasm] [--baseline build/carp.baseline.wasm]
// Prints the tables and writes them into bench/RESULTS.md, and the plot into docs/. Every frame's verdict is checked
// first. Times are CPU times; see bench/rounds.mjs for which of them count.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { sha1 as nobleSha1 } from "@noble/hashes/legacy.js";
import { createHMAC, createSHA1 } from "hash-wasm";
import { RECEIVE_OFFSET, RECEIVE_SLOT_SIZE, Verdict } from "../build/assembly/abi.js";
import { fillSlots, setUp } from "../build/host/cli/benchframes.js";
import { JavaScriptVerifier, nodeCryptoHmac } from "../build/host/cli/benchverifier.js";
import { Core } from "../build/host/core/core.js";
import { instantiate } from "../build/host/core/load.js";
import { instantiateRevectorized } from "../build/host/core/revectorize.js";
import { compileNative, compilerVersion, nativeNames, startNative } from "./native.mjs";
import { plot } from "./plot.mjs";
import { provenance, table, writeSection } from "./results.mjs";
import { takeTurns } from "./rounds.mjs";
import { hosts, rejects, slotCount, workloads } from "./workloads.mjs";

const inTree = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: "string", default: "25" },
    "limit-seconds": { type: "string", default: "150" },
    section: { type: "string", default: "packet-verification" },
    write: { type: "boolean", default: true },
    simd: { type: "string", default: inTree("build/carp.wasm") },
    baseline: { type: "string", default: inTree("build/carp.baseline.wasm") },
  },
});
/** Long enough for the clock, short enough to find a quiet moment. */
const roundNs = 6e6;
const lineRateMpps = 13.3;
const batches = [1, 2, 4, 8, 16, 64, 1024];

stayOnOneProcessor();
const compiler = compilerVersion();
const folder = mkdtempSync(join(tmpdir(), "carp-bench-"));
const native = compiler === undefined ? undefined : await startNative(compileNative(folder));
try {
  await main();
} finally {
  native?.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const revectorized = revectorizedSubject();
  const simd = coreSubjects("core simd", instantiate(options.simd));
  const baseline = coreSubjects("core baseline", instantiate(options.baseline));
  const subjects = [
    ...(revectorized ? [revectorized] : []),
    ...[...Object.values(workloads), ...Object.values(rejects)].flatMap((load) => [
      simd.batchOf(load, slotCount),
      baseline.batchOf(load, slotCount),
    ]),
    ...batches.slice(0, -1).map((count) => simd.batchOf(workloads.valid, count)),
    ...(await nativeSubjects()),
    ...(await javaScriptSubjects()),
  ];
  const probe = native
    ? () => native.time("scalar", slotCount, 20)
    : baseline.batchOf(workloads.valid, slotCount).round;
  const { figures, probeNs } = await takeTurns(subjects, probe, {
    enough: Number(options.rounds),
    limitMs: Number(options["limit-seconds"]) * 1000,
  });
  report(figures, probeNs, await native?.clock());
}

/** The core as `carp up --revectorize` has it, optimised before the others are compiled without; undefined without it. */
function revectorizedSubject() {
  const { exports, warning } = instantiateRevectorized(50);
  if (warning !== undefined) return undefined;
  const subject = coreSubjects("core revectorized", exports).batchOf(workloads.valid, slotCount);
  const end = performance.now() + 200;
  while (performance.now() < end) exports.verifyFrames(slotCount);
  setFlagsFromString("--no-experimental-wasm-revectorize");
  return subject;
}

/** What one instance does with each load: checked at once, timed in rounds. */
function coreSubjects(name, wasm) {
  const core = new Core(wasm);
  const slots = setUp(core, hosts);
  const memory = core.memory;
  const end = RECEIVE_OFFSET + slotCount * RECEIVE_SLOT_SIZE;
  return {
    batchOf({ name: load, frames, verdict }, count) {
      fillSlots(slots, frames);
      const image = memory.slice(RECEIVE_OFFSET, end);
      core.verifyFrames(count);
      expectAll(
        `${name}, ${load}`,
        frames.slice(0, count).map((_, slot) => slots.verdict(slot)),
        verdict,
      );
      const round = rounds(count, (calls) => {
        memory.set(image, RECEIVE_OFFSET);
        wasm.verifyFrames(count);
        return cpuTimed(count * calls, () => {
          for (let done = 0; done < calls; done++) wasm.verifyFrames(count);
        });
      });
      return { name: subjectName(name, load, count), round };
    },
  };
}

function subjectName(name, load, count = slotCount) {
  return `${name} | ${load} | ${count}`;
}

async function nativeSubjects() {
  if (!native) return [];
  const { name, frames, verdict } = workloads.valid;
  for (const host of hosts) await native.setHost(host);
  for (const load of [...Object.values(workloads), ...Object.values(rejects)]) {
    await native.setFrames(load.frames);
    for (const variant of native.variants)
      expectAll(`${variant}, ${load.name}`, await native.verdicts(variant, slotCount), load.verdict);
  }
  await native.setFrames(frames);
  return Promise.all(
    native.variants.map(async (variant) => {
      expectAll(variant, await native.verdicts(variant, slotCount), verdict);
      const round = rounds(slotCount, (calls) => native.time(variant, slotCount, calls));
      return { name: subjectName(variant, name), round };
    }),
  );
}

/** Libraries, each with the fastest way that it offers for a key that stays. */
async function javaScriptSubjects() {
  const wasmSha1 = new Map();
  for (const { key } of hosts) wasmSha1.set(key, await createHMAC(createSHA1(), key));
  const libraries = {
    "node:crypto": nodeCryptoHmac,
    "@noble/hashes": (key) => {
      const keyed = nobleHmac.create(nobleSha1, key);
      return (message) => keyed.clone().update(message).digest();
    },
    "hash-wasm": (key) => {
      const keyed = wasmSha1.get(key);
      return (message) => keyed.init().update(message).digest("binary");
    },
  };
  return Object.entries(libraries).map(([name, keyed]) => {
    const verifier = new JavaScriptVerifier(hosts, keyed);
    for (const { name: load, frames, verdict } of [...Object.values(workloads), ...Object.values(rejects)])
      expectAll(
        `${name}, ${load}`,
        frames.map((frame) => verifier.verify(frame)),
        verdict,
      );
    const { name: load, frames } = workloads.valid;
    const round = rounds(frames.length, (calls) =>
      cpuTimed(frames.length * calls, () => {
        for (let done = 0; done < calls; done++) for (const frame of frames) verifier.verify(frame);
      }),
    );
    return { name: subjectName(name, load), round };
  });
}

function report(figures, probeNs, clock) {
  const of = (name, load = workloads.valid.name, count = slotCount) =>
    figures.get(subjectName(name, load, count));
  const ours = of("core simd").ns;
  const contenders = [
    ["core simd", "**the core, SIMD**", "this core, SIMD"],
    ...(of("core revectorized")
      ? [["core revectorized", "**the core, SIMD, `--revectorize`**", "this core, --revectorize"]]
      : []),
    ["core baseline", "**the core, baseline**", "this core, baseline"],
    ...(native?.variants ?? []).map((variant) => [variant, ...nativeNames[variant]]),
    ...["node:crypto", "@noble/hashes", "hash-wasm"].map((name) => [
      name,
      `${name}, path in JavaScript`,
      name,
    ]),
  ].map(([name, label, short]) => ({ name, label, short, ...of(name) }));
  const one = (value, digits = 1) => value.toFixed(digits);
  const row = (label, { ns, kept, rounds }) => [label, one(ns), one(1000 / ns, 2), `${kept}/${rounds}`];

  const sections = [
    `## Packet verification, Node ${process.versions.node}`,
    provenance(),
    `${compiler ?? "No compiler, so no native variants"}. Modules: SIMD ${size(options.simd)}, baseline ${size(options.baseline)}.`,
    "CPU time of the whole path from memory: headers, both checksums, table look-up, HMAC-SHA1, constant-time " +
      "comparison, verdict written. The verdict of every frame was checked first. Variants took turns in one run; a " +
      `round counts when scalar C before and after it was within 4 % of its best (${one(probeNs)} ns); medians of ` +
      "the rounds that count, of which the last column says how many.",
    "### A valid 70-byte frame, batches of 1024",
    table(
      ["", "ns", "million frames/s", "the core’s time ×", "rounds kept"],
      contenders.map((each) => {
        const [label, ns, mpps, kept] = row(each.label, each);
        return [label, ns, mpps, each.name === "core simd" ? "" : one(each.ns / ours, 2), kept];
      }),
    ),
    `10 GbE carries ${lineRateMpps} million of these frames in a second: 75.2 ns each.` +
      (clock
        ? ` At the ${clock} GHz of this run, the core takes ${Math.round(ours * clock)} cycles for one.`
        : ""),
    "### Other frames",
    table(
      ["", "SIMD, ns", "baseline, ns", "rounds kept"],
      [...Object.values(workloads), ...Object.values(rejects)].map(({ name, verdict }) => {
        const [fast, plain] = [of("core simd", name), of("core baseline", name)];
        const label = `${name}: ${Verdict[verdict]}`;
        return [label, one(fast.ns), one(plain.ns), `${fast.kept}/${fast.rounds}`];
      }),
    ),
    "### Frames in a batch (SIMD)",
    table(
      ["frames in one call", "ns for each", "million frames/s", "rounds kept"],
      batches.map((count) => row(String(count), of("core simd", workloads.valid.name, count))),
    ),
  ].join("\n\n");
  process.stdout.write(`${sections}\n`);
  if (!options.write) return;
  writeSection(options.section, sections);
  if (options.section !== "packet-verification") return;
  const bars = contenders.map(({ name, short, ns }) => ({
    label: short,
    value: 1000 / ns,
    isOurs: name.startsWith("core"),
  }));
  for (const theme of ["light", "dark"]) writeFileSync(inTree(`docs/bench-${theme}.svg`), plot(bars, theme));
}

function size(path) {
  return `${(statSync(path).size / 1024).toFixed(1)} KiB`;
}

/** A round of about roundNs, by what the one before took; `time` returns nanoseconds for each of its frames. */
function rounds(framesPerCall, time) {
  let ns = 3000;
  return async () => {
    ns = await time(Math.max(1, Math.round(roundNs / (ns * framesPerCall))));
    return ns;
  };
}

/** Nanoseconds of this process's CPU time for each of so many frames. */
function cpuTimed(frames, work) {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / frames;
}

function expectAll(subject, verdicts, expected) {
  const wrong = verdicts.findIndex((verdict) => verdict !== expected);
  if (wrong < 0) return;
  throw new Error(`${subject}: frame ${wrong} got ${Verdict[verdicts[wrong]]}, not ${Verdict[expected]}`);
}

/** The probe says something of a round only where both ran on the same processor; children inherit it. */
function stayOnOneProcessor() {
  try {
    execFileSync("taskset", ["-cp", String(cpus().length - 1), String(process.pid)], { stdio: "pipe" });
  } catch {
    process.stderr.write(
      "bench: taskset is not there or not allowed: probe and rounds may use different CPUs\n",
    );
  }
}
