// Compiles the core from sources as they are given, in this process, where the compiler stays warm.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

/** The build that tests use: the front door and the insides in one module. */
const target = "testing";

/**
 * @param {string} root     of the project
 * @param {Map<string, string>} sources   by path; files that are not among them are read
 * @param {boolean} optimized  as the release is; otherwise as quickly as it can be had, with the same meaning
 * @returns {Promise<Uint8Array | undefined>} the module, or undefined where the compiler refuses
 */
export async function compile(root, sources, optimized) {
  const config = JSON.parse(readFileSync(join(root, "asconfig.json"), "utf8"));
  const argv = [...config.targets[target].entries, "--config", "asconfig.json", "--target", target];
  if (!optimized) argv.push("--optimizeLevel", "0", "--shrinkLevel", "0");
  let module;
  const { error } = await asc.main(argv, {
    stdout: silence,
    stderr: silence,
    readFile: (name, folder) => sources.get(name) ?? readText(join(root, folder, name)),
    writeFile: (name, contents) => {
      if (name.endsWith(".wasm")) module = contents;
    },
  });
  return error === null ? module : undefined;
}

const silence = { write: () => true };

function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
