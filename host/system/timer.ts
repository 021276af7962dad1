import { check, libc } from "./libc.ts";
import { allocate } from "./memory.ts";

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;

const nanosecondsPerSecond = 1_000_000_000n;
const itimerspecLength = 32;
const valueSecondsOffset = 16;
const valueNanosecondsOffset = 24;

/** A timerfd on the monotonic clock: its descriptor becomes readable when the deadline has come. */
export class DeadlineTimer {
  readonly descriptor: number;
  readonly #setting = allocate(itimerspecLength);
  readonly #expirations = allocate(8);
  #closed = false;

  constructor() {
    const flags = TFD_NONBLOCK | TFD_CLOEXEC;
    this.descriptor = check("timerfd_create", libc().timerfd_create(CLOCK_MONOTONIC, flags));
  }

  /** Arms it for `deadlineNs`, the time of `process.hrtime.bigint()`; one that has passed fires at once. */
  arm(deadlineNs: bigint): void {
    this.#set(deadlineNs > 0n ? deadlineNs : 1n);
  }

  disarm(): void {
    this.#set(0n);
  }

  /** Makes a timer that has fired unreadable again. */
  clear(): void {
    libc().read(this.descriptor, this.#expirations.address, 8);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().close(this.descriptor);
  }

  #set(deadlineNs: bigint): void {
    this.#setting.view.setBigInt64(valueSecondsOffset, deadlineNs / nanosecondsPerSecond, true);
    this.#setting.view.setBigInt64(valueNanosecondsOffset, deadlineNs % nanosecondsPerSecond, true);
    const result = libc().timerfd_settime(this.descriptor, TFD_TIMER_ABSTIME, this.#setting.address, 0n);
    check("timerfd_settime", result);
  }
}
