import { Clock } from "./clock.ts";
import type { Frame } from "./frame.ts";
import { Kernel } from "./kernel.ts";
import type { Member } from "./plan.ts";
import type { Happening } from "./queue.ts";
import { Random } from "./random.ts";
import { NEVER, SECOND } from "./time.ts";
import type { World } from "./world.ts";

export enum Process {
  Running = 0,
  /** SIGSTOP: the kernel goes on. */
  Stopped = 1,
  Dead = 2,
}

/** A machine with a kernel, a clock and one process, which may be stopped, frozen with the machine, or busy. */
export abstract class Machine implements Happening {
  wakeAt = NEVER;
  readonly world: World;
  readonly index: number;
  readonly member: Member;
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** For how long putting addresses in place takes. */
  applyNs = 30_000;
  /** Time in which the process could not run, all in all. */
  blockedNs = 0;
  protected readonly random: Random;
  protected process = Process.Dead;
  protected isFrozen = false;
  /** It waits for the kernel, whose answer is `answer`. */
  protected isBusy = false;
  protected answer: (() => void) | undefined;
  private blockedAt = 0;

  constructor(world: World, index: number, member: Member) {
    this.world = world;
    this.index = index;
    this.member = member;
    this.random = new Random(world.plan.seed, `node ${index}`);
    this.kernel = new Kernel(world, new Random(world.plan.seed, `kernel ${index}`));
    this.clock = new Clock(member.driftPpm, SECOND * this.random.between(1, 1_000_000));
    this.kernel.onNews = () => this.turn();
  }

  get isRunning(): boolean {
    return this.process === Process.Running && !this.isFrozen;
  }

  get isFree(): boolean {
    return this.isRunning && !this.isBusy;
  }

  get localNow(): number {
    return this.clock.read(this.world.now);
  }

  /** The process ends, at once. The machine goes on. */
  abstract kill(): void;

  /** The machine loses power, and its addresses with it. */
  losePower(): void {
    this.kill();
    this.kernel.reset();
    this.isFrozen = false;
  }

  /** SIGSTOP. */
  stop(): void {
    if (this.process !== Process.Running) return;
    this.block();
    this.process = Process.Stopped;
    this.wakeAt = NEVER;
  }

  /** SIGCONT. */
  resume(): void {
    if (this.process !== Process.Stopped) return;
    this.process = Process.Running;
    this.unblock();
    this.goOn();
  }

  /** The whole machine stands still. */
  freeze(): void {
    if (this.isFrozen) return;
    this.block();
    this.isFrozen = true;
    this.kernel.freeze();
    this.wakeAt = NEVER;
  }

  thaw(clockStood: boolean): void {
    if (!this.isFrozen) return;
    this.isFrozen = false;
    const pause = this.kernel.thaw(clockStood);
    this.stoodStill(pause);
    if (clockStood) this.clock.standStill(this.world.now, pause);
    this.unblock();
    if (this.process === Process.Running) this.goOn();
  }

  setLink(up: boolean): void {
    this.kernel.setCarrier(up);
  }

  receive(frame: Frame): void {
    if (this.kernel.accept(frame)) this.turn();
  }

  /** Its timer fires. */
  wake(): void {
    this.wakeAt = NEVER;
    this.turn();
  }

  /** The addresses have been put in place, or not. */
  happen(): void {
    if (this.isRunning) this.goOn();
  }

  private goOn(): void {
    if (this.isBusy) {
      if (this.answer === undefined) return;
      const { answer } = this;
      this.answer = undefined;
      this.isBusy = false;
      this.blockedNs += this.applyNs;
      answer();
      this.settle();
    }
    this.turn();
  }

  /** The process runs, if it can. */
  protected abstract turn(): void;

  /** It does what the core says, and sends what it has to send. */
  protected abstract settle(): void;

  protected abstract stoodStill(pause: number): void;

  private block(): void {
    if (this.isRunning) this.blockedAt = this.world.now;
  }

  private unblock(): void {
    if (!this.isRunning) return;
    this.blockedNs += this.world.now - this.blockedAt;
  }
}
