import { describe, expect, test } from "vitest";
import { Notice, Option, Replay, State, Verdict } from "../../assembly/abi.ts";
import type { CoreEvent } from "../../host/core/records.ts";
import { acquaint, clockCounter, type Rewriting, rewritten, timedFrame } from "../support/attacker.ts";
import { Driver, SECOND } from "../support/driver.ts";
import { addressBytes } from "../support/frames.ts";

/**
 * W2: a recorded advertisement with interval, demotion or source rewritten and its checksums mended, for which nobody
 * needs the key. It takes the address away from every kernel's master and from ucarp's, as long as it is repeated.
 */
const rewritings: readonly (readonly [string, Rewriting])[] = [
  ["advskew 0", { advskew: 0 }],
  ["advbase 0", { advbase: 0, advskew: 0 }],
  ["advbase 255", { advbase: 255 }],
  ["the demotion", { demote: 255, advskew: 0 }],
  ["the source", { source: addressBytes("192.168.1.99") }],
  ["source and advskew", { source: addressBytes("192.168.1.99"), advskew: 0 }],
];
const tenMinutes = 600;
const perSecond = 100;

describe.each(rewritings)("W2, %s rewritten", (_name, rewriting) => {
  test.each([State.Master, State.Backup])(
    "strict: ten minutes at 100/s change nothing in state %i",
    (state) => {
      const { driver, attack } = underAttack(Replay.Strict, state);
      const { transitions, statistics } = driver.instance();
      const verdicts = attack(rewriting, tenMinutes);
      expect(verdicts.filter((verdict) => verdict === Verdict.Ok)).toEqual([]);
      expect(driver.instance()).toMatchObject({ state, transitions });
      const { duplicates, stale } = driver.instance().statistics;
      expect(duplicates + stale - statistics.duplicates - statistics.stale).toBe(tenMinutes * perSecond);
    },
  );

  test.each([State.Master, State.Backup])(
    "log: every one is counted as a suspect in state %i, and people are told at most every ten seconds",
    (state) => {
      const { driver, attack } = underAttack(Replay.Log, state);
      attack(rewriting, 60);
      expect(driver.instance().statistics.replaysuspects).toBe(60 * perSecond);
      const notices = driver.takeEvents().filter(({ kind }) => kind === "notice");
      expect(notices.length).toBeGreaterThanOrEqual(1);
      expect(notices.filter(isSuspicion).length).toBeLessThanOrEqual(7);
    },
  );
});

test.each([Replay.Off, Replay.Log])(
  "W2, mode %i: as on every CARP, a master that does not preempt goes for it, and comes back when it ends",
  (mode) => {
    const { driver, attack } = underAttack(mode, State.Master);
    attack({ advskew: 0, advbase: 0 }, 10);
    expect(driver.instance().state).toBe(State.Backup);
    driver.runUntil(driver.now + 4n * SECOND);
    expect(driver.instance().state).toBe(State.Master);
  },
);

describe("W2, strict, a master that has just started and has heard nobody", () => {
  const old = 60n * SECOND;

  test("the limit: it knows no counters yet, so it takes a recording for a peer, as in log mode", () => {
    const { driver } = newcomer();
    const recorded = timedFrame(driver, { counter: clockCounter(driver.now - old) });
    expect(driver.receive(rewritten(recorded, { advskew: 0 }))).toEqual([Verdict.Ok]);
    expect(driver.instance().state).toBe(State.Backup);
  });

  test("with freshness, what is older than that is nothing to it, from the first on", () => {
    const { driver } = newcomer(5);
    const recorded = timedFrame(driver, { counter: clockCounter(driver.now - old) });
    for (let tick = 0; tick < 6000; tick++) {
      driver.runUntil(driver.now + SECOND / 100n);
      expect(driver.receive(rewritten(recorded, { advskew: 0 }))).toEqual([Verdict.Stale]);
    }
    expect(driver.instance()).toMatchObject({ state: State.Master, transitions: 2 });
  });

  test("with freshness, an old one that is repeated does not make it lenient towards a new one", () => {
    const { driver } = newcomer(5);
    const recorded = timedFrame(driver, { counter: clockCounter(driver.now, 0x77, -2n * 86_400n * SECOND) });
    for (let tick = 0; tick < 600; tick++) {
      driver.runUntil(driver.now + SECOND / 100n);
      driver.receive(recorded);
    }
    const heard = acquaint(driver, 6, { advskew: 200 });
    const verdicts = heard.slice(-2).map((frame) => driver.receive(rewritten(frame, { advskew: 0 }))[0]);
    expect(verdicts).toEqual([Verdict.Duplicate, Verdict.Duplicate]);
    expect(driver.instance().state).toBe(State.Master);
  });

  function newcomer(freshness = 0) {
    const driver = new Driver();
    driver.core.setOption(Option.Replay, Replay.Strict);
    driver.core.setOption(Option.Freshness, freshness);
    driver.addIn(State.Master, { advskew: 100 });
    return { driver };
  }
});

function isSuspicion(event: CoreEvent): boolean {
  return event.kind === "notice" && event.notice === Notice.ReplaySuspected;
}

/**
 * A node that knows its peer: as MASTER it has heard the slower one before, as BACKUP it goes on hearing the better one.
 * The attacker has one advertisement of that peer.
 */
function underAttack(mode: Replay, state: State) {
  const driver = new Driver();
  driver.core.setOption(Option.Replay, mode);
  driver.addIn(State.Backup, { advskew: 100 });
  const advskew = state === State.Master ? 200 : 30;
  const recorded = acquaint(driver, 6, { advskew })[5];
  if (state === State.Master) driver.do(() => driver.core.setState(0, 1, State.Master));
  driver.runUntil(driver.now + 10n * SECOND * (state === State.Master ? 1n : 0n));
  driver.takeEvents();
  const attack = (rewriting: Rewriting, seconds: number): Verdict[] => {
    const forged = rewritten(recorded, rewriting);
    const batch = new Array<Uint8Array>(perSecond / 4).fill(forged);
    return Array.from({ length: seconds * 4 }, (_, quarter) => {
      driver.runUntil(driver.now + SECOND / 4n);
      if (state === State.Backup && quarter % 4 === 2) driver.receive(timedFrame(driver, { advskew }));
      return driver.receive(...batch);
    }).flat();
  };
  return { driver, attack };
}
