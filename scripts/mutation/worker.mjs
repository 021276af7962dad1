// Runs the core's tests on one module after another, each up to the first test that fails, and reports. It compiles
// nothing itself: the memory of a core counts for so much that a garbage collection follows every few of them, and that
// is only quick as long as there is little else in the heap. Whoever started it ends it when a test does not come back.
//
//   node worker.mjs FOLDER     speaks through the channel of child_process.fork: which file of tests has begun, and
//                              at the end what came of it all
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runFile } from "./harness.mjs";

const folder = process.argv[2];
/** A mutant is one module in place of two; and what it sends is compared byte by byte elsewhere. */
const leftOut = /both modules export the same|tshark/;
let loaded = 0;

process.on("message", async ({ tests }) => {
  const result = await attempt(tests);
  process.send({ ...result, size: process.memoryUsage.rss() });
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });

async function attempt(tests) {
  const durations = {};
  for (const test of tests) {
    process.send({ begun: test });
    const before = process.cpuUsage();
    const by = await runFile(urlOf(test), leftOut);
    if (by !== undefined) return { outcome: "killed", test, by };
    const { user, system } = process.cpuUsage(before);
    durations[test] = (user + system) / 1e6;
  }
  return { outcome: "survived", durations };
}

/** A file is loaded anew each time, what it imports is not: modules of the core are read when a test asks for one. */
function urlOf(test) {
  const file = join(folder, "build", test.replace(/\.ts$/, ".js"));
  return `${pathToFileURL(file)}?${loaded++}`;
}
