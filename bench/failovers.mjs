// Failovers by the thousand: the master is killed, frozen, cut off from its cable, or demoted, in turn, in namespaces here.
//   node bench/failovers.mjs [--count 40] [--pairs 4] [--seed 1] [--freeze-seconds 5] [--no-write]
// A client asks for the address by ARP every 10 ms. Prints how long nobody answered, against the master-down time of the
// host that took over, and writes the section `failovers` of bench/RESULTS.md. Needs root.
import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inNamespaces, randomFrom } from "./course.mjs";
import { otherOf, runTrials, settled, takenOverBy } from "./ownership/pair.mjs";
import { thisNode } from "./ownership/subjects.mjs";
import { startWatch } from "./ownership/watch.mjs";
import { provenance, table, writeSection } from "./results.mjs";

const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "40" },
    pairs: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    "freeze-seconds": { type: "string", default: "5" },
    "no-write": { type: "boolean", default: false },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const allowedMs = 100;
const explanation = `Two nodes that preempt, advbase 1, advskew 0 and 100, and a client on one bridge, many such pairs at
once. The host that is master is killed (SIGKILL, and started again), frozen (SIGSTOP, and woken), loses its cable, or is
demoted (net.inet.carp.demotion 240), in turn, at a random moment of its interval. How long nobody answered the client's
ARP requests, one every 10 ms, is compared with the master-down time of the host that takes over; so is the time from the
cause to the first answer of that host. A demoted master goes on until it hears that the other has taken over: for that
moment both have the address. Otherwise both never do.`;
const preferred = "a";
const demotion = 240;

/** How a master is disturbed, and how that is taken back when the other has taken over. */
const causes = {
  killed: {
    disturb: ({ programs }, name) => programs[name].kill(),
    undo: async (pair, name) => pair.restart(name),
  },
  frozen: {
    disturb: ({ programs }, name) => programs[name].freeze(),
    async undo({ programs }, name, begun) {
      const left = Number(options["freeze-seconds"]) * 1000 - (performance.now() - begun);
      if (left > 0) await sleep(left);
      await programs[name].thaw();
    },
  },
  "cable lost": {
    disturb: ({ lab }, name) => lab.setPort(name, "down"),
    undo: ({ lab }, name) => lab.setPort(name, "up"),
  },
  demoted: {
    disturb: ({ programs }, name) => demote(programs[name], demotion),
    undo: ({ programs }, name) => demote(programs[name], -demotion),
  },
};
const kinds = Object.keys(causes);

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-failovers-"));
  const watch = startWatch();
  try {
    const subject = await thisNode(options.program, folder, ["--preempt"]);
    const draw = randomFrom(Number(options.seed));
    const count = Number(options.count);
    const waits = Array.from({ length: count }, () => draw() * 1400);
    const { results, failures } = await runTrials({
      ...{ subject, watch, count, pairs: Number(options.pairs) },
      trial: (pair, number) => failover(pair, kinds[number % kinds.length], waits[number]),
      told: (line) => process.stderr.write(`${line}\n`),
    });
    const words = `${results.length} failovers, ${failures} trials that did not come to an end; seed ${options.seed}.`;
    const body = `## Failovers\n\n${provenance()}\n\n${explanation}\n\n${words}\n\n${tableOf(results)}`;
    process.stdout.write(`${body}\n`);
    if (!options["no-write"]) writeSection("failovers", body);
  } finally {
    watch.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function failover(pair, kind, waitMs) {
  // The other is master only until the preferred host is back for good.
  while ((await settled(pair)) !== preferred);
  const master = preferred;
  const other = otherOf(master);
  await sleep(waitMs);
  const { eyes, subject } = pair;
  eyes.begin();
  await sleep(50);
  const begun = performance.now();
  await causes[kind].disturb(pair, master);
  const takenAt = await takenOverBy(pair, other);
  const { held, answered, longestStepMs } = eyes.end(begun);
  eyes.begin();
  await causes[kind].undo(pair, master, begun);
  const masterDownMs = subject.masterDownMs(other);
  return {
    kind,
    noneMs: answered.longestNoneMs,
    untilAnsweredMs: takenAt - begun,
    beyondMs: Math.max(answered.longestNoneMs, takenAt - begun) - masterDownMs,
    bothMs: Math.max(held.bothMs, answered.bothMs),
    longestStepMs,
  };
}

async function demote(program, by) {
  const path = "/v1/sysctl/net.inet.carp.demotion";
  const socketPath = await program.socket();
  await new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const asked = request({ socketPath, path, method: "PATCH", headers }, (answer) => {
      answer.resume();
      answer.on("end", () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`the node answers ${answer.statusCode}`)),
      );
    });
    asked.on("error", reject);
    asked.end(JSON.stringify({ value: by }));
  });
}

function tableOf(results) {
  const head = [
    "the master is",
    "n",
    "nobody answers, ms: p50",
    "p99",
    "max",
    "cause to the other's answer, ms: p50",
    "p99",
    "max",
    `longer than master-down + ${allowedMs} ms`,
    "both, ms in total",
    "longest look, ms",
  ];
  const rows = [...kinds, "all"].map((kind) => {
    const of = results.filter((one) => kind === "all" || one.kind === kind);
    const numbers = (what) => {
      const sorted = of.map((one) => one[what]).sort((one, two) => one - two);
      const at = (share) =>
        Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
      return [at(0.5), at(0.99), at(1)];
    };
    const sum = of.reduce((total, one) => total + one.bothMs, 0);
    const late = of.filter(({ beyondMs }) => beyondMs > allowedMs).length;
    const longest = Math.round(Math.max(0, ...of.map((one) => one.longestStepMs)));
    return [
      kind,
      of.length,
      ...numbers("noneMs"),
      ...numbers("untilAnsweredMs"),
      late,
      Math.round(sum),
      longest,
    ];
  });
  return table(head, rows);
}
