// The processes that try mutants, each in a copy of the project of its own.
import { fork } from "node:child_process";
import { cpSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("worker.mjs", import.meta.url));
const copied = [
  "assembly",
  "host",
  "test/assembly",
  "test/support",
  "build",
  "asconfig.json",
  "package.json",
];
const linked = ["node_modules", "test/vectors", "test/captures"];
/** A mutant that has not come to an end by then never will. All tests take a sixth of it on a busy machine. */
const patienceMs = 60_000;

/** Starts so many workers below the folder `work`, and resolves when they are ready. */
export async function startWorkers(root, work, count) {
  const workers = Array.from(
    { length: count },
    (_, index) => new Worker(copyTo(root, join(work, `tree-${index}`))),
  );
  await Promise.all(workers.map((worker) => worker.start()));
  return workers;
}

/** The files are copied, because a link would lead the tests back to the original's modules. */
function copyTo(root, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "test"), { recursive: true });
  for (const path of copied) cpSync(join(root, path), join(folder, path), { recursive: true });
  for (const path of linked) symlinkSync(join(root, path), join(folder, path));
  return folder;
}

class Worker {
  #folder;
  #child;

  constructor(folder) {
    this.#folder = folder;
  }

  async start() {
    this.#child = fork(program, [this.#folder], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    if ((await this.#answer(patienceMs)) === undefined) throw new Error(`no worker in ${this.#folder}`);
  }

  /** Runs the tests in their order on the core with these sources changed. One that never ends is killed too. */
  async attempt(changed, tests) {
    this.#child.send({ changed, tests });
    const answer = await this.#answer(patienceMs);
    if (answer !== undefined) return answer;
    await this.start();
    return { outcome: "killed", by: "the time limit" };
  }

  end() {
    this.#child.kill("SIGKILL");
  }

  /** What the child says next; undefined, and the child ended, where it dies or says nothing in time. */
  #answer(timeoutMs) {
    const child = this.#child;
    return new Promise((resolve) => {
      const conclude = (answer) => {
        clearTimeout(timer);
        child.removeAllListeners();
        if (answer === undefined) child.kill("SIGKILL");
        resolve(answer);
      };
      const timer = setTimeout(() => conclude(undefined), timeoutMs);
      child.once("message", conclude);
      child.once("exit", () => conclude(undefined));
    });
  }
}
