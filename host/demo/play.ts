import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMs } from "../clock.ts";
import type { PingReport } from "./client.ts";
import { type DemoStep, handbook, handbookSteps, sharedAddresses } from "./scenario.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { columns, type DemoView, secondsOf } from "./table.ts";

/**
 * Plays the handbook's scenario on the stage and sums it up on the screen.
 * Resolves with whether every step ended in its states. Rejects with the signal's reason when aborted.
 */
export async function playHandbook(stage: Stage, screen: Screen, signal: AbortSignal): Promise<boolean> {
  const begun = monotonicMs();
  const results: StepResult[] = [];
  for (const step of handbookSteps) {
    const result = await playStep(stage, screen, signal, step, begun);
    results.push(result);
    if (!result.isReached) break;
  }
  screen.say(["", ...summaryOf(results)]);
  return results.length === handbookSteps.length && results.every(({ isRight }) => isRight);
}

interface StepResult {
  readonly title: string;
  readonly isReached: boolean;
  /** Reached, and without a false MASTER. */
  readonly isRight: boolean;
  readonly seconds: number;
  readonly falseMasters: readonly string[];
  /** Per shared address, undefined where nothing was pinged. */
  readonly pings: readonly (PingReport | undefined)[];
}

const pollMs = 50;
const stepTimeoutMs = 8000;
/** How long the states of a step must stay before the next. */
const holdMs = 1500;

async function playStep(
  stage: Stage,
  screen: Screen,
  signal: AbortSignal,
  step: DemoStep,
  begun: number,
): Promise<StepResult> {
  const marks = sharedAddresses.map((address) => stage.mark(address));
  const stepBegun = monotonicMs();
  const falseMasters = new Set<string>();
  await Promise.all([
    ...step.powerOff.map((host) => stage.powerOff(host)),
    ...step.powerOn.map((host) => stage.powerOn(host)),
  ]);
  let reachedAt: number | undefined;
  for (;;) {
    const view = await look(stage, step, begun);
    screen.show(view);
    for (const host of step.neverMaster) {
      if ([...(view.states.get(host) ?? [])].some(([, state]) => state === "MASTER")) falseMasters.add(host);
    }
    const now = monotonicMs();
    if (isGoal(step, view)) {
      if (reachedAt === undefined && stage.mark(sharedAddresses[0]) === undefined) stage.startPings();
      reachedAt ??= now;
    } else reachedAt = undefined;
    const isHeld = reachedAt !== undefined && now - reachedAt >= holdMs;
    if (isHeld || (reachedAt === undefined && now - stepBegun > stepTimeoutMs)) {
      return {
        title: step.title,
        isReached: isHeld,
        isRight: isHeld && falseMasters.size === 0,
        seconds: ((reachedAt ?? now) - stepBegun) / 1000,
        falseMasters: [...falseMasters],
        pings: sharedAddresses.map((address, index) => stage.pings(address, marks[index])),
      };
    }
    await sleep(pollMs, undefined, { signal });
  }
}

async function look(stage: Stage, step: DemoStep, begun: number): Promise<DemoView> {
  const [answers, ...states] = await Promise.all([
    stage.answers(),
    ...handbook.map(({ name }) => stage.states(name)),
  ]);
  const pings = sharedAddresses.flatMap((address) => {
    const report = stage.pings(address);
    return report === undefined ? [] : [[address, report] as const];
  });
  return {
    seconds: (monotonicMs() - begun) / 1000,
    title: step.title,
    states: new Map(handbook.map(({ name }, index) => [name, states[index]])),
    answers,
    pings: new Map(pings),
  };
}

function isGoal(step: DemoStep, view: DemoView): boolean {
  return [...step.goal].every(([host, wanted]) =>
    [...wanted].every(([vhid, state]) => view.states.get(host)?.get(vhid) === state),
  );
}

function summaryOf(results: readonly StepResult[]): string[] {
  const header = ["STEP", "STATES RIGHT AFTER", ...sharedAddresses.map((address) => `LOST ${address}`)];
  const rows = results.map(({ title, seconds, isReached, pings }) => [
    title,
    isReached ? `${seconds.toFixed(2)} s` : "never",
    ...pings.map(pingsText),
  ]);
  const wrong = results.flatMap(({ isReached, falseMasters, title }) => [
    ...(isReached ? [] : [`${title}: the states did not come out as they should`]),
    ...falseMasters.map((host) => `${title}: ${host} was MASTER without need`),
  ]);
  const verdict = wrong.length === 0 ? [formula] : wrong;
  return [...columns([header, ...rows]), "", ...verdict];
}

const formula =
  "A backup waits three advertisements and its advskew: hostc takes over 3 + 100/256 = 3.39 s after hosta's last one.";

function pingsText(report: PingReport | undefined): string {
  if (report === undefined) return "-";
  const gap = report.lost === 0 ? "" : `, gap ${secondsOf(report.longestGapMs)}`;
  return `${report.lost} of ${report.sent}${gap}`;
}
