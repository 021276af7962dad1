import { CounterClass, Replay, Strictness, Verdict } from "../../assembly/abi.ts";

/**
 * The replay rule once more (reliability §3.2), with lists and maps instead of tables: what becomes of an authentic
 * advertisement because of its counter. One of these stands for one virtual host, whose own interval is one second.
 */

const SECOND = 1_000_000_000n;
const INTERVAL = SECOND;
const MASTER_DOWN = 3n * SECOND;
/** Counters are seconds in 32.32 fixed point. */
const second = 1n << 32n;
const DAY = 86_400n * second;
const HOUR = 3600n * SECOND;

export interface Weighed {
  readonly verdict: Verdict;
  readonly suspect: boolean;
  readonly resynchronized: boolean;
}

export class ReferenceReplay {
  readonly mode: Replay;
  readonly freshnessSeconds: bigint;
  class = CounterClass.Unknown;
  strictness = Strictness.Learning;
  private readonly seen = new Map<bigint, string>();
  /** The last four different ones, the newest first. */
  private recent: bigint[] = [];
  private freshAt = 0n;
  /** When one was accepted last. */
  private heardAt: bigint | undefined;
  private classSince = 0n;
  private highWater = 0n;
  private acceptedAt: bigint | undefined;
  private resynchronizedAt: bigint | undefined;
  private stale: { counter: bigint; at: bigint; count: number } | undefined;

  constructor(mode: Replay, freshnessSeconds: number) {
    this.mode = mode;
    this.freshnessSeconds = BigInt(freshnessSeconds);
  }

  /** `print` is whatever of the advertisement the digest does not cover; `clock` is the counter of this moment. */
  hear(counter: bigint, print: string, now: bigint, clock: bigint): Weighed {
    const answer = this.judge(counter, print, now, clock);
    if (answer.verdict === Verdict.Ok) this.heardAt = now;
    return answer;
  }

  private judge(counter: bigint, print: string, now: bigint, clock: bigint): Weighed {
    if (this.mode === Replay.Off) return weighed(Verdict.Ok);
    const isTimely =
      this.freshnessSeconds === 0n || distance(counter, clock) <= this.freshnessSeconds * second;
    if (this.mode === Replay.Strict && !isTimely) return weighed(Verdict.Stale);
    const known = this.seen.get(counter);
    this.classify(counter, known === undefined, now);
    if (this.mode === Replay.Strict && this.isEnforced(now))
      return this.enforce(counter, print, known !== undefined, now, clock);
    if (known === undefined) {
      this.seen.set(counter, print);
      this.highWater = larger(this.highWater, counter);
      return weighed(Verdict.Ok);
    }
    return weighed(Verdict.Ok, { suspect: known !== print && this.class !== CounterClass.Constant });
  }

  private classify(counter: bigint, isNew: boolean, now: bigint): void {
    let found = this.class;
    if (isNew) {
      this.recent = [counter, ...this.recent].slice(0, 4);
      this.freshAt = now;
      if (this.recent.length === 4) {
        const steps = [0, 1, 2].map((at) => distance(this.recent[at], this.recent[at + 1]));
        const largest = steps.reduce(larger);
        if (largest < 0x10000n) found = CounterClass.Incrementing;
        else found = largest < DAY ? CounterClass.Time : CounterClass.Random;
      }
    } else if (this.heardAt !== undefined && now - this.heardAt < MASTER_DOWN + SECOND / 100n) {
      // All the while, and the only one that was ever heard; or nothing else for an hour.
      const least = this.recent.length === 1 ? MASTER_DOWN + SECOND / 100n : 3600n * SECOND;
      if (now - this.freshAt >= least) found = CounterClass.Constant;
    }
    if (found !== this.class) this.classSince = now;
    this.class = found;
  }

  /** Strict mode is taken up when the class is known, and is a clock's; given up otherwise, for an hour at least. */
  private isEnforced(now: bigint): boolean {
    if (this.strictness === Strictness.Enforcing) return true;
    if (this.class === CounterClass.Unknown) return false;
    const isOrdered = this.class === CounterClass.Time;
    const isReady = isOrdered && now - this.classSince >= HOUR;
    if (isReady || (isOrdered && this.strictness === Strictness.Learning)) {
      this.strictness = Strictness.Enforcing;
      this.highWater = this.recent.reduce(larger);
      return true;
    }
    this.strictness = Strictness.Lenient;
    return false;
  }

  private enforce(counter: bigint, print: string, isKnown: boolean, now: bigint, clock: bigint): Weighed {
    if (isKnown) return weighed(Verdict.Duplicate);
    if (counter > this.highWater - 2n * second && counter <= larger(this.highWater, clock) + DAY) {
      this.accept(counter, print, now);
      this.highWater = larger(this.highWater, counter);
      return weighed(Verdict.Ok);
    }
    const before = this.stale;
    if (before !== undefined && (counter <= before.counter || 10n * (now - before.at) < 9n * INTERVAL))
      return weighed(Verdict.Stale);
    const count = Math.min(5, (before?.count ?? 0) + 1);
    this.stale = { counter, at: now, count };
    if (this.acceptedAt !== undefined && now - this.acceptedAt < 2n * INTERVAL) return weighed(Verdict.Stale);
    const isLongAgo = this.resynchronizedAt === undefined || now - this.resynchronizedAt > 60n * SECOND;
    if (count < 5 || !isLongAgo) return weighed(Verdict.Refreshed);
    this.accept(counter, print, now);
    this.highWater = counter;
    this.resynchronizedAt = now;
    return weighed(Verdict.Ok, { resynchronized: true });
  }

  private accept(counter: bigint, print: string, now: bigint): void {
    this.seen.set(counter, print);
    this.acceptedAt = now;
    this.stale = undefined;
  }
}

function weighed(verdict: Verdict, { suspect = false, resynchronized = false } = {}): Weighed {
  return { verdict, suspect, resynchronized };
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function distance(one: bigint, other: bigint): bigint {
  return one > other ? one - other : other - one;
}
