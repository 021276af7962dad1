import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DoorPool, pathOf, root } from "./module.ts";
import { type Mutant, mutants } from "./mutants.ts";
import { planOf } from "./plan.ts";
import { run } from "./run.ts";

/** What became of a mutant. */
export interface Verdict {
  readonly mutant: Mutant;
  /** The rule that caught it, with the seed, or undefined where it lives. */
  readonly caughtBy: string | undefined;
}

/** Seeds that a mutant has to get through, and the virtual hours of each. */
const SEEDS = 400;
const HOURS = 1 / 6;

/** Plants faults `from` and the following in the core, one at a time. The exit status is 1 where one is not caught. */
export async function runMutants(from: number, count: number, tell: (line: string) => void): Promise<number> {
  let lives = 0;
  const chosen = mutants.slice(from, from + count);
  for (const mutant of chosen) {
    const { caughtBy } = await tryMutant(mutant);
    if (caughtBy === undefined) lives++;
    tell(`${caughtBy === undefined ? "LIVES " : "caught"} ${mutant.name}: ${caughtBy ?? "no violation"}`);
  }
  tell(`${chosen.length - lives} of ${chosen.length} planted faults caught`);
  return lives === 0 ? 0 : 1;
}

/** Builds the core with one fault in a folder of its own and runs the simulator on it. */
export async function tryMutant(mutant: Mutant): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "carp-mutant-"));
  try {
    // One that cannot be compiled has shown nothing.
    if (!(await build(mutant, folder))) return { mutant, caughtBy: undefined };
    return { mutant, caughtBy: judge(join(folder, "build", "carp.baseline.wasm")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first violation that the core as it is does not have at the same seed. */
function judge(path: string): string | undefined {
  const sound = new DoorPool(pathOf("baseline"));
  try {
    const pool = new DoorPool(path);
    for (let seed = 1; seed <= SEEDS; seed++) {
      const [violation] = run(planOf(seed, 3, HOURS), pool).violations;
      if (violation === undefined) continue;
      if (run(planOf(seed, 3, HOURS), sound).violations.length === 0)
        return `${violation.rule}, seed ${seed}`;
    }
    return undefined;
  } catch (error) {
    return `the self-test: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function build({ file, text, replacement, name }: Mutant, folder: string): Promise<boolean> {
  cpSync(join(root, "assembly"), join(folder, "assembly"), { recursive: true });
  cpSync(join(root, "asconfig.json"), join(folder, "asconfig.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const path = join(folder, "assembly", file);
  const source = readFileSync(path, "utf8");
  if (source.split(text).length !== 2) throw new Error(`${name}: its text is not once in assembly/${file}`);
  writeFileSync(
    path,
    source.replace(text, () => replacement),
  );
  const argv = [join(root, "node_modules/assemblyscript/bin/asc.js"), "--config", "asconfig.json"];
  const child = spawn(process.execPath, [...argv, "--target", "baseline"], {
    cwd: folder,
    stdio: ["ignore", "ignore", 2],
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status) => resolve(status === 0));
  });
}
