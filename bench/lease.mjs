// Two who answer: the master is killed or frozen, beside ucarp and keepalived (VRRP) in the same run, in namespaces here.
//   node bench/lease.mjs [--trials 10] [--pairs 2] [--seed 1] [--longest-pause 60] [--only NAME] [--no-write]
// `trials` kills and as many pauses (SIGSTOP, 0.5 s to the longest, log-uniform) of each program, on `pairs` isolated pairs
// of each at once. Who has the address is looked up in the kernel's tables every 10 ms, and a client asks by ARP as often.
// Prints a table and writes the section `lease` of bench/RESULTS.md. Needs root, keepalived and ucarp.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { inNamespaces, randomFrom } from "./course.mjs";
import { otherOf, runTrials, settled, takenOverBy } from "./ownership/pair.mjs";
import { keepalived, thisNode, ucarp } from "./ownership/subjects.mjs";
import { startWatch } from "./ownership/watch.mjs";
import { provenance, table, writeSection } from "./results.mjs";

const { values: options } = parseArgs({
  options: {
    trials: { type: "string", default: "10" },
    pairs: { type: "string", default: "2" },
    seed: { type: "string", default: "1" },
    "longest-pause": { type: "string", default: "60" },
    only: { type: "string", default: "" },
    "no-write": { type: "boolean", default: false },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const shortestPause = 0.5;
const explanation = `A pair and a client on one bridge; advbase (advert_int) 1, the backup's advskew 100 (priority 100), no
preemption. The master is killed (SIGKILL), or paused (SIGSTOP, then SIGCONT) for 0.5 s to the longest pause, whose length
is drawn log-uniformly; all processes of keepalived share its fate. From then until 1.5 s after the other has taken over,
or the paused one has been awake for as long, is counted for how long both had the address in the kernel's table, both
answered the client's ARP request, and nobody answered. Both are looked at every 10 ms. Who is still there after those 1.5 s
stays until somebody takes the address away.`;

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-lease-"));
  const watch = startWatch();
  try {
    const all = [await thisNode(options.program, folder), await ucarp(folder), await keepalived(folder)];
    const subjects = all.filter(({ name }) => name.includes(options.only));
    const count = 2 * Number(options.trials);
    const outcomes = await Promise.all(
      subjects.map(async (subject) => {
        const pause = pausesFrom(Number(options.seed));
        const pauses = Array.from({ length: count }, (_, number) => (number % 2 === 0 ? undefined : pause()));
        const trial = (pair, number) => disturb(pair, pauses[number]);
        const told = (line) => process.stderr.write(`${line}\n`);
        const pairs = Number(options.pairs);
        return [subject.name, await runTrials({ subject, watch, pairs, count, trial, told })];
      }),
    );
    const body = `## Two who answer\n\n${provenance()}\n\n${explanation}\n\n${tableOf(outcomes)}`;
    process.stdout.write(`${body}\n`);
    if (!options["no-write"]) writeSection("lease", body);
  } finally {
    watch.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Kills the master, or pauses it for so many seconds. */
async function disturb(pair, pauseSeconds) {
  const master = await settled(pair);
  const other = otherOf(master);
  await sleep(Math.random() * 1000);
  const { eyes, programs } = pair;
  eyes.begin();
  await sleep(50);
  const since = performance.now();
  let late = 0;
  if (pauseSeconds === undefined) {
    await programs[master].kill();
    await takenOverBy(pair, other);
  } else {
    await programs[master].freeze();
    await sleep(pauseSeconds * 1000);
    const isTakenOver = eyes.last().having === (other === "a" ? 1 : 2) || eyes.last().having === 3;
    const woken = performance.now();
    await programs[master].thaw();
    await settled(pair);
    const after = eyes.advertisements.filter(
      ({ at, host }) => host === master && at > woken && at < woken + 1500,
    );
    if (isTakenOver) late = after.length;
  }
  const { held, answered, longestStepMs } = eyes.end(since);
  eyes.begin();
  if (pauseSeconds === undefined) {
    await pair.lab.resetAddresses(master);
    pair.restart(master);
  }
  return {
    kind: pauseSeconds === undefined ? "killed" : "paused",
    pauseSeconds,
    heldByBothMs: held.bothMs,
    answeredByBothMs: answered.bothMs,
    answeredByNoneMs: answered.longestNoneMs,
    advertisementsAfterWaking: late,
    longestStepMs,
  };
}

function tableOf(outcomes) {
  const head = [
    "",
    "trials",
    "both have it: trials",
    "in total, s",
    "longest, s",
    "both answer: trials",
    "in total, s",
    "longest, s",
    "nobody answers, s: median",
    "longest",
    "advertisements after waking, where the other has taken over",
    "longest look, ms",
    "failed",
  ];
  const rows = outcomes.flatMap(([name, { results, failures }]) =>
    ["killed", "paused"].map((kind) => {
      const of = results.filter((one) => one.kind === kind);
      const both = (what) => {
        const times = of.map((one) => one[what]);
        const total = times.reduce((sum, one) => sum + one, 0);
        return [times.filter((one) => one > 0).length, seconds(total), seconds(Math.max(0, ...times))];
      };
      const none = of.map((one) => one.answeredByNoneMs).sort((one, two) => one - two);
      return [
        `${name}, ${kind}`,
        of.length,
        ...both("heldByBothMs"),
        ...both("answeredByBothMs"),
        seconds(none[none.length >> 1] ?? 0),
        seconds(none.at(-1) ?? 0),
        kind === "killed" ? "–" : of.reduce((sum, one) => sum + one.advertisementsAfterWaking, 0),
        Math.round(Math.max(0, ...of.map((one) => one.longestStepMs))),
        failures,
      ];
    }),
  );
  return table(head, rows);
}

function seconds(milliseconds) {
  return (milliseconds / 1000).toFixed(2);
}

/** Draws pauses in seconds, the same ones for the same seed. */
function pausesFrom(seed) {
  const draw = randomFrom(seed);
  const span = Math.log(Number(options["longest-pause"]) / shortestPause);
  return () => shortestPause * Math.exp(draw() * span);
}
