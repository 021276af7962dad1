import type { Frame } from "./frame.ts";
import type { Happening, Queue } from "./queue.ts";
import type { Random } from "./random.ts";
import { MILLISECOND, SECOND } from "./time.ts";

/** Whoever hears frames. */
export interface Receiver {
  receive(frame: Frame): void;
}

/** Bursts of loss after Gilbert: a link is good or bad, and a bad one loses what is sent over it. */
interface Gilbert {
  readonly toBad: number;
  readonly toGood: number;
}

/** One broadcast domain, with all that can happen to a frame in it. */
export class Wire {
  loss = 0;
  burst: Gilbert | undefined;
  duplicate = 0;
  reorder = 0;
  slow = 0;
  /** Told of every frame whose fault outlasts its moment, with the time when it is over. */
  onLateFrame: (time: number) => void = () => {};
  /** Hears everything that is sent. */
  onFrame: ((frame: Frame) => void) | undefined;
  now = 0;
  private readonly receivers: Receiver[] = [];
  private readonly queue: Queue;
  private readonly delayNs: number;
  private readonly streams: Record<"delay" | "loss" | "burst" | "duplicate" | "reorder" | "slow", Random>;
  private blocked = new Uint8Array();
  private bad = new Uint8Array();
  private readonly clogged = new Map<number, Delivery[]>();
  readonly happened: (what: string) => void;

  constructor(queue: Queue, delayNs: number, streams: Wire["streams"], happened: (what: string) => void) {
    this.queue = queue;
    this.delayNs = delayNs;
    this.streams = streams;
    this.happened = happened;
  }

  attach(receivers: readonly Receiver[]): void {
    this.receivers.push(...receivers);
    this.blocked = new Uint8Array(receivers.length ** 2);
    this.bad = new Uint8Array(receivers.length ** 2);
  }

  /** Cuts the way from one station to another, or mends it. */
  cut(from: number, to: number, isCut: boolean): void {
    this.blocked[from * this.receivers.length + to] = isCut ? 1 : 0;
  }

  /** Mends every cut and forgets every fault; what is under way stays so. */
  heal(): void {
    this.blocked.fill(0);
    this.bad.fill(0);
    this.loss = 0;
    this.burst = undefined;
    this.duplicate = 0;
    this.reorder = 0;
    this.slow = 0;
    for (const station of [...this.clogged.keys()]) this.unclog(station);
  }

  /** Frames to the station wait. */
  clog(station: number): void {
    if (!this.clogged.has(station)) this.clogged.set(station, []);
  }

  /** What has waited arrives, in its order. */
  unclog(station: number): void {
    const waiting = this.clogged.get(station) ?? [];
    this.clogged.delete(station);
    waiting.forEach((delivery, index) => {
      this.queue.put(this.now + index, delivery);
    });
    if (waiting.length > 0) this.onLateFrame(this.now + waiting.length);
  }

  /** Sends to all others. */
  send(sender: number, frame: Frame): void {
    this.onFrame?.(frame);
    for (let target = 0; target < this.receivers.length; target++) {
      if (target !== sender) this.sendTo(sender, target, frame);
    }
  }

  /** An attacker's frame, to all or to one. Nothing befalls it. */
  inject(frame: Frame, target?: number): void {
    const targets = target === undefined ? this.receivers : [this.receivers[target]];
    for (const receiver of targets) this.queue.put(this.now + this.delay(), new Delivery(receiver, frame));
  }

  private sendTo(sender: number, target: number, frame: Frame): void {
    const link = sender * this.receivers.length + target;
    if (this.blocked[link] !== 0) return;
    if (this.loss > 0 && this.streams.loss.chance(this.loss)) {
      this.happened("frame lost");
      return;
    }
    if (this.burst !== undefined && this.isLostInBurst(link, this.burst)) {
      this.happened("frame lost in a burst");
      return;
    }
    const delivery = new Delivery(this.receivers[target], frame);
    const time = this.now + this.delay() + this.extraDelay();
    if (this.clogged.size > 0 && this.clogged.has(target)) {
      const waiting = this.clogged.get(target)!;
      if (waiting.length < 64) waiting.push(delivery);
      this.happened("frame clogged");
      return;
    }
    this.queue.put(time, delivery);
    if (this.duplicate > 0 && this.streams.duplicate.chance(this.duplicate)) {
      const copied = time + this.streams.duplicate.logBetween(1000, 100 * MILLISECOND);
      this.queue.put(copied, delivery);
      this.onLateFrame(copied);
      this.happened("frame duplicated");
    }
  }

  private isLostInBurst(link: number, { toBad, toGood }: Gilbert): boolean {
    this.bad[link] = this.streams.burst.chance(this.bad[link] === 0 ? toBad : 1 - toGood) ? 1 : 0;
    return this.bad[link] === 1;
  }

  private delay(): number {
    return 20_000 + this.streams.delay.below(this.delayNs - 20_000);
  }

  private extraDelay(): number {
    let extra = 0;
    if (this.reorder > 0 && this.streams.reorder.chance(this.reorder)) {
      extra += this.streams.reorder.below(1.5 * SECOND);
      this.happened("frame reordered");
    }
    if (this.slow > 0 && this.streams.slow.chance(this.slow)) {
      extra += this.streams.slow.below(3 * SECOND);
      this.happened("frame delayed");
    }
    if (extra > 0) this.onLateFrame(this.now + this.delayNs + extra);
    return extra;
  }
}

class Delivery implements Happening {
  private readonly receiver: Receiver;
  private readonly frame: Frame;

  constructor(receiver: Receiver, frame: Frame) {
    this.receiver = receiver;
    this.frame = frame;
  }

  happen(): void {
    this.receiver.receive(this.frame);
  }
}
