// Failover beside ucarp: both run the same course in turn, in network namespaces on this machine.
//   node bench/failover.mjs [--runs 10] [--idle-seconds 20] [--program build/host/main.js]
// Prints a Markdown table with min / median / max. Needs root (or a user namespace), ucarp, tcpdump and ping.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startPinger } from "../build/host/demo/client.js";
import { createLab } from "../build/host/demo/lab.js";
import { startNode, startOn } from "../build/host/demo/nodes.js";
import { observe } from "../build/host/demo/observer.js";
import { cpuNs, inNamespaces, pairAndClient, residentMib, until } from "./course.mjs";

const { values: options } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    "idle-seconds": { type: "string", default: "20" },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const runs = Number(options.runs);
const idleSeconds = Number(options["idle-seconds"]);
const address = "192.168.1.50";
const backupSkew = 100;
const masterDownMs = 3000 + (backupSkew * 1000) / 256;
/** ucarp reads its socket up to a second late: only then is its backup settled. */
const settleMs = 1300;

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-bench-"));
  try {
    const subjects = [await oursIn(folder), await ucarpIn(folder)];
    const samples = new Map(subjects.map(({ name }) => [name, {}]));
    for (let run = 1; run <= runs; run++) {
      for (const subject of subjects) {
        const figures = await failover(subject);
        add(samples.get(subject.name), figures);
        process.stderr.write(`run ${run} of ${runs}, ${subject.name}: ${JSON.stringify(figures, round)}\n`);
      }
    }
    process.stderr.write(`idle for ${idleSeconds} s\n`);
    await Promise.all(subjects.map(async (subject) => add(samples.get(subject.name), await idle(subject))));
    process.stdout.write(`${tableOf(samples).join("\n")}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One course: start, polite stop of the master, its return by preemption, loss of its host. */
async function failover(subject) {
  const lab = await createLab(pairAndClient);
  try {
    const observer = await observe(lab);
    const { a, b, startMs } = await startPair(lab, subject);
    await sleep(settleMs);
    const pinger = startPinger(lab.host("client"), address);
    await sleep(300 + Math.random() * 1000);

    const polite = await takeover(observer, pinger, () => a.process.stop("SIGTERM"));
    const again = await subject.start(lab.host("a"), 0);
    await until(async () => (await again.state()) === "MASTER" && (await b.state()) === "BACKUP");
    await sleep(settleMs + Math.random() * 1000);

    const lost = await takeover(observer, pinger, () =>
      Promise.all([again.process.stop("SIGKILL"), lab.setPort("a", "down")]),
    );
    return {
      "start to BACKUP, ms": startMs,
      "polite stop: signal to first advertisement of the new master, ms": [polite.afterCauseMs],
      "polite stop: last advertisement of the old master to first of the new, ms": [polite.afterLastMs],
      "polite stop: pings lost": [polite.lost],
      "host loss: takeover beyond the formula's 3.391 s, ms": [lost.afterLastMs - masterDownMs],
      "host loss: pings lost": [lost.lost],
      "host loss: longest gap for the client, ms": [lost.longestGapMs],
    };
  } finally {
    await lab.destroy();
  }
}

/** Starts the two one after the other, so that each start has the machine to itself. */
async function startPair(lab, subject) {
  const a = await subject.start(lab.host("a"), 0);
  const aMs = await a.untilBackup();
  const b = await subject.start(lab.host("b"), backupSkew);
  const startMs = [aMs, await b.untilBackup()];
  await until(async () => (await a.state()) === "MASTER" && (await b.state()) === "BACKUP");
  return { a, b, startMs };
}

/** Brings about the end of `a` and measures until `b` advertises, and what the client misses. */
async function takeover(observer, pinger, cause) {
  const known = observer.heard(1, "b").length;
  const mark = pinger.mark();
  const causedAt = performance.timeOrigin + performance.now();
  await cause();
  await until(() => observer.heard(1, "b").length > known);
  const first = observer.heard(1, "b")[known];
  const last = observer.heard(1, "a").findLast(({ at }) => at < first.at);
  await sleep(500);
  const { lost, longestGapMs } = pinger.report(mark);
  return { afterCauseMs: first.at - causedAt, afterLastMs: first.at - last.at, lost, longestGapMs };
}

/** Memory, and CPU in ten windows, of a master and of its backup that have nothing to do but advertise. */
async function idle(subject) {
  const hosts = ["a", "b"].map((name, index) => ({ name, addresses: [`192.168.1.${index + 3}/24`] }));
  const lab = await createLab(hosts);
  try {
    const pair = await startPair(lab, subject);
    await sleep(2000);
    const figures = {};
    const roles = { MASTER: pair.a.process.pid, BACKUP: pair.b.process.pid };
    for (let window = 0; window < 10; window++) {
      const before = await Promise.all(Object.values(roles).map(cpuNs));
      await sleep((idleSeconds * 1000) / 10);
      const after = await Promise.all(Object.values(roles).map(cpuNs));
      for (const [index, [role, pid]] of Object.entries(roles).entries()) {
        const share = (after[index] - before[index]) / (idleSeconds * 1e8);
        add(figures, { [`idle ${role}: CPU, % of a core`]: [share * 100] });
        add(figures, { [`idle ${role}: resident memory, MiB`]: [await residentMib(pid)] });
      }
    }
    return figures;
  } finally {
    await lab.destroy();
  }
}

async function oursIn(folder) {
  const passFile = join(folder, "pass");
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  let sockets = 0;
  const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, "--preempt"];
  const start = async (host, advskew) => {
    const begun = performance.now();
    const argv = [...flags, "--advskew", String(advskew), `${address}/32`];
    const node = startNode(host, options.program, join(folder, `${++sockets}.sock`), argv);
    const state = () =>
      node.status().then(
        ([status]) => status.state,
        () => undefined,
      );
    return { process: node, state, untilBackup: () => untilBackup(node, state, begun) };
  };
  return { name: "this node", start };
}

async function ucarpIn(folder) {
  const [passFile, up, down] = ["pass", "up", "down"].map((name) => join(folder, `ucarp.${name}`));
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  await writeFile(up, '#!/bin/sh\nexec ip addr add "$2/32" dev "$1"\n', { mode: 0o700 });
  await writeFile(down, '#!/bin/sh\nexec ip addr del "$2/32" dev "$1"\n', { mode: 0o700 });
  const flags = ["-i", "eth0", "-v", "1", "-o", passFile, "-a", address, "-u", up, "-d", down];
  const start = async (host, advskew) => {
    const begun = performance.now();
    const own = ["-s", host.addresses[0].split("/")[0], "-k", String(advskew)];
    const child = startOn(host, ["ucarp", ...flags, ...own, "-P", "-z", "-f", "none"]);
    const state = async () =>
      child.lines
        .findLast(({ text }) => text.includes("Switching to state"))
        ?.text.split(": ")
        .at(-1);
    return { process: child, state, untilBackup: () => untilBackup(child, state, begun) };
  };
  return { name: "ucarp", start };
}

async function untilBackup(child, state, begun) {
  await until(async () => {
    if (child.hasEnded) throw new Error(child.lines.map(({ text }) => text).join("\n"));
    return (await state()) === "BACKUP";
  });
  return performance.now() - begun;
}

function add(samples, figures) {
  for (const [name, values] of Object.entries(figures)) {
    samples[name] ??= [];
    samples[name].push(...values);
  }
}

function tableOf(samples) {
  const [ours, theirs] = samples.values();
  const rows = Object.keys(ours).map(
    (name) => `| ${name} | ${spread(ours[name])} | ${spread(theirs[name])} | ${ours[name].length} |`,
  );
  return [
    `Linux ${release()}, ${cpus().length} x ${cpus()[0]?.model.trim()}, Node ${process.versions.node}.`,
    "",
    `| min / median / max | ${[...samples.keys()].join(" | ")} | n |`,
    "|---|---|---|---|",
    ...rows,
  ];
}

function spread(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return [sorted[0], median, sorted.at(-1)].map(numberOf).join(" / ");
}

function numberOf(value) {
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 100 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}

function round(_, value) {
  return typeof value === "number" ? Math.round(value * 10) / 10 : value;
}
