import * as abi from "../../assembly/abi.ts";
import { bytesOf } from "./addresses.ts";
import { configure, keyBytes, setInterface } from "./configuration.ts";
import { StateFile } from "./disk.ts";
import { copyOf, type Frame, frameOf, Truth } from "./frame.ts";
import { ENETDOWN, ETIME } from "./kernel.ts";
import { Machine, Process } from "./machine.ts";
import type { Cause, CoreEvent, Door } from "./module.ts";
import { Pace } from "./pace.ts";
import type { Member, Plan } from "./plan.ts";
import { MILLISECOND, NEVER, SECOND } from "./time.ts";
import { Watch } from "./watch.ts";
import type { Station, World } from "./world.ts";

/** Everything begins at this UTC. */
const UTC_MS = 1_800_000_000_000;

/**
 * Our node: the real module, and a host around it that does as host/node does. One turn hears netlink, then what is in
 * the socket, then runs what is due; putting addresses in place blocks it.
 */
export class Node extends Machine implements Station {
  readonly stateFile: StateFile;
  readonly watch: Watch;
  readonly door: Door;
  /** The configured skew; a reload changes it. */
  advskew: number;
  /** How far the wall clock is off. */
  wallOffsetNs = 0;
  /** The virtual host is configured and has addresses. */
  isConfigured = false;
  isAllowed = true;
  isReaddressed = false;
  private isResting = false;
  private demotedBy = 0;
  private readonly plan: Plan;
  private startedAt = 0;
  /** Events that wait until the process is not busy any more. */
  private readonly events: CoreEvent[] = [];
  private deadline = NEVER;
  private leaseEnd = NEVER;
  private readonly losses: number[] = [];
  private readonly pace = new Pace();

  constructor(world: World, index: number, member: Member, door: Door) {
    super(world, index, member);
    this.plan = world.plan;
    this.door = door;
    this.advskew = member.advskew;
    this.stateFile = new StateFile();
    this.watch = new Watch(world, this);
    this.kernel.onPresence = (present) => world.ownership.change(world.now, present);
    this.kernel.onExpiry = () => this.watch.leaseEnded();
  }

  get isMaster(): boolean {
    return this.process !== Process.Dead && this.door.state === abi.State.Master;
  }

  get isAlive(): boolean {
    return (
      this.isRunning && this.isConfigured && this.isAllowed && !this.isReaddressed && this.kernel.carrier
    );
  }

  /** Whether strict mode is enforced by now. */
  get isStrict(): boolean {
    return this.isAlive && this.door.memory[abi.INSTANCES_OFFSET + abi.INSTANCE_STRICTNESS] === 1;
  }

  get rank(): number {
    return this.watch.rank;
  }

  /** Whether something should have been done that long ago. */
  isOverdue(time: number): boolean {
    return this.localNow - this.deadline >= time;
  }

  /** Starts the process: it takes away what an earlier one has left, and is BACKUP. */
  start(): void {
    if (this.isResting && !this.isFrozen) this.kill();
    if (this.process !== Process.Dead || this.isFrozen) return;
    this.process = Process.Running;
    this.startedAt = this.world.now;
    this.kernel.clear();
    this.events.length = 0;
    this.losses.length = 0;
    this.isBusy = false;
    const utcMs = UTC_MS + (this.world.now + this.wallOffsetNs) / 1_000_000;
    const counter = this.stateFile.read();
    this.watch.began(utcMs, counter);
    this.door.core.reset(BigInt(this.localNow), utcMs);
    const { core } = this.door;
    if (counter > 0) core.advanceCounters(BigInt(counter));
    core.advance(BigInt(this.localNow));
    configure(core, this.plan);
    this.setInterface();
    const { advskew, plan } = this;
    const entropy = this.random.bits64();
    core.setVirtualHost(0, plan.vhid, { advbase: plan.advbase, advskew, key: keyBytes, entropy });
    this.command("addresses", () => this.setAddresses());
  }

  /** The process ends, at once. The machine goes on. */
  override kill(): void {
    if (this.process === Process.Dead) return;
    this.process = Process.Dead;
    this.wakeAt = NEVER;
    this.isBusy = false;
    this.answer = undefined;
    this.isConfigured = false;
    this.isAllowed = true;
    this.isReaddressed = false;
    this.isResting = false;
    this.demotedBy = 0;
    this.watch.died();
  }

  /** It knows what this process has sent. */
  recognises({ sentAt, serial }: Frame): boolean {
    return sentAt >= this.startedAt && this.watch.advertisements - serial < abi.SENT_COUNTER_CAPACITY;
  }

  /** Leaves politely and stays there, in INIT, until it is started again. */
  rest(): void {
    if (!this.isFree || !this.isConfigured) return;
    this.depart();
    this.isConfigured = false;
    this.isResting = true;
  }

  /** A polite end: a master bows out, then the process ends. */
  leave(): void {
    if (!this.isFree) return;
    this.depart();
    this.stateFile.writeAtEnd(this.watch.lastCounter);
    this.kill();
  }

  private depart(): void {
    this.command("leave", () => this.door.core.leave(0, this.plan.vhid));
    this.watch.checkLeave();
  }

  /** Gives the core a command and does what follows. The process must be free. */
  command(cause: Cause, give: () => void): void {
    this.beginCall(cause);
    this.door.core.advance(BigInt(this.localNow));
    give();
    this.settle();
    this.turn();
  }

  setAddresses(addresses: readonly string[] = this.plan.addresses): void {
    this.isConfigured = addresses.length > 0;
    this.watch.forgetPeers();
    this.door.core.setAddresses(0, this.plan.vhid, addresses.map(bytesOf));
  }

  /** The operator's part of the demotion becomes `value`. */
  demote(value: number): void {
    if (!this.isFree) return;
    const change = value - this.demotedBy;
    this.demotedBy = value;
    if (change !== 0) this.command("demote", () => this.door.core.addDemotion(change));
  }

  allow(isAllowed: boolean): void {
    if (!this.isFree) return;
    this.isAllowed = isAllowed;
    this.command("allow", () => this.door.core.setOption(abi.Option.Allow, isAllowed ? 1 : 0));
  }

  /** Other addresses: what is there of the old ones goes with them. */
  readdress(addresses: readonly string[]): void {
    if (!this.isFree) return;
    this.isReaddressed = addresses !== this.plan.addresses;
    this.command("addresses", () => this.setAddresses(addresses));
  }

  /** Whatever an operator had done is taken back. */
  recover(): void {
    this.world.disturb();
    if (!this.isFree) {
      this.world.after(Math.max(this.applyNs, MILLISECOND), () => this.recover());
      return;
    }
    this.demote(0);
    if (!this.isAllowed) this.allow(true);
    if (this.isReaddressed) this.readdress(this.plan.addresses);
  }

  setSkew(advskew: number): void {
    this.advskew = advskew;
    this.door.core.setVirtualHost(0, this.plan.vhid, { advskew });
  }

  protected override turn(): void {
    if (!this.isFree) return;
    const { socket, news } = this.kernel;
    // Before anything is read: a node that finds its lease over has been frozen.
    if (this.isMaster && this.localNow >= this.leaseEnd) this.leaseOver();
    do {
      while (news.length > 0 && !this.isBusy) this.handleNews();
      if (socket.length > 0 && !this.isBusy) this.handleFrames();
      if (!this.isBusy && this.localNow >= this.deadline) this.handleTimeout();
    } while (!this.isBusy && (news.length > 0 || socket.length > 0));
    if (this.isBusy) this.wakeAt = NEVER;
    else this.arm();
  }

  private arm(): void {
    this.watch.settled();
    const late = this.random.below(this.member.latenessNs);
    // Where there is no deadline it is the largest i64.
    if (this.deadline > 1e18) this.wakeAt = NEVER;
    else {
      // The two clocks round apart: a moment that is not there yet is a nanosecond away at least.
      const soonest = this.world.now + (this.localNow < this.deadline ? 1 : 0);
      this.wakeAt = Math.max(soonest, this.clock.timeOf(this.deadline) + late);
    }
  }

  private handleFrames(): void {
    const { socket } = this.kernel;
    this.beginCall("frames");
    const count = socket.length;
    for (let slot = 0; slot < count; slot++) {
      const { bytes, hash } = socket[slot];
      this.door.write(slot, bytes);
      this.world.fingerprint.add(hash);
    }
    this.watch.beforeFrames(socket);
    this.door.handleFrames(this.localNow, count);
    this.watch.afterFrames(socket);
    socket.length = 0;
    this.settle();
  }

  private handleTimeout(): void {
    this.beginCall("timeout");
    this.door.handleTimeout(this.localNow);
    this.settle();
  }

  private handleNews(): void {
    const news = this.kernel.news.shift();
    if (news === "link") {
      this.beginCall("link");
      this.door.core.advance(BigInt(this.localNow));
      this.setInterface();
      this.settle();
    } else if (news === "lease over") {
      this.leaseOver();
    } else if (news === "address taken") {
      this.putBack();
    }
  }

  /** Puts back what was taken; the third time in a minute it gives up (as host/node does). */
  private putBack(): void {
    if (!this.isMaster || this.kernel.present) return;
    while (this.losses.length > 0 && this.localNow - this.losses[0] >= 60 * SECOND) this.losses.shift();
    this.losses.push(this.localNow);
    if (this.losses.length < 3 && this.kernel.add(this.watch.leaseLeft) === 0) {
      this.world.happened("an address was put back");
      return;
    }
    this.beginCall("apply failed");
    this.door.core.advance(BigInt(this.localNow));
    this.door.core.applyFailed(0, this.plan.vhid);
    this.expectRetry();
    this.settle();
  }

  /** A node that failed to hold its addresses tries again within a minute, and until then it may be no help. */
  private expectRetry(): void {
    const retry = this.door.masterDownDeadline;
    this.world.happened("apply failed");
    if (retry - this.localNow > 61 * SECOND)
      this.world.violate("L1", `node ${this.index} tries again too late`);
    else this.world.disturb(this.clock.timeOf(retry));
  }

  protected override stoodStill(pause: number): void {
    this.watch.stoodStill(pause);
  }

  private setInterface(): void {
    setInterface(this.door.core, this.index, this.kernel.carrier);
  }

  private leaseOver(): void {
    if (!this.isMaster) return;
    this.beginCall("lease over");
    this.door.core.advance(BigInt(this.localNow));
    this.door.core.leaseExpired(0, this.plan.vhid);
    this.settle();
  }

  private beginCall(cause: Cause): void {
    const { fingerprint } = this.world;
    fingerprint.addTime(this.world.now);
    fingerprint.add((this.index << 8) | cause.length);
    this.watch.calling(cause);
    // A kernel that answers each frame of its queue can send a hundred in no time; taking them in is no circle of ours.
    const isAnswer = cause === "frames" && this.plan.members.some(({ kind }) => kind !== "ours");
    if (!isAnswer && this.pace.isTooFast(this.world.now))
      this.world.violate("S10", `node ${this.index}: more than 64 calls in a millisecond`);
  }

  /** Answers events and sends frames until there are no more of either, or until the process has to wait. */
  protected override settle(): void {
    this.door.pollEvents(this.events, this.watch.cause);
    for (;;) {
      while (this.events.length > 0) {
        this.obey(this.events.shift()!);
        if (this.isBusy) return;
      }
      const count = this.door.pollTransmit();
      if (count === 0) break;
      for (let slot = 0; slot < count; slot++) this.transmit(slot);
      this.door.handleSent(this.localNow, count);
      this.door.pollEvents(this.events, this.watch.cause);
    }
    this.deadline = this.door.pollTimeout();
  }

  private obey(event: CoreEvent): void {
    const { fingerprint } = this.world;
    fingerprint.add(event.kind | (event.reason << 8) | (event.from << 16) | (event.to << 24));
    switch (event.kind) {
      case abi.Event.Apply:
        this.apply();
        break;
      case abi.Event.Withdraw:
        this.watch.withdrawn();
        this.kernel.remove();
        break;
      case abi.Event.Renew:
        this.watch.renewing();
        this.kernel.renew(this.watch.leaseNs);
        this.leaseEnd = this.localNow + this.watch.leaseNs;
        break;
      default:
        this.watch.reported(event);
    }
  }

  private apply(): void {
    this.watch.applying();
    // An answer that takes long is taken to be long in coming about.
    const isSlow = this.applyNs > SECOND / 10;
    this.leaseEnd = this.localNow + this.watch.leaseNs;
    let errno = isSlow ? 0 : this.place();
    this.isBusy = true;
    this.answer = () => {
      const { core } = this.door;
      if (isSlow) errno = this.place();
      if (errno === 0 && this.localNow >= this.leaseEnd) errno = this.takeBack();
      core.advance(BigInt(this.localNow));
      this.world.fingerprint.add(errno);
      this.watch.answering(errno);
      if (errno === 0) core.applied(0, this.plan.vhid);
      else core.applyFailed(0, this.plan.vhid);
      if (errno !== 0) this.expectRetry();
      this.door.pollEvents(this.events, this.watch.cause);
    };
    this.world.queue.put(this.world.now + this.applyNs, this);
  }

  /** Their lease was over before all were there. */
  private takeBack(): number {
    this.kernel.remove();
    this.world.happened("the lease was over before the addresses were there");
    return ETIME;
  }

  private place(): number {
    const errno = this.kernel.add(this.watch.leaseNs);
    if (errno === 0) this.watch.placed();
    return errno;
  }

  private transmit(slot: number): void {
    const { transmitSlots } = this.door.core;
    const bytes = copyOf(this.door.memory, transmitSlots.frameOffset(slot), transmitSlots.frameLength(slot));
    const kind = transmitSlots.kind(slot);
    const errno = this.kernel.carrier ? this.kernel.sendErrno : ENETDOWN;
    transmitSlots.setErrno(slot, errno);
    const truth = this.isReaddressed ? Truth.Stray : Truth.Genuine;
    const frame = frameOf(bytes, this.index, truth, this.world.now, this.watch.advertisements);
    this.world.fingerprint.add(frame.hash);
    if (kind > abi.FrameKind.Advertisement6) {
      this.watch.announced();
      this.world.onAnnouncement(this.index);
      return;
    }
    this.watch.advertised(frame, errno);
    this.stateFile.noteCounter(this.watch.lastCounter, this.world.now);
    if (errno === 0) this.world.wire.send(this.index, frame);
  }
}
