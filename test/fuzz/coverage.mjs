// Which parts of the core the corpus reaches, function by function, counted by llvm-cov.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { buildFuzzers, corpusFolder } from "./build.mjs";

const run = promisify(execFile);

/** What a received frame runs through; a function that only one file sees has its file before its name. */
const receivePath =
  /^(?:carp\.c:)?(?:w2c_assembly_(engine_receive_\w+|wire_checksum_\w+|protocol_replay_\w+|protocol_state_heard)|Z_carpZ_(verifyFrames|handleFrames))$/;
/** The kind of a region that is code, and the file that is not a macro's. */
const CODE = 0;

/**
 * Regions of each function of the receive path, over the corpora of all these targets, and where in the translated source
 * the missed ones are.
 */
export async function coverageOf(folder, names) {
  const programs = await buildFuzzers(folder, names, { coverage: true });
  const profiles = [];
  for (const name of names) {
    const corpus = join(corpusFolder, name);
    if (!existsSync(corpus)) continue;
    const profile = join(folder, `${name}.profraw`);
    rmSync(profile, { force: true });
    mkdirSync(folder, { recursive: true });
    await run(programs[name], ["-runs=0", corpus], { env: { ...process.env, LLVM_PROFILE_FILE: profile } });
    profiles.push(profile);
  }
  const merged = join(folder, "merged.profdata");
  await run("llvm-profdata", ["merge", "-o", merged, ...profiles]);
  const objects = names.slice(1).flatMap((name) => ["-object", programs[name]]);
  const argv = ["export", "-instr-profile", merged, programs[names[0]], ...objects];
  const { stdout } = await run("llvm-cov", argv, { maxBuffer: 2 ** 29 });
  const functions = JSON.parse(stdout).data[0].functions.filter(({ name }) => receivePath.test(name));
  return functions.map(({ name, regions }) => {
    const code = regions.filter((region) => region[5] === 0 && region[7] === CODE);
    const missed = code.filter(([, , , , count]) => count === 0);
    return {
      name: name.replace(receivePath, "$1$2"),
      regions: code.length,
      covered: code.length - missed.length,
      missed: missed.map(([line, column]) => `carp.c:${line}:${column}`),
    };
  });
}
