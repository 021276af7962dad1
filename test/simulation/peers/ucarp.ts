import type { Frame } from "../frame.ts";
import { NEVER } from "../time.ts";
import { type Heard, Peer } from "./peer.ts";

/** How many frames libpcap holds for a process that does not read. */
const CAPTURE_CAPACITY = 256;

/**
 * ucarp (protocol §6.5): it counts as FreeBSD does, unties equals by source address, sends one more advertisement on
 * stepping down, and looks at its master-down timer only when a read of packets returns, once in an interval.
 */
export class Ucarp extends Peer {
  private isInitial = true;
  private counter = 0n;
  private readonly captured: Frame[] = [];

  override receive(frame: Frame): void {
    if (this.isStopped) {
      if (this.captured.length < CAPTURE_CAPACITY) this.captured.push(frame);
      return;
    }
    super.receive(frame);
    this.expire();
    this.arm();
  }

  override resume(): void {
    super.resume();
    for (const frame of this.captured.splice(0)) super.receive(frame);
  }

  override kill(): void {
    super.kill();
    this.captured.length = 0;
  }

  protected override forget(): void {
    this.isInitial = true;
  }

  protected override nextCounter(): bigint {
    this.counter = this.isInitial ? this.random.bits64() : BigInt.asUintN(64, this.counter + 1n);
    return this.counter;
  }

  protected override handle(heard: Heard): void {
    this.isInitial = false;
    this.counter = heard.counter;
    const isTieLost = heard.rank === this.rank && littleEndian(heard.source) < littleEndian(this.source);
    const isBetter = heard.rank < this.rank || isTieLost;
    if (this.isMaster) {
      if (!isBetter) return;
      this.advertise();
      this.enterBackup();
    } else if (this.state === "BACKUP") {
      const limit = this.rank + 2 * 256 * this.advbase;
      const isSlower = this.preempt && heard.rank > this.rank;
      if (!isBetter && (isSlower || limit < heard.rank)) this.enterMaster();
      else this.restartTimer();
    }
  }

  /** A master's read ends when its advertisement is due, a backup's after an interval. */
  protected override arm(): void {
    super.arm();
    if (this.state !== "BACKUP" || this.wakeAt === NEVER) return;
    this.wakeAt = this.world.now + this.interval;
  }

  private get source(): Uint8Array {
    return Uint8Array.of(10, 0, 0, this.index + 1);
  }
}

/** The address as a little-endian machine sees its bytes. */
function littleEndian(address: Uint8Array): number {
  return (address[0] | (address[1] << 8) | (address[2] << 16) | (address[3] << 24)) >>> 0;
}
