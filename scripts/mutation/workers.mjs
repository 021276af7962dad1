// The processes that run the tests on mutants, each in a folder of its own with the tests, compiled.
import { execFileSync, fork } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const programs = fileURLToPath(new URL(".", import.meta.url));
/** How often it is looked whether a worker still gets anywhere. */
const watchMs = 500;
/** The clock ticks of /proc in a second, on every Linux. */
const ticksPerSecond = 100;
/** Modules that were loaded stay in memory, so a process is replaced when it has grown to so many bytes. */
const largestProcess = 1.5e9;

/**
 * Starts so many workers below the folder `work`, and resolves when they are ready. `limitOf` tells how many seconds of
 * the processor a file of tests may take; it is asked without one for what comes before the first.
 */
export async function startWorkers(root, work, count, limitOf) {
  const compiled = compileTests(root, work);
  const workers = Array.from({ length: count }, (_, index) => {
    const folder = join(work, `worker-${index}`);
    rmSync(folder, { recursive: true, force: true });
    cpSync(compiled, folder, { recursive: true, verbatimSymlinks: true });
    return new Worker(folder, limitOf);
  });
  await Promise.all(workers.map((worker) => worker.start()));
  return workers;
}

/**
 * Lays out what a worker needs: in `build/` the tests and what they import, where the modules stand as they do beside
 * the compiled host. There, `vitest` is the harness.
 */
function compileTests(root, work) {
  const folder = join(work, "compiled");
  const build = join(folder, "build");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(build, "node_modules", "vitest"), { recursive: true });
  const options = { rootDir: root, outDir: build, declaration: false };
  const include = ["test/assembly/**/*.ts", "host/core/webassembly.d.ts"].map((path) => join(root, path));
  const config = { extends: join(root, "tsconfig.json"), compilerOptions: options, include };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
    stdio: "inherit",
  });
  writeFileSync(join(build, "package.json"), '{ "type": "module" }');
  const shim = join(build, "node_modules", "vitest");
  writeFileSync(join(shim, "package.json"), '{ "type": "module", "exports": "./index.js" }');
  // The programs are copied too, so that a run is not disturbed by what is written meanwhile.
  cpSync(programs, join(folder, "programs"), { recursive: true });
  writeFileSync(join(shim, "index.js"), 'export * from "../../../programs/harness.mjs";');
  const isText = (path) => !path.endsWith(".ts");
  cpSync(join(root, "test/assembly"), join(build, "test/assembly"), { recursive: true, filter: isText });
  cpSync(join(root, "build/carp.baseline.wasm"), join(build, "carp.baseline.wasm"));
  // Tests look for modules in the build folder of the sources, the host beside its own.
  symlinkSync(".", join(build, "build"));
  for (const path of ["vectors", "captures"])
    symlinkSync(join(root, "test", path), join(build, "test", path));
  return folder;
}

class Worker {
  #folder;
  #limitOf;
  #child;
  #size = 0;

  constructor(folder, limitOf) {
    this.#folder = folder;
    this.#limitOf = limitOf;
  }

  async start() {
    this.#size = 0;
    const program = join(this.#folder, "programs", "worker.mjs");
    this.#child = fork(program, [this.#folder], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    if (!("ready" in (await this.#answer()))) throw new Error(`no worker in ${this.#folder}`);
  }

  /** Runs the tests in their order on that module. What does not end in its time is killed. */
  async attempt(module, tests) {
    if (this.#size > largestProcess) {
      this.end();
      await this.start();
    }
    for (const name of ["carp.wasm", "testing.wasm"]) {
      writeFileSync(join(this.#folder, "build", name), module);
    }
    this.#child.send({ tests });
    const answer = await this.#answer();
    this.#size = answer.size ?? 0;
    if (answer.outcome === "killed" && this.#child.killed) await this.start();
    return answer;
  }

  end() {
    this.#child.kill("SIGKILL");
  }

  /** The child's answer, or that it is killed for taking too long. */
  #answer() {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      let test;
      let since = secondsOf(child.pid);
      const conclude = (answer) => {
        clearInterval(watch);
        child.removeAllListeners();
        resolve(answer);
      };
      const watch = setInterval(() => {
        if (secondsOf(child.pid) - since < this.#limitOf(test)) return;
        child.kill("SIGKILL");
        conclude({ outcome: "killed", test, by: "the time limit" });
      }, watchMs);
      child.on("message", (message) => {
        if (message.begun === undefined) conclude(message);
        test = message.begun;
        since = secondsOf(child.pid);
      });
      child.once("exit", (code, signal) => {
        clearInterval(watch);
        reject(new Error(`the worker in ${this.#folder} ended: ${code ?? signal}`));
      });
    });
  }
}

/** How long the process has had a processor: on a busy machine, the clock says little about how far it is. */
function secondsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}
