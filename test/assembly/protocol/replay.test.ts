import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, SECOND } from "../../support/driver.ts";
import type { Advertisement } from "../../support/frames.ts";
import { patternedNumbers } from "../../support/patterned.ts";

const { CounterClass, Replay, Strictness, Verdict } = abi;
const FIXED_SECOND = 1n << 32n;
const DAY = 86_400n * FIXED_SECOND;

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
  driver.addIn(abi.State.Backup, { advskew: 100 });
});

const setMode = (mode: abi.Replay) => driver.core.setOption(abi.Option.Replay, mode);

/** What this node's own kind of counter is at this time, for a peer whose clock is `aheadSeconds` ahead. */
function clock(aheadSeconds = 0n, tag = 0x4242n): bigint {
  const utcNs = 1_700_000_000_000_000_000n + (driver.now - 1000n * SECOND);
  return ((((utcNs << 32n) / SECOND) & ~0xffffn) | tag) + aheadSeconds * FIXED_SECOND;
}

/** A second later, an advertisement with that counter. */
function next(counter: bigint | (() => bigint), fields: Partial<Advertisement> = {}): abi.Verdict {
  driver.runUntil(driver.now + SECOND);
  return driver.hear({ counter: typeof counter === "function" ? counter() : counter, ...fields });
}

/** Strict, with four counters of a peer like this node heard. */
function enforce(): void {
  setMode(Replay.Strict);
  for (let round = 0; round < 4; round++) expect(next(clock)).toBe(Verdict.Ok);
  expect(driver.instance().strictness).toBe(Strictness.Enforcing);
  driver.takeEvents();
}

const notices = () =>
  driver.takeEvents().flatMap((event) => (event.kind === "notice" ? [abi.Notice[event.notice]] : []));

describe("the class of the peers' counters (protocol §4)", () => {
  const random = patternedNumbers(9);
  const randomCounter = () => (BigInt(random()) << 33n) ^ BigInt(random());

  test.each<[string, (round: bigint) => bigint, abi.CounterClass]>([
    ["one more each time: FreeBSD, NetBSD and ucarp", (round) => 77_000n + round, CounterClass.Incrementing],
    [
      "two nodes that adopt each other's, up and down",
      (round) => 500n + round - (round % 2n) * 4n,
      CounterClass.Incrementing,
    ],
    ["a new one each time: FreeBSD, NetBSD and ucarp alone", randomCounter, CounterClass.Random],
    ["a clock's", () => clock(), CounterClass.Time],
    ["two clocks' that differ by 3 s", (round) => clock((round % 2n) * 3n, round % 2n), CounterClass.Time],
  ])("%s", (_name, counter, expected) => {
    for (let round = 1n; round <= 6n; round++) next(() => counter(round));
    expect(CounterClass[driver.instance().counterClass]).toBe(CounterClass[expected]);
  });

  test("the same for a master-down time: OpenBSD", () => {
    for (let round = 0; round < 3; round++) next(5n);
    expect(driver.instance().counterClass).toBe(CounterClass.Unknown);
    for (let round = 0; round < 2; round++) next(5n);
    expect(driver.instance().counterClass).toBe(CounterClass.Constant);
  });

  test("a replay in between says nothing", () => {
    const first = clock();
    for (let round = 0; round < 8; round++) {
      next(clock);
      for (let copy = 0; copy < 20; copy++) driver.hear({ counter: first });
    }
    expect(driver.instance().counterClass).toBe(CounterClass.Time);
  });

  test("steps of 65535 are counting, of 65536 a clock's", () => {
    for (let round = 1n; round <= 4n; round++) next(round * 0xffffn);
    expect(driver.instance().counterClass).toBe(CounterClass.Incrementing);
    for (let round = 1n; round <= 4n; round++) next((1n << 40n) + round * 0x10000n);
    expect(driver.instance().counterClass).toBe(CounterClass.Time);
  });

  test("steps of a day are random, of less a clock's", () => {
    for (let round = 1n; round <= 4n; round++) next(round * DAY - round);
    expect(driver.instance().counterClass).toBe(CounterClass.Time);
    for (let round = 1n; round <= 4n; round++) next((1n << 62n) + round * DAY);
    expect(driver.instance().counterClass).toBe(CounterClass.Random);
  });
});

describe("off", () => {
  test("nothing is looked at", () => {
    setMode(Replay.Off);
    for (let round = 0; round < 8; round++) expect(next(5n, { advskew: round })).toBe(Verdict.Ok);
    const { counterClass, statistics } = driver.instance();
    expect([counterClass, statistics.replaysuspects]).toEqual([CounterClass.Unknown, 0]);
    expect(notices()).toEqual([]);
  });
});

describe("log", () => {
  test("is the default, and drops nothing", () => {
    expect(driver.core.option(abi.Option.Replay)).toBe(Replay.Log);
    for (let round = 0; round < 8; round++) expect(next(5n)).toBe(Verdict.Ok);
    expect(notices()).toEqual([]);
  });

  test.each<[string, Partial<Advertisement>]>([
    ["another skew", { advskew: 3 }],
    ["another base", { advbase: 2 }],
    ["another source", { source: "192.168.1.9" }],
  ])(
    "a counter heard again with %s is suspected, counted and told once in thirty seconds",
    (_name, fields) => {
      next(clock);
      const recorded = clock();
      next(clock);
      for (let copy = 0; copy < 5; copy++) {
        expect(driver.hear({ counter: recorded })).toBe(Verdict.Ok);
        expect(driver.instance().statistics.replaysuspects).toBe(copy);
        expect(driver.hear({ counter: recorded, ...fields })).toBe(Verdict.Ok);
      }
      expect(driver.instance().statistics.replaysuspects).toBe(5);
      expect(notices()).toEqual(["ReplaySuspected"]);
      for (let seconds = 0; seconds < 30; seconds++) next(clock);
      driver.hear({ counter: recorded, ...fields });
      expect(notices()).toEqual(["ReplaySuspected"]);
    },
  );

  test("OpenBSD's constant counter with another skew is not suspected", () => {
    for (let round = 0; round < 6; round++) next(5n);
    next(5n, { advskew: 7 });
    expect(driver.instance().statistics.replaysuspects).toBe(0);
  });
});

describe("strict", () => {
  test("what was heard before is dropped, changed or not, and moves no timer", () => {
    enforce();
    const recorded = clock();
    next(clock);
    const deadline = driver.instance().masterDownDeadlineNs;
    driver.now += SECOND / 10n;
    expect(driver.hear({ counter: recorded })).toBe(Verdict.Duplicate);
    expect(driver.hear({ counter: recorded, advbase: 255, advskew: 255 })).toBe(Verdict.Duplicate);
    expect(driver.instance().masterDownDeadlineNs).toBe(deadline);
    expect(driver.instance().statistics.duplicates).toBe(2);
    expect(driver.takeEvents()).toEqual([]);
  });

  test("the window begins two seconds below the largest counter", () => {
    enforce();
    next(() => clock(0n, 0x777n));
    const largest = clock(0n, 0x777n);
    expect(driver.hear({ counter: largest - 2n * FIXED_SECOND })).toBe(Verdict.Stale);
    expect(driver.hear({ counter: largest - 2n * FIXED_SECOND + 1n })).toBe(Verdict.Ok);
  });

  test("and stays there when one below the largest is accepted", () => {
    enforce();
    next(() => clock(0n, 0x777n));
    const largest = clock(0n, 0x777n);
    expect(driver.hear({ counter: largest - FIXED_SECOND })).toBe(Verdict.Ok);
    expect(driver.hear({ counter: largest - 2n * FIXED_SECOND })).toBe(Verdict.Stale);
  });

  test("it ends a day after the largest counter", () => {
    enforce();
    next(() => clock(100n));
    const largest = clock(100n);
    expect(driver.hear({ counter: largest + DAY + 1n })).toBe(Verdict.Stale);
    expect(driver.hear({ counter: largest + DAY })).toBe(Verdict.Ok);
  });

  test("or a day after the clock, whichever is later", () => {
    enforce();
    driver.setLink(0);
    driver.now += 7200n * SECOND;
    driver.setLink(abi.InterfaceFlag.Up | abi.InterfaceFlag.Carrier);
    expect(driver.hear({ counter: clock() + DAY - FIXED_SECOND })).toBe(Verdict.Ok);
  });

  test("while a peer inside the window is heard, stale ones do nothing at all", () => {
    enforce();
    for (let round = 0; round < 20; round++) {
      expect(next(clock)).toBe(Verdict.Ok);
      expect(driver.hear({ counter: 5n + BigInt(round) })).toBe(Verdict.Stale);
    }
    expect(driver.instance().statistics).toMatchObject({
      stale: 20,
      resyncs: 0,
      refreshes: 0,
      replaysuspects: 0,
    });
    expect(driver.takeEvents()).toEqual([]);
  });

  test("alone, a peer whose clock fell back keeps a BACKUP waiting, and the fifth of it is followed", () => {
    enforce();
    driver.takeEvents();
    const verdicts: string[] = [];
    for (let round = 0; round < 7; round++) verdicts.push(Verdict[next(() => clock(-3600n))]);
    expect(verdicts).toEqual(["Stale", "Refreshed", "Refreshed", "Refreshed", "Ok", "Ok", "Ok"]);
    expect(driver.instance().state).toBe(abi.State.Backup);
    expect(driver.instance().statistics).toMatchObject({ resyncs: 1, refreshes: 3, stale: 1 });
    expect(notices()).toEqual(["Resynchronized"]);
  });

  test("it is followed again after a minute at the earliest", () => {
    enforce();
    for (let round = 0; round < 5; round++) next(() => clock(-3600n));
    const verdicts: abi.Verdict[] = [];
    for (let round = 0; round < 70; round++) verdicts.push(next(() => clock(-7200n)));
    expect(verdicts.indexOf(Verdict.Ok)).toBe(60);
    expect(driver.instance().state).toBe(abi.State.Backup);
  });

  test.each<[string, () => bigint]>([
    ["the same counter", () => 5n],
    ["falling ones", () => 10_000_000_000_000n - driver.now],
  ])("%s is not followed, and keeps nobody waiting for long", (_name, counter) => {
    enforce();
    for (let round = 0; round < 8; round++) next(counter);
    expect(driver.instance().state).toBe(abi.State.Master);
    expect(driver.instance().statistics.resyncs).toBe(0);
  });

  test("ascending ones that come quicker than advertisements do are not followed", () => {
    enforce();
    driver.runUntil(driver.now + 2n * SECOND + SECOND / 2n);
    for (let copy = 0; copy < 40; copy++) {
      driver.now += SECOND / 100n;
      driver.hear({ counter: 5n + BigInt(copy) });
    }
    expect(driver.instance().statistics).toMatchObject({ refreshes: 1, resyncs: 0, stale: 39 });
  });

  test("a MASTER is not moved by what only keeps a BACKUP waiting", () => {
    enforce();
    driver.runUntil(driver.now + 4n * SECOND);
    expect(driver.instance().state).toBe(abi.State.Master);
    driver.takeEvents();
    for (let round = 0; round < 4; round++) expect(next(() => clock(90_000n))).toBe(Verdict.Refreshed);
    expect(driver.instance().state).toBe(abi.State.Master);
    expect(driver.instance().masterDownDeadlineNs).toBe(0x7fff_ffff_ffff_ffffn);
    expect(driver.takeEvents()).toEqual([]);
  });

  test.each<[string, (round: bigint) => bigint]>([
    ["FreeBSD's", (round) => 77_000n + round],
    ["OpenBSD's", () => 5n],
  ])("beside %s counters it is as log, and says so once", (_name, counter) => {
    setMode(Replay.Strict);
    for (let round = 1n; round <= 12n; round++) expect(next(counter(round))).toBe(Verdict.Ok);
    expect(driver.instance().strictness).toBe(Strictness.Lenient);
    expect(notices()).toEqual(["IncompatiblePeer"]);
  });

  test("after an hour of clocks alone it is taken up again", () => {
    setMode(Replay.Strict);
    for (let round = 1n; round <= 4n; round++) next(77_000n + round);
    for (let seconds = 0; seconds < 3590; seconds++) next(clock);
    expect(driver.instance().strictness).toBe(Strictness.Lenient);
    for (let seconds = 0; seconds < 20; seconds++) next(clock);
    expect(driver.instance().strictness).toBe(Strictness.Enforcing);
  });

  test("another mode and back learns anew", () => {
    enforce();
    setMode(Replay.Log);
    next(clock);
    expect(driver.instance().strictness).toBe(Strictness.Learning);
  });

  test("another pass phrase, or other addresses, begin anew", () => {
    for (const change of [
      () => driver.core.setVirtualHost(0, 1, { key: new Uint8Array(Buffer.from("testpass")) }),
      () => driver.core.setAddresses(0, 1, [Uint8Array.of(192, 168, 1, 50), Uint8Array.of(192, 168, 1, 51)]),
    ]) {
      next(clock);
      driver.do(change);
      expect(driver.instance()).toMatchObject({ counterClass: CounterClass.Unknown, strictness: 0 });
      driver.do(() => driver.core.setAddresses(0, 1, [Uint8Array.of(192, 168, 1, 50)]));
    }
  });

  test("with freshness a counter may differ from the clock by so many seconds", () => {
    enforce();
    driver.core.setOption(abi.Option.Freshness, 5);
    expect(next(() => clock(5n, 0n))).toBe(Verdict.Ok);
    expect(next(() => clock(6n))).toBe(Verdict.Stale);
    for (let round = 0; round < 4; round++) next(() => clock(-6n));
    expect(driver.instance().statistics.refreshes).toBe(0);
    expect(driver.instance().state).toBe(abi.State.Master);
  });

  test("that hour is an hour, from the counter that was sent last", () => {
    enforce();
    driver.runUntil(driver.now + 7200n * SECOND);
    const frame = driver.takeFrames().findLast(({ kind }) => kind === abi.FrameKind.Advertisement4)!;
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    const hour = 3600n * FIXED_SECOND;
    expect(driver.hear({ counter: sent - hour })).toBe(Verdict.Stale);
    expect(driver.hear({ counter: sent - hour + 1n })).toBe(Verdict.Ok);
  });

  test("before strict mode is enforced what is sent follows a peer that is ahead", () => {
    setMode(Replay.Strict);
    next(() => clock(1000n));
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent > clock(1000n) && sent < clock(1001n)).toBe(true);
  });

  test("where strict mode is switched off, what is sent does not follow a peer that is ahead", () => {
    enforce();
    next(() => clock(1000n));
    setMode(Replay.Log);
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent < clock(1n)).toBe(true);
  });

  test("freshness is for strict mode alone", () => {
    for (const mode of [Replay.Off, Replay.Log]) {
      setMode(mode);
      driver.core.setOption(abi.Option.Freshness, 5);
      expect(next(() => clock(-3600n))).toBe(Verdict.Ok);
    }
  });

  test("with freshness not even the first is believed that is too old", () => {
    setMode(Replay.Strict);
    driver.core.setOption(abi.Option.Freshness, 5);
    const old = clock(-6n);
    for (let round = 0; round < 6; round++) expect(next(old)).toBe(Verdict.Stale);
    expect(driver.instance().counterClass).toBe(CounterClass.Unknown);
    driver.hear({ counter: clock() });
    expect(driver.instance().state).toBe(abi.State.Backup);
  });

  test("a MASTER does not follow a recording of another day, however well it is ordered", () => {
    enforce();
    driver.runUntil(driver.now + 5n * SECOND);
    driver.takeEvents();
    for (let round = 0; round < 200; round++) expect(next(() => clock(-86_400n))).toBe(Verdict.Stale);
    expect(driver.instance()).toMatchObject({ state: abi.State.Master, statistics: { resyncs: 0 } });
    expect(driver.takeEvents()).toEqual([]);
  });

  test("one that has heard nobody for long believes nothing that is an hour older than what it sent", () => {
    enforce();
    driver.runUntil(driver.now + 7200n * SECOND);
    expect(driver.hear({ counter: clock(-3601n) })).toBe(Verdict.Stale);
    expect(driver.hear({ counter: clock(-3590n) })).toBe(Verdict.Ok);
  });

  test("what is sent follows a peer whose clock is ahead, so that it is not stale there", () => {
    enforce();
    next(() => clock(1000n));
    driver.runUntil(driver.now + 4n * SECOND);
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent > clock(990n) && sent < clock(1001n)).toBe(true);
  });

  test("nor is it the very counter that a peer has sent", () => {
    enforce();
    const same = clock(0n, 0x1235n);
    expect(driver.hear({ counter: same })).toBe(Verdict.Ok);
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent).toBe(same + 0x10000n);
  });

  test("a peer whose clock begins with 1970 has a window too", () => {
    setMode(Replay.Strict);
    for (let round = 1n; round <= 4n; round++) next(round * 0x20000n);
    expect(driver.instance().strictness).toBe(Strictness.Enforcing);
    expect(next(0xa0000n)).toBe(Verdict.Ok);
    expect(next(0x90000n)).toBe(Verdict.Ok);
  });

  test("stale ones count nine tenths of the shortest interval apart, and not nearer", () => {
    enforce();
    driver.runUntil(driver.now + 2n * SECOND);
    expect(driver.hear({ counter: 5n })).toBe(Verdict.Refreshed);
    driver.now += 900_000_000n - 1n;
    expect(driver.hear({ counter: 6n })).toBe(Verdict.Stale);
    driver.now += 1n;
    expect(driver.hear({ counter: 7n })).toBe(Verdict.Refreshed);
  });

  test("where nobody was inside the window yet, nobody is taken to be live, on a machine that has just started too", () => {
    driver.now = 0n;
    driver.core.reset(0n, 1_699_999_000_000);
    driver.setLink(abi.InterfaceFlag.Up | abi.InterfaceFlag.Carrier);
    driver.addIn(abi.State.Backup, { advbase: 10 });
    setMode(Replay.Strict);
    const verdicts: abi.Verdict[] = [];
    for (let round = 0; round < 4; round++) {
      driver.runUntil(driver.now + SECOND);
      verdicts.push(driver.hear({ advbase: 10, counter: clock(round === 0 ? 1000n : 0n) }));
    }
    expect(verdicts).toEqual([Verdict.Ok, Verdict.Ok, Verdict.Ok, Verdict.Refreshed]);
  });

  test("nor is one that waits for its addresses", () => {
    enforce();
    driver.appliesAtOnce = false;
    driver.runUntil(driver.instance().masterDownDeadlineNs);
    driver.takeEvents();
    expect(next(() => clock(90_000n))).toBe(Verdict.Refreshed);
    expect(driver.instance()).toMatchObject({
      promoting: true,
      masterDownDeadlineNs: 0x7fff_ffff_ffff_ffffn,
    });
    expect(driver.takeEvents()).toEqual([]);
  });

  test.each([0, 1, 2])(
    "the window begins at the largest of the first four, when it was number %i",
    (ahead) => {
      setMode(Replay.Strict);
      const verdicts: abi.Verdict[] = [];
      for (let round = 0; round < 4; round++) verdicts.push(next(() => clock(round === ahead ? 1000n : 0n)));
      expect(verdicts).toEqual([Verdict.Ok, Verdict.Ok, Verdict.Ok, Verdict.Refreshed]);
      expect(next(() => clock(1000n))).toBe(Verdict.Ok);
    },
  );

  test("it does not follow to where sums would wrap around", () => {
    const last = 0xffff_0000_0000_0000n;
    setMode(Replay.Strict);
    for (let round = 3n; round >= 0n; round--) next(last - round * 0x20000n);
    expect(driver.instance().strictness).toBe(Strictness.Enforcing);
    driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent < clock(1n)).toBe(true);
  });

  test.each<[number, number, bigint]>([
    [1, 100, SECOND],
    [2, 0, 2n * SECOND],
    [0, 100, 390_625_000n],
  ])(
    "of %i/%i: for two of the shortest intervals a peer inside the window counts as live",
    (base, skew, least) => {
      driver.core.setVirtualHost(0, 1, { advbase: base, advskew: skew });
      enforce();
      driver.hear({ counter: clock(), advbase: base, advskew: 0 });
      const heardAt = driver.now;
      driver.now = heardAt + 2n * least - 1n;
      expect(driver.hear({ counter: 5n })).toBe(Verdict.Stale);
      driver.now = heardAt + 2n * least + least;
      expect(driver.hear({ counter: 6n })).toBe(Verdict.Refreshed);
    },
  );

  test.each<[number, number, bigint]>([
    [1, 100, SECOND],
    [0, 100, 390_625_000n],
  ])("of %i/%i: it is over when two have passed", (base, skew, least) => {
    driver.core.setVirtualHost(0, 1, { advbase: base, advskew: skew });
    enforce();
    driver.hear({ counter: clock(), advbase: base, advskew: 0 });
    driver.now += 2n * least;
    expect(driver.hear({ counter: 5n })).toBe(Verdict.Refreshed);
  });

  test("it does not follow where that cannot be enforced", () => {
    setMode(Replay.Strict);
    for (let round = 1n; round <= 4n; round++) next(0xffff_ffff_ffff_0000n + round);
    driver.runUntil(driver.now + 4n * SECOND);
    const [frame] = driver.takeFrames();
    const sent = new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getBigUint64(42);
    expect(sent < clock(1n)).toBe(true);
  });
});
