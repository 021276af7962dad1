// One course of a pair: start, idle, status, reload, loss of the master, polite stop, and what is left behind.
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gapsBetween, startCapture } from "./capture.mjs";
import { leftBehind, openLab } from "./lab.mjs";
import { virtualHosts } from "./subjects.mjs";

/** After a start V8 compiles and collects for some seconds. */
const settleMs = 12_000;

/** Runs `subject` with `count` virtual hosts; returns figures by name. Milliseconds, % of a core, MiB. */
export async function run(subject, count, idleSeconds) {
  const interfaces = count <= 4 ? 1 : count <= 1020 ? 4 : 16;
  const hosts = virtualHosts(count, interfaces);
  const lab = await openLab(interfaces);
  const figures = {};
  try {
    const capture = await startCapture(lab.b);
    const expected = count * subject.families;
    const pair = await start(subject, lab, hosts, capture, expected, figures);
    await idle(pair, capture, idleSeconds, figures);
    if (!subject.idleOnly) {
      await ask(pair.a, figures);
      await reload(pair.a, capture, figures);
      await lose(subject, pair, capture, expected, figures);
      await leave(subject, lab, hosts, pair.b, capture, expected, figures);
    }
    figures["frames that the capture lost"] = await capture.close();
  } finally {
    await lab.close();
  }
  return figures;
}

async function start(subject, lab, hosts, capture, expected, figures) {
  const begun = Date.now();
  const a = await subject.start(lab.a, "a", hosts);
  await a.ready();
  figures["start to all BACKUP, ms"] = Date.now() - begun;
  const firsts = await capture.firsts(capture.heard, expected, begun, 30_000);
  const times = [...firsts.values()].map((time) => time - begun);
  figures["start to all MASTER, ms"] = Math.max(...times);
  figures["… beyond the master-down time, ms"] = Math.max(...times) - subject.masterDownMs("a");
  const b = await subject.start(lab.b, "b", hosts);
  await b.ready();
  await sleep(settleMs);
  return { a, b };
}

async function idle({ a, b }, capture, seconds, figures) {
  const [pidsA, pidsB] = [await a.pids(), await b.pids()];
  const from = Date.now();
  const before = [await usageOf(pidsA), await usageOf(pidsB)];
  await sleep(seconds * 1000);
  const to = Date.now();
  const after = [await usageOf(pidsA), await usageOf(pidsB)];
  for (const [index, role] of ["master", "backup"].entries()) {
    const share = (after[index].ns - before[index].ns) / ((to - from) * 1e6);
    figures[`CPU as ${role}, %`] = share * 100;
    figures[`wake-ups as ${role}, 1/s`] =
      (after[index].switches - before[index].switches) / ((to - from) / 1000);
    figures[`memory as ${role}, MiB`] = await residentMib(index === 0 ? pidsA : pidsB);
  }
  await sleep(1500);
  const gaps = gapsBetween(capture.heard, from, to);
  for (const [name, share] of [
    ["p50", 0.5],
    ["p99", 0.99],
    ["p99.9", 0.999],
    ["max", 1],
  ]) {
    figures[`advertisement gap ${name}, ms`] =
      gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))];
  }
}

async function ask(node, figures) {
  if (node.status === undefined) return;
  const times = [];
  for (let round = 0; round < 5; round++) {
    const begun = performance.now();
    await node.status();
    times.push(performance.now() - begun);
    await sleep(100);
  }
  figures["status over the socket, ms"] = times.sort((one, other) => one - other)[2];
  const begun = performance.now();
  await node.statusCommand();
  figures["carp status --json, ms"] = performance.now() - begun;
}

async function reload(node, capture, figures) {
  await sleep(1500);
  const from = Date.now();
  figures["reload of one parameter, ms"] = await node.reload();
  await sleep(2000);
  const to = Date.now();
  await sleep(1500);
  figures["largest advertisement gap around the reload, ms"] = gapsBetween(capture.heard, from, to).at(-1);
}

async function lose(subject, { a }, capture, expected, figures) {
  const lost = Date.now();
  await a.kill();
  const firsts = await capture.firsts(capture.sent, expected, lost, 20_000);
  const waits = [...firsts].map(([key, time]) => time - capture.heard.get(key).at(-1));
  figures["loss of the master: the last takeover beyond the master-down time, ms"] =
    Math.max(...waits) - subject.masterDownMs("b");
  figures["… the first, ms"] = Math.min(...waits) - subject.masterDownMs("b");
}

async function leave(subject, lab, hosts, b, capture, expected, figures) {
  const begun = Date.now();
  const again = await subject.start(lab.a, "a", hosts);
  await again.ready();
  figures["start after a crash to all BACKUP, ms"] = Date.now() - begun;
  await sleep(4000);
  const left = Date.now();
  const ended = b.stop();
  const firsts = await capture.firsts(capture.heard, expected, left, 20_000);
  figures["polite stop: signal to the last takeover, ms"] = Math.max(
    ...[...firsts.values()].map((time) => time - left),
  );
  await ended;
  await sleep(1000);
  const stopped = Date.now();
  await again.stop();
  figures["stop of a master to its end, ms"] = Date.now() - stopped;
  const [one, other] = [await leftBehind(lab.a), await leftBehind(lab.b)];
  figures["links left behind"] = one.links + other.links;
  figures["addresses left behind"] = one.addresses + other.addresses;
}

/** The time that all threads have been on a CPU, and how often they went to sleep. */
async function usageOf(pids) {
  const total = { ns: 0, switches: 0 };
  for (const pid of pids) {
    for (const task of await readdir(`/proc/${pid}/task`)) {
      const folder = `/proc/${pid}/task/${task}`;
      total.ns += Number((await readFile(`${folder}/schedstat`, "utf8")).split(" ")[0]);
      total.switches += Number(
        /^voluntary_ctxt_switches:\s+(\d+)/m.exec(await readFile(`${folder}/status`, "utf8"))[1],
      );
    }
  }
  return total;
}

async function residentMib(pids) {
  let total = 0;
  for (const pid of pids) {
    total += Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
  }
  return total;
}
