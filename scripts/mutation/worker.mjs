// Tries mutants one after another, in a folder of its own: compiles, runs the tests that it is told to until the first
// that fails, and reports. Whoever started it ends it when a test does not come back.
//
//   node worker.mjs FOLDER     speaks through the channel of child_process.fork: which file of tests has begun, and
//                              at the end what came of it all
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compile } from "./compile.mjs";
import { runFile } from "./harness.mjs";

const folder = process.argv[2];
/** A mutant is one module in place of two; and what it sends is compared byte by byte elsewhere. */
const leftOut = /both modules export the same|tshark/;
let original;
let loaded = 0;

process.on("message", async ({ changed, tests }) => {
  process.send(await attempt(new Map(changed), tests));
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });

async function attempt(changed, tests) {
  const module = await compile(folder, changed, false);
  if (module === undefined) return { outcome: "refused" };
  for (const name of ["carp.wasm", "testing.wasm"]) writeFileSync(join(folder, "build", name), module);
  const durations = {};
  for (const test of tests) {
    process.send({ begun: test });
    const before = process.cpuUsage();
    const by = await runFile(urlOf(test), leftOut);
    if (by !== undefined) return { outcome: "killed", test, by };
    const { user, system } = process.cpuUsage(before);
    durations[test] = (user + system) / 1e6;
  }
  return { outcome: (await isSame(changed)) ? "equivalent" : "survived", durations };
}

/** A file is loaded anew each time, what it imports is not: modules of the core are read when a test asks for one. */
function urlOf(test) {
  const file = join(folder, "build", test.replace(/\.ts$/, ".js"));
  return `${pathToFileURL(file)}?${loaded++}`;
}

/** Whether the release's compiler makes the same module of it. */
async function isSame(changed) {
  if (changed.size === 0) return false;
  original ??= await compile(folder, new Map(), true);
  return Buffer.compare(await compile(folder, changed, true), original) === 0;
}
