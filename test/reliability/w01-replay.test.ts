import { beforeEach, describe, expect, test } from "vitest";
import { FrameKind, Option, Replay, State, Verdict } from "../../assembly/abi.ts";
import { acquaint, clockCounter, timedFrame } from "../support/attacker.ts";
import { Driver, SECOND } from "../support/driver.ts";

/**
 * W1: somebody records an advertisement and sends it again as it was. The kernels take it, and ucarp does; strict mode
 * does not.
 */
const milliseconds = 1_000_000n;
const ages = [1n, 10n, 100n, 1000n, 10_000n, 60_000n, 600_000n, 3_600_000n].map((one) => one * milliseconds);
const replaysAtEachAge = 12_500;
const batch = 500;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

describe.each([Replay.Off, Replay.Log, Replay.Strict])("W1, mode %i", (mode) => {
  beforeEach(() => driver.core.setOption(Option.Replay, mode));

  test("a hundred thousand replays, 1 ms to an hour old, beside a living master: a backup stays one", () => {
    driver.addIn(State.Backup, { advskew: 100 });
    const recorded = acquaint(driver, 5)[4];
    const [recordedAt, begun] = [driver.now, driver.instance().statistics];
    const accepted = ages.flatMap((age) => {
      hearMasterUntil(recordedAt + age);
      return replay(recorded, replaysAtEachAge).filter((verdict) => verdict === Verdict.Ok);
    });
    expect(accepted).toHaveLength(mode === Replay.Strict ? 0 : ages.length * replaysAtEachAge);
    expect(driver.instance().transitions).toBe(1);
    expect(driver.takeFrames()).toEqual([]);
    const { duplicates, stale, replaysuspects } = driver.instance().statistics;
    const dropped = mode === Replay.Strict ? ages.length * replaysAtEachAge : 0;
    expect(duplicates + stale - begun.duplicates - begun.stale).toBe(dropped);
    expect(replaysuspects).toBe(0);
    expect(driver.takeEvents().filter(({ kind }) => kind === "notice")).toEqual([]);
  });

  test("replays touch the timer of a backup in no mode but off and log", () => {
    driver.addIn(State.Backup, { advskew: 100 });
    const recorded = acquaint(driver, 5)[2];
    driver.runUntil(driver.now + SECOND / 2n);
    const { masterDownDeadlineNs } = driver.instance();
    replay(recorded, batch);
    const moved = driver.instance().masterDownDeadlineNs > masterDownDeadlineNs;
    expect(moved).toBe(mode !== Replay.Strict);
  });

  test("when the master has died, a recording keeps a backup waiting, in strict mode it does not", () => {
    driver.addIn(State.Backup, { advskew: 100 });
    const recorded = acquaint(driver, 5)[4];
    const died = driver.now;
    for (let tick = 0; tick < 100; tick++) {
      driver.runUntil(driver.now + 100n * milliseconds);
      driver.receive(recorded);
    }
    const { state, sinceNs } = driver.instance();
    expect(State[state]).toBe(mode === Replay.Strict ? "Master" : "Backup");
    if (mode === Replay.Strict) expect(sinceNs - died).toBeLessThan((34n * SECOND) / 10n);
  });

  test("a master that hears an hour of a slower one's recordings stays master", () => {
    driver.addIn(State.Backup, { advskew: 0 });
    const recorded = acquaint(driver, 6, { advskew: 200 });
    driver.do(() => driver.core.setState(0, 1, State.Master));
    driver.takeFrames();
    const { transitions } = driver.instance();
    const verdicts = Array.from({ length: 3600 }, (_, second) => {
      driver.runUntil(driver.now + SECOND);
      return driver.receive(recorded[second % recorded.length])[0];
    });
    expect(driver.instance().transitions).toBe(transitions);
    expect(verdicts.some((verdict) => verdict === Verdict.Ok)).toBe(mode !== Replay.Strict);
    const announcements = driver.takeFrames().filter(({ kind }) => kind === FrameKind.ArpRequest);
    expect(announcements.length).toBeLessThanOrEqual(3600 + 8);
  });
});

describe("W1, strict", () => {
  beforeEach(() => driver.core.setOption(Option.Replay, Replay.Strict));

  test("an ordered recording of a day moves a master neither at once nor in an hour", () => {
    driver.addIn(State.Backup, { advskew: 100 });
    acquaint(driver, 6, { advskew: 200 });
    driver.do(() => driver.core.setState(0, 1, State.Master));
    driver.runUntil(driver.now + 10n * SECOND);
    const { transitions } = driver.instance();
    const verdicts = Array.from({ length: 3600 }, (_, second) => {
      driver.runUntil(driver.now + SECOND);
      const counter = clockCounter(driver.now, 0x5a5a, -86_400n * SECOND * 10n + BigInt(second));
      return driver.hear({ advskew: 0, counter });
    });
    expect(verdicts.filter((verdict) => verdict === Verdict.Ok)).toEqual([]);
    expect(driver.instance()).toMatchObject({ state: State.Master, transitions });
    expect(driver.instance().statistics.resyncs).toBe(0);
  });

  test("a peer whose clock is ten seconds slow is followed, so that nothing true is lost for long", () => {
    driver.addIn(State.Backup, { advskew: 100 });
    acquaint(driver, 6);
    const verdicts = Array.from({ length: 20 }, () => {
      driver.runUntil(driver.now + SECOND);
      return driver.receive(
        timedFrame(driver, { counter: clockCounter(driver.now, 0x77, -10n * SECOND) }),
      )[0];
    });
    expect(driver.instance()).toMatchObject({ state: State.Backup, transitions: 1 });
    expect(verdicts.slice(-5)).toEqual(new Array(5).fill(Verdict.Ok));
  });
});

/** The living master advertises each second until then, at whole seconds of its own. */
function hearMasterUntil(timeNs: bigint): void {
  while (driver.now + SECOND <= timeNs) {
    driver.runUntil(driver.now + SECOND);
    driver.receive(timedFrame(driver));
  }
  driver.runUntil(timeNs);
}

function replay(frame: Uint8Array, count: number): Verdict[] {
  const frames = new Array<Uint8Array>(batch).fill(frame);
  return Array.from({ length: count / batch }, () => driver.receive(...frames)).flat();
}
