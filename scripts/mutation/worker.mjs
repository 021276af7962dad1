// Tries mutants one after another, in a copy of the project: compiles, runs the tests that it is told to until the
// first that fails, and reports. Whoever started it ends it when a test does not come back.
//
//   node worker.mjs FOLDER     speaks through the channel of child_process.fork
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { createVitest } from "vitest/node";
import { compile } from "./compile.mjs";

const folder = process.argv[2];
/** Not for a mutant: it is one module in place of two, and what it sends is compared byte by byte elsewhere. */
const othersThan = /^(?!.*(both modules export the same|tshark))/;

/** Runs the files in the order in which they are given. */
class GivenOrder {
  shard(files) {
    return files;
  }

  sort(files) {
    return files;
  }
}

const vitest = await createVitest("test", {
  root: folder,
  config: false,
  watch: false,
  pool: "threads",
  isolate: false,
  fileParallelism: false,
  maxWorkers: 1,
  bail: 1,
  silent: true,
  reporters: [{}],
  include: ["test/**/*.test.ts"],
  sequence: { sequencer: GivenOrder },
  testNamePattern: othersThan,
  testTimeout: 60_000,
});
const specifications = new Map(
  (await vitest.globTestSpecifications()).map((one) => [relative(folder, one.moduleId), one]),
);
const original = await compile(folder, new Map(), true);

process.on("message", async ({ changed, tests }) => {
  process.send(await attempt(new Map(changed), tests));
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });

async function attempt(changed, tests) {
  const module = await compile(folder, changed, false);
  if (module === undefined) return { outcome: "refused" };
  for (const name of ["carp.wasm", "testing.wasm"]) writeFileSync(join(folder, "build", name), module);
  const { failed, durations, errors } = await run(tests);
  if (failed !== undefined) return { outcome: "killed", ...failed, durations };
  if (errors.length > 0) return { outcome: "killed", by: "an error outside of a test", durations };
  const same = changed.size > 0 && Buffer.compare(await compile(folder, changed, true), original) === 0;
  return { outcome: same ? "equivalent" : "survived", durations };
}

async function run(tests) {
  const wanted = tests.map((path) => specifications.get(path));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications(wanted, false);
  const durations = {};
  let failed;
  for (const module of testModules) {
    const path = relative(folder, module.moduleId);
    if (!tests.includes(path)) continue;
    if (module.state() === "passed") durations[path] = module.diagnostic().duration;
    if (module.state() !== "failed") continue;
    const test = [...module.children.allTests("failed")][0];
    failed ??= { test: path, by: test?.fullName ?? module.errors()[0]?.message ?? "" };
  }
  return { failed, durations, errors: unhandledErrors };
}
