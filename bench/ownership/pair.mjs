// A pair of one program in a lab of its own, and one watch on it: trial after trial.
import { setTimeout as sleep } from "node:timers/promises";
import { createLab } from "../../build/host/demo/lab.js";
import { pairAndClient } from "../course.mjs";
import { address } from "./subjects.mjs";

const settleMs = 2500;
const patienceMs = 30_000;
const afterMs = 1500;

/** Builds the lab and starts both, `a` first. */
export async function openPair(subject, watch) {
  const lab = await createLab(pairAndClient);
  const eyes = watch.add(lab, address);
  eyes.begin();
  const programs = { a: subject.start(lab, "a") };
  await sleep(1000);
  programs.b = subject.start(lab, "b");
  return {
    subject,
    lab,
    eyes,
    programs,
    restart(name) {
      programs[name] = subject.start(lab, name);
    },
    async close() {
      eyes.close();
      await lab.destroy();
    },
  };
}

/** Waits until one host alone has advertised, had the address and answered for `settleMs`; resolves with its name. */
export async function settled(pair) {
  const { eyes } = pair;
  const deadline = performance.now() + patienceMs;
  let since = performance.now();
  let last = 0;
  for (;;) {
    const { having, answering } = eyes.last();
    const recent = eyes.advertisements.filter(({ at }) => at > performance.now() - settleMs);
    const hosts = new Set(recent.map(({ host }) => host));
    const isOne = having === answering && (having === 1 || having === 2) && hosts.size === 1;
    if (!isOne || having !== last) since = performance.now();
    last = having;
    if (performance.now() - since > settleMs && hosts.has(having === 1 ? "a" : "b"))
      return having === 1 ? "a" : "b";
    if (performance.now() > deadline) throw new Error(`no single master: ${await words(pair)}`);
    await sleep(10);
  }
}

/** Waits until `name` has the address and answers, and then for as long as an overlap might still follow. */
export async function takenOverBy({ eyes, programs }, name) {
  const wanted = name === "a" ? 1 : 2;
  const deadline = performance.now() + patienceMs;
  while ((eyes.last().having & wanted) === 0 || (eyes.last().answering & wanted) === 0) {
    if (performance.now() > deadline)
      throw new Error(`${name} takes over nothing: ${await programs[name].words()}`);
    await sleep(5);
  }
  const at = performance.now();
  await sleep(afterMs);
  return at;
}

export function otherOf(name) {
  return name === "a" ? "b" : "a";
}

async function words({ programs }) {
  return `a: ${await programs.a.words()}\nb: ${await programs.b.words()}`;
}

/** Runs `count` trials on each of several pairs of a subject at the same time; a trial that fails is told and counted. */
export async function runTrials({ subject, watch, pairs, count, trial, told }) {
  const results = [];
  let failures = 0;
  let begun = 0;
  await Promise.all(
    Array.from({ length: Math.min(pairs, count) }, async () => {
      let pair = await openPair(subject, watch);
      try {
        while (begun < count) {
          const number = begun++;
          try {
            const result = await trial(pair, number);
            results.push(result);
            told(`${subject.name} ${number}: ${JSON.stringify(result, round)}`);
          } catch (error) {
            failures++;
            told(`${subject.name} ${number}: ${error.message}`);
            await pair.close();
            pair = await openPair(subject, watch);
          }
        }
      } finally {
        await pair.close();
      }
    }),
  );
  return { results, failures };
}

function round(_, value) {
  return typeof value === "number" ? Math.round(value * 10) / 10 : value;
}
