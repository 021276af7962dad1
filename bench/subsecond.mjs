// Service below a second: two of our nodes with advbase 0 (OpenBSD's dialect), and what a client sees when one is lost.
//   node bench/subsecond.mjs [--runs 10] [--seconds 20] [--no-write] [--program build/host/main.js]
// Prints tables and writes the section `subsecond` of bench/RESULTS.md. Needs root (or a user namespace), tcpdump, ping.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { createLab } from "../build/host/demo/lab.js";
import { startNode, startOn } from "../build/host/demo/nodes.js";
import { observe } from "../build/host/demo/observer.js";
import { cpuNs, inNamespaces, pairAndClient, until } from "./course.mjs";
import { provenance, table, writeSection } from "./results.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    seconds: { type: "string", default: "20" },
    "no-write": { type: "boolean", default: false },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const address = "192.168.1.50";
const skews = [1, 10, 50];
/** The most clients ask: every two milliseconds. */
const pingSeconds = "0.002";

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-bench-"));
  await writeFile(join(folder, "pass"), "testpass\n", { mode: 0o600 });
  try {
    const rows = [];
    for (const skew of skews) {
      const samples = [];
      for (let run = 0; run < Number(options.runs); run++) samples.push(await takeover(folder, skew));
      const idle = await falseTakeovers(folder, skew, 0);
      const busy = await falseTakeovers(folder, skew, 4);
      rows.push([
        `advbase 0 advskew ${skew}`,
        ((3 * skew * 1000) / 256).toFixed(1),
        spread(samples.map(({ wireMs }) => wireMs)),
        spread(samples.map(({ gapMs }) => gapMs)),
        `${idle.masterCpu.toFixed(1)} / ${idle.backupCpu.toFixed(1)}`,
        `${idle.takeovers} / ${busy.takeovers}`,
      ]);
      process.stderr.write(`${rows.at(-1).join(" | ")}\n`);
    }
    const head = [
      "both nodes",
      "master-down, ms",
      "last advertisement to the new master's first, ms",
      "longest gap between two answers to the client, ms",
      "CPU as MASTER / BACKUP, % of a core",
      `false takeovers in ${options.seconds} s: idle / four busy threads`,
    ];
    const words =
      `${provenance()}\n\n${options.runs} losses of the master's host (killed, port down) each, minimum / median / ` +
      `maximum; the client pings every ${Number(pingSeconds) * 1000} ms.\n\n${table(head, rows)}`;
    process.stdout.write(`${words}\n`);
    if (!options["no-write"]) writeSection("subsecond", `## Service below a second\n\n${words}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function takeover(folder, skew) {
  return withPair(folder, skew, async ({ lab, observer, a }) => {
    const client = startOn(lab.host("client"), ["ping", "-n", "-D", "-i", pingSeconds, "-W", "1", address]);
    await sleep(500 + Math.random() * 200);
    const known = observer.heard(1, "b").length;
    await Promise.all([a.stop("SIGKILL"), lab.setPort("a", "down")]);
    await until(() => observer.heard(1, "b").length > known);
    await sleep(300);
    const first = observer.heard(1, "b")[known];
    const last = observer.heard(1, "a").findLast(({ at }) => at < first.at);
    const answers = client.lines
      .flatMap(({ text }) => /^\[(\d+\.\d+)\] \d+ bytes/.exec(text)?.[1] ?? [])
      .map(Number);
    await client.stop("SIGINT");
    const gaps = answers.slice(1).map((at, index) => (at - answers[index]) * 1000);
    return { wireMs: first.at - last.at, gapMs: Math.max(...gaps) };
  });
}

/** What the pair costs, and how often the backup takes over from a master that is alive. */
async function falseTakeovers(folder, skew, busyThreads) {
  return withPair(folder, skew, async ({ a, b }) => {
    const burners = Array.from({ length: busyThreads }, () => new Worker("for (;;);", { eval: true }));
    const before = await Promise.all([cpuNs(a.pid), cpuNs(b.pid)]);
    const transitions = await transitionsOf(b);
    await sleep(Number(options.seconds) * 1000);
    const after = await Promise.all([cpuNs(a.pid), cpuNs(b.pid)]);
    await Promise.all(burners.map((burner) => burner.terminate()));
    const takeovers = Math.ceil(((await transitionsOf(b)) - transitions) / 2);
    const [masterCpu, backupCpu] = after.map(
      (ns, index) => (ns - before[index]) / 1e7 / Number(options.seconds),
    );
    return { takeovers, masterCpu, backupCpu };
  });
}

async function withPair(folder, skew, use) {
  const lab = await createLab(pairAndClient);
  try {
    const observer = await observe(lab);
    const start = async (name) => {
      const socket = join(folder, `${name}.sock`);
      await rm(socket, { force: true });
      const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", join(folder, "pass")];
      const argv = [...flags, "--advbase", "0", "--advskew", String(skew), `${address}/24`];
      return startNode(lab.host(name), options.program, socket, argv);
    };
    const a = await start("a");
    await until(async () => (await stateOf(a)) === "MASTER");
    const b = await start("b");
    await until(async () => (await stateOf(b)) === "BACKUP");
    await sleep(500);
    return await use({ lab, observer, a, b });
  } finally {
    await lab.destroy();
  }
}

async function stateOf(node) {
  try {
    return (await node.status())[0].state;
  } catch {
    return undefined;
  }
}

async function transitionsOf(node) {
  return (await node.status())[0].transitions;
}

function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  return [sorted[0], median, sorted.at(-1)].map((value) => value.toFixed(1)).join(" / ");
}
