import { Coverage } from "./coverage.ts";
import { Fingerprint } from "./fingerprint.ts";
import type { Frame } from "./frame.ts";
import { Ownership } from "./ownership.ts";
import type { Plan } from "./plan.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { downTimeOf, intervalOf, MILLISECOND, SECOND } from "./time.ts";
import { Wire } from "./wire.ts";

/** Whoever stands on the wire and claims to own the address, or not. */
export interface Station {
  /** When it wants to run next. */
  wakeAt: number;
  wake(): void;
  receive(frame: Frame): void;
  readonly isMaster: boolean;
  /** The rank of its advertisements, smaller is better; demotion included. */
  readonly rank: number;
  /** Whether it takes part: it runs, and its link is up. */
  readonly isAlive: boolean;
  /** Whether it enforces the strict replay mode now. */
  readonly isStrict: boolean;
  /** Begins, ends at once, is stopped by SIGSTOP or goes on; each does nothing where there is nothing to do. */
  start(): void;
  kill(): void;
  stop(): void;
  resume(): void;
  setLink(up: boolean): void;
  /** Whether it must refuse this advertisement of its own when it comes back. */
  recognises(frame: Frame): boolean;
}

export interface Violation {
  readonly rule: string;
  readonly time: number;
  readonly text: string;
}

/** One run: its time, its wire, its stations, and what is known of it. */
export class World {
  now = 0;
  readonly plan: Plan;
  readonly queue = new Queue();
  readonly fingerprint = new Fingerprint();
  readonly coverage = new Coverage();
  readonly wire: Wire;
  readonly stations: Station[] = [];
  readonly violations: Violation[] = [];
  /** When the last thing happened after which the stations may have to find each other anew. */
  disturbedAt = 0;
  /** How long that may take (reliability B9), with the time to put the address in place. */
  readonly convergenceNs: number;
  steps = 0;
  readonly ownership = new Ownership();
  /** Told of every gratuitous ARP and neighbor advertisement, with its sender. */
  onAnnouncement: (index: number) => void = () => {};
  /** Called for every line of a trace, if somebody wants one. */
  trace: ((line: string) => void) | undefined;

  constructor(plan: Plan) {
    this.plan = plan;
    const stream = (name: string): Random => new Random(plan.seed, `wire ${name}`);
    const streams = {
      delay: stream("delay"),
      loss: stream("loss"),
      burst: stream("burst"),
      duplicate: stream("duplicate"),
      reorder: stream("reorder"),
      slow: stream("slow"),
    };
    this.wire = new Wire(this.queue, plan.delayNs, streams, (what) => this.happened(what));
    this.wire.onLateFrame = (time) => this.disturb(time);
    this.convergenceNs = convergenceOf(plan);
  }

  /** Notes that a kind of thing has happened. */
  happened(what: string): void {
    this.coverage.count(what);
  }

  disturb(until = this.now): void {
    if (until > this.disturbedAt) this.disturbedAt = until;
  }

  /** Whether all must have settled by now. */
  get isQuiet(): boolean {
    return this.now >= this.disturbedAt + this.convergenceNs;
  }

  violate(rule: string, text: string): void {
    this.note(`VIOLATION ${rule}: ${text}`);
    if (this.violations.length < 100) this.violations.push({ rule, time: this.now, text });
  }

  note(line: string): void {
    this.trace?.(`${(this.now / SECOND).toFixed(6)} ${line}`);
  }

  /** Has something happen after a time. */
  after(delayNs: number, act: () => void): void {
    this.queue.put(this.now + Math.max(0, Math.ceil(delayNs)), { happen: act });
  }

  /** Runs what is next; false where nothing is left before `end`. Frames are heard before timers of the same time. */
  step(end: number): boolean {
    let time = this.queue.nextTime;
    let station: Station | undefined;
    for (const one of this.stations) {
      if (one.wakeAt >= time) continue;
      time = one.wakeAt;
      station = one;
    }
    if (time > end) return false;
    this.now = time;
    this.wire.now = time;
    if (station === undefined) this.queue.take().happen();
    else station.wake();
    return true;
  }
}

/**
 * T_conv of B9 for the slowest members, those whose polls are late included. In strict mode, where counters differ by
 * more than the window has room for, as they do after a crash, a peer is followed after five advertisements, and once in
 * a minute.
 */
function convergenceOf({ members, advbase, delayNs, replay }: Plan): number {
  const slowest = Math.max(...members.map(({ advskew }) => advskew));
  const lateness = Math.max(...members.map(({ latenessNs }) => latenessNs));
  const poll = members.some(({ kind }) => kind === "ucarp") ? intervalOf(advbase, 240) + SECOND : 0;
  const jitter = 2 * MILLISECOND;
  const time = downTimeOf(advbase, slowest) + jitter + intervalOf(advbase, 240) + 2 * (delayNs + lateness);
  const following = replay === "strict" ? 60 * SECOND + 6 * intervalOf(advbase, 240) : 0;
  return Math.ceil(time * 1.0004) + 3 * lateness + poll + following;
}
