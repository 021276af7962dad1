import type { Frame } from "./frame.ts";
import type { Happening } from "./queue.ts";
import type { Random } from "./random.ts";
import { MILLISECOND, NEVER } from "./time.ts";
import type { World } from "./world.ts";

/** What the kernel tells the process over netlink. */
export type News = "link" | "address taken" | "lease over" | "foreign gone";

export const EEXIST = 17;
export const EBUSY = 16;
export const ENETDOWN = 100;
export const ETIME = 62;
export const ENOBUFS = 105;

/** Frames that the socket holds while nobody reads. */
const SOCKET_CAPACITY = 256;

/** A machine's kernel as far as CARP sees it: one interface, its address table with leases, one packet socket. */
export class Kernel implements Happening {
  /** The virtual addresses are on the interface. */
  present = false;
  /** Somebody else has put one of them there. */
  foreign = false;
  carrier = true;
  /** The errno with which adding an address, or sending, ends. */
  applyErrno = 0;
  sendErrno = 0;
  readonly socket: Frame[] = [];
  readonly news: News[] = [];
  /** Runs the process where it can run. */
  onNews: () => void = () => {};
  onExpiry: () => void = () => {};
  /** Told when the addresses come and go. */
  onPresence: (present: boolean) => void = () => {};
  private expiresAt = NEVER;
  private isWatching = false;
  private frozenAt = NEVER;
  private readonly world: World;
  private readonly random: Random;

  constructor(world: World, random: Random) {
    this.world = world;
    this.random = random;
  }

  /** Puts the addresses in place with a lease, or without one for `NEVER`. */
  add(leaseNs: number): number {
    if (this.applyErrno !== 0) return this.applyErrno;
    if (this.foreign) return EEXIST;
    this.setPresent(true);
    this.renew(leaseNs);
    return 0;
  }

  /** A kernel is late in taking an address whose lease is over (reliability of 2 s leases: 10 to 40 ms). */
  renew(leaseNs: number): void {
    if (!this.present) return;
    this.expiresAt = this.world.now + leaseNs + this.random.between(10 * MILLISECOND, 40 * MILLISECOND);
    if (this.isWatching || leaseNs === NEVER) return;
    this.isWatching = true;
    this.world.queue.put(this.expiresAt, this);
  }

  remove(): void {
    this.setPresent(false);
    this.expiresAt = NEVER;
  }

  /** A new process takes away what another has left, and opens a new socket. */
  clear(): void {
    this.remove();
    this.news.length = 0;
    this.socket.length = 0;
  }

  /** Its lease may be over. */
  happen(): void {
    this.isWatching = false;
    if (!this.present || this.expiresAt === NEVER || this.frozenAt !== NEVER) return;
    if (this.expiresAt > this.world.now) {
      this.isWatching = true;
      this.world.queue.put(this.expiresAt, this);
      return;
    }
    this.onExpiry();
    this.remove();
    this.world.happened("a lease ran out");
    this.tell("lease over");
  }

  /** Somebody deletes the addresses. */
  take(): void {
    if (!this.present) return;
    this.remove();
    this.world.happened("an address was taken");
    this.tell("address taken");
  }

  setForeign(foreign: boolean): void {
    this.foreign = foreign;
    if (!foreign) this.tell("foreign gone");
  }

  setCarrier(carrier: boolean): void {
    if (this.carrier === carrier) return;
    this.carrier = carrier;
    this.tell("link");
  }

  /** A frame arrives; false where it is lost. */
  accept(frame: Frame): boolean {
    if (!this.carrier || this.frozenAt !== NEVER) return false;
    if (this.socket.length >= SOCKET_CAPACITY) {
      this.world.happened("the socket was full");
      return false;
    }
    this.socket.push(frame);
    return true;
  }

  /** The whole machine stands still. */
  freeze(): void {
    this.frozenAt = this.world.now;
  }

  /** It goes on; where its clocks stood still too, so did its leases. Returns how long it stood. */
  thaw(clockStood: boolean): number {
    const pause = this.world.now - this.frozenAt;
    this.frozenAt = NEVER;
    if (clockStood) this.expiresAt += pause;
    if (this.present && this.expiresAt !== NEVER && !this.isWatching) {
      this.isWatching = true;
      this.world.queue.put(Math.max(this.expiresAt, this.world.now), this);
    }
    return pause;
  }

  /** The machine loses power. */
  reset(): void {
    this.remove();
    this.foreign = false;
    this.frozenAt = NEVER;
    this.socket.length = 0;
    this.news.length = 0;
  }

  private setPresent(present: boolean): void {
    if (present === this.present) return;
    this.present = present;
    this.onPresence(present);
  }

  private tell(news: News): void {
    this.news.push(news);
    this.onNews();
  }
}
