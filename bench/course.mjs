// What every course through the lab needs: namespaces to run in, patience, and what a process has cost.
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { canUseNamespaces, runAgainInUserNamespace } from "../build/host/demo/namespaces.js";

/** Two nodes and who uses their address, for `createLab`. */
export const pairAndClient = [
  { name: "a", addresses: ["192.168.1.3/24"] },
  { name: "b", addresses: ["192.168.1.4/24"] },
  { name: "client", addresses: ["192.168.1.10/24"] },
];

const marker = "CARP_BENCH_NAMESPACE";

/** Runs `main` where namespaces can be made: here, or in a user namespace; else says why not, and fails. */
export async function inNamespaces(main) {
  const ability = await canUseNamespaces();
  if (ability.kind === "user-namespace" && process.env[marker] === undefined) {
    process.exitCode = await runAgainInUserNamespace(marker);
  } else if (ability.kind !== "here") {
    process.stderr.write(`bench: network namespaces are needed: ${ability.reason ?? "not allowed here"}\n`);
    process.exitCode = 1;
  } else {
    await main();
  }
}

/** Waits until `probe` holds. Rejects after 20 s. */
export async function until(probe) {
  const deadline = performance.now() + 20_000;
  while (!(await probe())) {
    if (performance.now() > deadline) throw new Error("the course did not go on within 20 s");
    await sleep(4);
  }
}

/** The time that all threads of the process have been on a CPU. */
export async function cpuNs(pid) {
  const tasks = await readdir(`/proc/${pid}/task`);
  const texts = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, "utf8")),
  );
  return texts.reduce((sum, text) => sum + Number(text.split(" ")[0]), 0);
}

export async function residentMib(pid) {
  const text = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) / 1024;
}

/** Draws numbers from 0 on and below 1, the same ones for the same seed (splitmix32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}
