import * as abi from "../../assembly/abi.ts";
import { differenceFromBook, hex } from "./book.ts";
import { Cells } from "./cells.ts";
import { advbaseOf, advskewOf, counterHigh, counterLow, counterOf, type Frame, Truth } from "./frame.ts";
import type { Cause, CoreEvent } from "./module.ts";
import type { Node } from "./node.ts";
import { downTimeOf, intervalOf, MILLISECOND, NEVER, SECOND } from "./time.ts";
import { BOW_OUT, type Decision, isLegal } from "./transitions.ts";
import type { World } from "./world.ts";

/** With these a master bows out. */
const politeReasons = [abi.Reason.UserRequested, abi.Reason.NodeStopped, abi.Reason.AddressNotHeld];

/** Every so many advertisements one is held against a second implementation, byte for byte. */
const COMPARED_EVERY = 251;

/**
 * An independent account of one node, from what goes into it and comes out: the invariants S3 to S8 are checked against
 * it. Times are the node's own clock unless they are said to be the world's.
 */
export class Watch {
  state: abi.State = abi.State.Init;
  demotion = 0;
  lastCounter = 0;
  /** Its master-down timer cannot run out before this. */
  notBefore = NEVER;
  cause: Cause = "addresses";
  /** The cause before the host's answers to it. */
  private trigger: Cause = "addresses";
  ranks: number[] = [];
  readonly cells = new Cells();
  readonly world: World;
  readonly node: Node;
  private decision: Decision | undefined;
  private isPromoting = false;
  private advertisedAt = Number.NEGATIVE_INFINITY;
  private advertisedInterval = 0;
  private blockedThen = 0;
  private wasStrict = false;
  private readonly accepted = new Map<bigint, number>();
  private lastFamily = 0;
  private mayAdvertise = true;
  private mayBowOut = false;
  private mayTakeLeave = false;
  private owesBowOut = false;
  private owesAnnouncement = false;
  /** It has stepped down and may say so once, also when it is MASTER again by then. */
  private owesFarewell = false;
  private countersMayFall = true;
  /** How many it has sent. */
  advertisements = 0;
  /** Of the world: the last moment that gave the address a reason to be there. */
  private liveAt = 0;
  private renewedAt = 0;
  /** Until then only its timer may make it MASTER. */
  private holdUntil = 0;
  private bowedOutAt = Number.NEGATIVE_INFINITY;
  private before: number[] = [];

  constructor(world: World, node: Node) {
    this.world = world;
    this.node = node;
  }

  /** How long the kernel keeps an address that is not renewed. */
  get leaseNs(): number {
    return this.world.plan.lease ? 2 * this.world.plan.advbase * SECOND : NEVER;
  }

  /** What is left of the lease of an address that somebody has taken. */
  get leaseLeft(): number {
    return Math.max(0, this.leaseNs - (this.world.now - this.renewedAt));
  }

  get effectiveSkew(): number {
    return Math.min(240, Math.max(0, this.node.advskew + this.demotion));
  }

  get rank(): number {
    return this.world.plan.advbase * 256 + this.effectiveSkew;
  }

  get timeOutRank(): number {
    return 3 * this.world.plan.advbase * 256 + this.effectiveSkew;
  }

  /** A new process: its counters may only fall behind where neither its clock nor its file can tell. */
  began(utcMs: number, fileCounter: number): void {
    this.state = abi.State.Init;
    this.demotion = 0;
    this.isPromoting = false;
    this.notBefore = NEVER;
    this.mayAdvertise = true;
    this.holdUntil = 0;
    this.forgetPeers();
    this.bowedOutAt = Number.NEGATIVE_INFINITY;
    const clockCounter = (utcMs / 1000) * 0x1_0000_0000;
    this.countersMayFall = clockCounter <= this.lastCounter && fileCounter < this.lastCounter;
    this.owesFarewell = false;
    if (this.countersMayFall && this.lastCounter > 0) this.world.happened("counters could not be known");
  }

  died(): void {
    this.state = abi.State.Init;
    this.owesBowOut = false;
    this.owesAnnouncement = false;
    this.isPromoting = false;
  }

  calling(cause: Cause): void {
    this.cause = cause;
    this.mayBowOut = false;
    if (cause !== "applied" && cause !== "apply failed") {
      this.mayTakeLeave = false;
      this.trigger = cause;
      if (this.ranks.length > 0) this.ranks = [];
    }
    if (cause !== "frames" && cause !== "timeout") this.world.happened(`${abi.State[this.state]} × ${cause}`);
    if (cause === "allow" || cause === "link" || cause === "addresses") this.mayAdvertise = true;
  }

  beforeFrames(frames: readonly Frame[]): void {
    this.wasStrict = this.node.isStrict;
    if (this.before.length > 0) this.before = [];
    for (const { truth } of frames) {
      if (truth === Truth.Genuine || this.isLate) continue;
      this.before = this.node.door.record();
      return;
    }
  }

  /** Whether it may start over, whatever it is called for. */
  private get isLate(): boolean {
    return this.node.isOverdue(SECOND / 4);
  }

  /** Verdicts, and what they may lead to. */
  afterFrames(frames: readonly Frame[]): void {
    const now = this.node.localNow;
    let accepted = 0;
    for (let slot = 0; slot < frames.length; slot++) {
      const frame = frames[slot];
      const verdict = this.node.door.verdict(slot);
      this.checkVerdict(frame, verdict);
      this.cells.noteVerdict(this.state, verdict);
      if (verdict === abi.Verdict.Refreshed) {
        accepted++;
        this.notBefore = now + downTimeOf(this.world.plan.advbase, this.node.advskew);
      }
      if (verdict !== abi.Verdict.Ok) continue;
      if (this.world.plan.replay === "strict") this.checkOnce(frame);
      accepted++;
      const rank = advbaseOf(frame) * 256 + advskewOf(frame);
      this.ranks.push(rank);
      this.cells.noteRank(this.state, rank, this);
      if (this.state !== abi.State.Backup) continue;
      // One that makes it take over may find it waiting for another try; then its timer runs out when that is due.
      const downTime = downTimeOf(this.world.plan.advbase, this.node.advskew);
      this.notBefore = this.wouldPromote(rank) ? now : now + downTime;
    }
    if (accepted === 0 && this.before.length > 0) this.checkUnchanged();
  }

  /** A strict node accepts no counter twice. */
  private checkOnce(frame: Frame): void {
    const counter = counterOf(frame);
    const acceptedAt = this.accepted.get(counter);
    if (this.wasStrict && acceptedAt !== undefined && this.node.localNow - acceptedAt < 600 * SECOND)
      this.fail("S8", `counter ${counter.toString(16)} is accepted twice in strict mode`);
    this.accepted.set(counter, this.node.localNow);
  }

  /** What was heard under another key or for other addresses is forgotten. */
  forgetPeers(): void {
    this.accepted.clear();
  }

  wouldPromote(rank: number): boolean {
    return (this.world.plan.preempt && this.rank < rank) || this.timeOutRank < rank;
  }

  /** The core asks for the addresses. */
  applying(): void {
    this.isPromoting = true;
    this.decision = {
      cause: this.trigger,
      at: this.node.localNow,
      ownRank: this.rank,
      heardRanks: [...this.ranks],
      notBefore: this.notBefore,
      holdUntil: this.holdUntil,
      bowedOutAt: this.bowedOutAt,
    };
  }

  /** The addresses are in place, with a new lease. */
  placed(): void {
    this.liveAt = this.world.now;
    this.renewedAt = this.world.now;
  }

  answering(errno: number): void {
    this.calling(errno === 0 ? "applied" : "apply failed");
    this.isPromoting = false;
  }

  withdrawn(): void {
    this.isPromoting = false;
  }

  /** Transitions and demotions. */
  reported(event: CoreEvent): void {
    if (event.kind === abi.Event.Demotion) {
      this.demotion = event.total;
      this.mayAdvertise = true;
      this.world.disturb();
      this.world.happened(`demotion ${abi.DemotionReason[event.reason]}`);
      this.world.note(`node ${this.node.index} demotion ${event.total} ${abi.DemotionReason[event.reason]}`);
    } else if (event.kind === abi.Event.Transition) {
      this.moved(event);
    } else {
      this.world.happened(`notice ${abi.Notice[event.reason]}`);
    }
  }

  private moved({ from, to, reason, cause }: CoreEvent): void {
    const words = `${abi.State[from]}>${abi.State[to]} ${abi.Reason[reason]}`;
    this.world.happened(words);
    this.world.note(`node ${this.node.index} ${words}`);
    if (from !== this.state) this.fail("S4", `${words}, but it was ${abi.State[this.state]}`);
    const illegal = isLegal(this, words, cause, this.decision);
    if (illegal !== undefined) this.fail("S4", `${words}: ${illegal}`);
    if (this.world.isQuiet) this.fail("S9", `${words} while it is quiet`);
    this.state = to;
    this.mayAdvertise = true;
    this.owesAnnouncement = to === abi.State.Master;
    this.owesBowOut = from === abi.State.Master && politeReasons.includes(reason);
    if (from === abi.State.Master) {
      this.mayBowOut = politeReasons.includes(reason);
      this.mayTakeLeave = reason === abi.Reason.MoreFrequentAdvertisement;
      if (this.mayTakeLeave) this.owesFarewell = true;
    }
    if (to === abi.State.Master) this.noteBowOut();
    if (to !== abi.State.Backup) return;
    if (from === abi.State.Init && (cause === "link" || cause === "allow"))
      this.holdUntil = this.node.localNow + 3 * this.world.plan.advbase * SECOND;
    this.notBefore = this.node.localNow + downTimeOf(this.world.plan.advbase, this.node.advskew);
  }

  private noteBowOut(): void {
    const { decision } = this;
    if (decision === undefined || decision.heardRanks.length === 0) return;
    if (decision.heardRanks.every((rank) => rank === BOW_OUT)) this.bowedOutAt = decision.at;
  }

  announced(): void {
    this.owesAnnouncement = false;
    this.world.happened("announcement");
    if (this.world.now > this.world.disturbedAt + this.world.convergenceNs + 1.3 * SECOND)
      this.fail("S9", "an announcement while it is quiet");
  }

  /** An advertisement has been composed; `errno` is how sending it ended. */
  advertised(frame: Frame, errno: number): void {
    this.checkFields(frame);
    const counter = counterHigh(frame) * 0x1_0000_0000 + counterLow(frame);
    if (counter <= this.lastCounter && !this.countersMayFall)
      this.fail("S7", `counter ${counter.toString(16)} after ${this.lastCounter.toString(16)}`);
    this.lastCounter = counter;
    this.countersMayFall = false;
    if (this.advertisements++ % COMPARED_EVERY === 0 && frame.truth === Truth.Genuine) {
      const difference = differenceFromBook(frame, this.world.plan);
      if (difference !== undefined) this.fail("S8", difference);
      this.world.happened("advertisement compared");
    }
    if (errno === 0) this.liveAt = this.world.now;
    else this.world.happened(`send error ${errno}`);
    const isSecond = frame.family === 6 && this.lastFamily === 4 && this.advertisedAt === this.node.localNow;
    this.lastFamily = frame.family;
    if (!isSecond) this.checkPace();
  }

  /** The advertisement that a node which sleeps too long must not send any more (H14); its D has a random part below 2 ms. */
  isTooLate(allowance = 0): boolean {
    const late = this.node.localNow - this.advertisedAt - this.advertisedInterval;
    const downTime = downTimeOf(this.world.plan.advbase, this.node.advskew);
    return late >= Math.max(downTime / 2, SECOND / 4) + allowance;
  }

  /** S6: not late, and not early without a reason. */
  private checkPace(): void {
    const now = this.node.localNow;
    const gap = now - this.advertisedAt;
    const interval = this.advertisedInterval;
    const isEarly = !this.mayAdvertise && gap < interval / 2;
    if (isEarly && !this.owesFarewell) this.fail("S6", `two advertisements in ${gap} ns`);
    if (isEarly || this.state !== abi.State.Master) this.owesFarewell = false;
    const blocked = this.node.blockedNs - this.blockedThen;
    const latest = interval + (blocked + this.node.member.latenessNs) * 1.001 + MILLISECOND;
    if (!this.mayAdvertise && gap > latest)
      this.fail("S6", `${gap} ns between two advertisements, not ${interval}`);
    if (!this.mayAdvertise && gap > interval + 3 * MILLISECOND && this.isTooLate(MILLISECOND))
      this.fail("H14", `it advertises ${gap} ns after the last time and not stepped down`);
    this.mayAdvertise = false;
    this.advertisedAt = now;
    this.blockedThen = this.node.blockedNs;
    this.advertisedInterval = intervalOf(this.world.plan.advbase, this.effectiveSkew);
  }

  private checkFields(frame: Frame): void {
    const [base, skew] = [advbaseOf(frame), advskewOf(frame)];
    if (base === 255 && skew === 255) {
      this.world.happened("bow-out");
      this.owesBowOut = false;
      if (!this.mayBowOut) this.fail("S6", "a bow-out of a node that does not leave");
      this.mayAdvertise = true;
      return;
    }
    if (base !== this.world.plan.advbase || skew !== this.effectiveSkew)
      this.fail("S6", `it advertises ${base}/${skew}, not ${this.world.plan.advbase}/${this.effectiveSkew}`);
    if (this.state !== abi.State.Master && !this.mayTakeLeave)
      this.fail("S6", `it advertises in ${abi.State[this.state]} (${this.cause})`);
  }

  /** The core has the lease renewed. */
  renewing(): void {
    this.renewedAt = this.world.now;
    if (this.state !== abi.State.Master) this.fail("S3", `its lease is renewed in ${abi.State[this.state]}`);
  }

  /** Nobody answered for the address while the machine stood still. */
  stoodStill(pause: number): void {
    this.liveAt += pause;
  }

  /** The kernel takes the address, since nobody renewed its lease. */
  leaseEnded(): void {
    this.checkLease("stays");
  }

  private checkLease(what: string): void {
    if (this.leaseNs === NEVER) return;
    const age = this.world.now - this.liveAt;
    const longest = intervalOf(this.world.plan.advbase, 240) / 2 + this.leaseNs + SECOND / 2;
    if (age > longest * 1.0002) this.fail("S3", `the address ${what} ${age} ns after the last advertisement`);
  }

  /** S2, whenever the process is about to sleep. */
  settled(): void {
    if (this.node.isMaster !== (this.state === abi.State.Master))
      this.fail("S4", `the core is ${abi.State[this.node.door.state]} without having said so`);
    if (this.state === abi.State.Master) {
      if (!this.node.kernel.present) this.fail("S2", "MASTER without the address");
    } else if (this.node.kernel.present && !this.isPromoting) {
      this.fail("S2", `${abi.State[this.state]} with the address`);
    }
    if (this.owesAnnouncement) this.fail("B3", "it is MASTER and has announced nothing");
    this.checkLeave();
    if (!this.node.kernel.carrier && this.state !== abi.State.Init)
      this.fail("H10", `${abi.State[this.state]} without a link`);
  }

  /** B3: whoever leaves tells the others. */
  checkLeave(): void {
    if (this.owesBowOut) this.fail("B3", "it has left without a bow-out");
  }

  private checkVerdict(frame: Frame, verdict: abi.Verdict): void {
    if (frame.truth === Truth.Forged) {
      if (verdict === abi.Verdict.Ok) this.fail("S8", `a forged frame is accepted: ${hex(frame.bytes)}`);
    } else if (frame.sender === this.node.index) {
      if (verdict === abi.Verdict.Ok && this.node.recognises(frame))
        this.fail("S8", "a reflection is accepted");
    } else if (frame.truth === Truth.Genuine && this.world.plan.replay !== "strict") {
      if (verdict !== abi.Verdict.Ok && this.node.isAlive && this.state !== abi.State.Init)
        this.fail("S8", `a genuine advertisement is refused: ${abi.Verdict[verdict]} ${hex(frame.bytes)}`);
    }
  }

  /** S8: what no frame was accepted for has not changed. */
  private checkUnchanged(): void {
    const after = this.node.door.record();
    if (this.before.some((value, index) => value !== after[index]))
      this.fail("S8", `refused frames changed ${this.before} to ${after}`);
  }

  private fail(rule: string, text: string): void {
    this.world.violate(rule, `node ${this.node.index}: ${text}`);
  }
}
