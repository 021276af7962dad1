import { internetChecksum } from "../../support/frames.ts";
import { Clock } from "../clock.ts";
import { Composer } from "../composer.ts";
import { advbaseOf, advskewOf, counterOf, demoteOf, type Frame, frameOf, Truth } from "../frame.ts";
import { key, type Member } from "../plan.ts";
import { Random } from "../random.ts";
import { downTimeOf, intervalOf, NEVER, SECOND } from "../time.ts";
import type { Station, World } from "../world.ts";

export type PeerState = "INIT" | "BACKUP" | "MASTER";

/** What an authentic advertisement says. */
export interface Heard {
  readonly rank: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
  readonly counter: bigint;
  readonly source: Uint8Array;
}

/** Frames that have been authenticated already; every peer has the same key. */
const authentic = new WeakMap<Frame, boolean>();

/**
 * Another implementation, as far as the wire can tell (protocol §3 to §6): what they all do. It is written from the
 * specification and shares nothing with the core.
 */
export abstract class Peer implements Station {
  wakeAt = NEVER;
  protected state: PeerState = "INIT";
  protected readonly random: Random;
  protected readonly world: World;
  protected readonly index: number;
  protected readonly advbase: number;
  protected readonly advskew: number;
  protected readonly preempt: boolean;
  protected downAt = NEVER;
  protected advertiseAt = NEVER;
  protected isStopped = false;
  private readonly kind: string;
  private readonly latenessNs: number;
  private readonly clock: Clock;
  private readonly composer: Composer;
  private isOn = false;
  private hasLink = true;

  constructor(world: World, index: number, member: Member) {
    this.world = world;
    this.index = index;
    this.advbase = world.plan.advbase;
    this.advskew = member.advskew;
    this.preempt = world.plan.preempt;
    this.kind = member.kind;
    this.latenessNs = member.latenessNs;
    this.composer = new Composer({ ...world.plan, key, source: `10.0.0.${index + 1}` });
    this.random = new Random(world.plan.seed, `peer ${index}`);
    this.clock = new Clock(member.driftPpm, SECOND * this.random.between(1, 1_000_000));
  }

  get isMaster(): boolean {
    return this.state === "MASTER";
  }

  get isAlive(): boolean {
    return this.isOn && this.hasLink && !this.isStopped;
  }

  readonly isStrict = false;

  get rank(): number {
    return this.advbase * 256 + this.effectiveSkew;
  }

  /** Another implementation does not know its own advertisement when it comes back. */
  recognises(): boolean {
    return false;
  }

  start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.forget();
    if (this.hasLink) this.enterBackup();
  }

  kill(): void {
    this.isOn = false;
    this.enterInit();
  }

  stop(): void {
    this.isStopped = true;
    this.wakeAt = NEVER;
  }

  resume(): void {
    if (!this.isStopped) return;
    this.isStopped = false;
    if (this.isAlive) this.arm();
  }

  setLink(up: boolean): void {
    if (up === this.hasLink) return;
    this.hasLink = up;
    if (!this.isOn) return;
    if (up) this.enterBackup();
    else this.enterInit();
  }

  receive(frame: Frame): void {
    if (!this.isAlive || !this.isValid(frame)) return;
    const { fingerprint } = this.world;
    fingerprint.add(frame.hash);
    const [advbase, advskew] = [advbaseOf(frame), advskewOf(frame)];
    this.handle({
      rank: advbase * 256 + advskew,
      advbase,
      advskew,
      demote: demoteOf(frame),
      counter: counterOf(frame),
      source: frame.bytes.subarray(26, 30),
    });
    this.arm();
  }

  wake(): void {
    this.wakeAt = NEVER;
    this.expire();
    this.arm();
  }

  /** An authentic advertisement. */
  protected abstract handle(heard: Heard): void;

  /** The counter of the next advertisement. */
  protected abstract nextCounter(): bigint;

  /** A new process, or a new kernel, knows nothing. */
  protected abstract forget(): void;

  /** The skew on the wire and in comparisons. */
  protected get effectiveSkew(): number {
    return this.advskew;
  }

  protected get demotion(): number {
    return 0;
  }

  protected get now(): number {
    return this.clock.read(this.world.now);
  }

  protected get interval(): number {
    return Math.max(intervalOf(this.advbase, this.effectiveSkew), SECOND / 256);
  }

  /** What is due. */
  protected expire(): void {
    if (this.now >= this.downAt) {
      this.downAt = NEVER;
      if (this.state === "BACKUP") this.enterMaster();
    }
    if (this.now >= this.advertiseAt) {
      this.advertise();
      this.advertiseAt = this.now + this.interval;
    }
  }

  protected restartTimer(): void {
    this.downAt = this.now + downTimeOf(this.advbase, this.advskew);
  }

  protected enterMaster(): void {
    this.to("MASTER");
    this.downAt = NEVER;
    this.advertise();
    this.advertiseAt = this.now + intervalOf(this.advbase, this.advskew);
    this.arm();
  }

  protected enterBackup(): void {
    this.to("BACKUP");
    this.advertiseAt = NEVER;
    this.restartTimer();
    this.arm();
  }

  protected advertise(): void {
    const bytes = this.composer.compose(this.effectiveSkew, this.demotion, this.nextCounter());
    const frame = frameOf(bytes, this.index, Truth.Genuine, this.world.now);
    this.world.fingerprint.add(frame.hash);
    this.world.wire.send(this.index, frame);
  }

  /** When it looks at its timers next. */
  protected arm(): void {
    const next = Math.min(this.downAt, this.advertiseAt);
    if (next === NEVER || !this.isAlive) this.wakeAt = NEVER;
    else this.wakeAt = Math.max(this.world.now, this.clock.timeOf(next) + this.random.below(this.latenessNs));
  }

  private enterInit(): void {
    this.to("INIT");
    this.downAt = NEVER;
    this.advertiseAt = NEVER;
    this.wakeAt = NEVER;
  }

  private to(state: PeerState): void {
    if (state === this.state) return;
    this.world.note(`peer ${this.index} ${this.state}>${state}`);
    if (this.world.isQuiet && state !== "INIT")
      this.world.violate("S9", `peer ${this.index} ${this.state}>${state}`);
    if (state === "MASTER") this.world.happened(`${this.kind} became master`);
    else if (this.isMaster) this.world.happened(`${this.kind} yielded`);
    this.state = state;
  }

  /** The checks that all of them make; IPv4 alone, since no run with peers has IPv6 addresses. */
  private isValid(frame: Frame): boolean {
    const { bytes } = frame;
    const { vhid } = this.world.plan;
    if (frame.family !== 4 || bytes.length < 70 || bytes[22] !== 255) return false;
    if (internetChecksum(bytes.subarray(14, 34)) !== 0) return false;
    const header = bytes.subarray(34, 70);
    if (internetChecksum(header) !== 0 || header[1] !== vhid || header[0] >> 4 !== 2) return false;
    let isAuthentic = authentic.get(frame);
    if (isAuthentic === undefined) {
      const wanted = this.composer.digest(header.subarray(8, 16));
      isAuthentic = wanted.every((byte, at) => byte === header[16 + at]);
      authentic.set(frame, isAuthentic);
    }
    return isAuthentic;
  }
}
