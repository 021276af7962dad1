import { libc } from "./libc.ts";
import { allocate } from "./memory.ts";

const CLOCK_MONOTONIC = 1;
const CLOCK_BOOTTIME = 7;
const nanosecondsPerSecond = 1_000_000_000n;

/**
 * How long the machine has slept since it was started, in nanoseconds: what CLOCK_BOOTTIME counts and CLOCK_MONOTONIC does
 * not. A delay between the two readings makes it less, never more.
 */
export class SleepClock {
  readonly #time = allocate(16);

  read(): bigint {
    const boot = this.#clock(CLOCK_BOOTTIME);
    return boot - this.#clock(CLOCK_MONOTONIC);
  }

  #clock(clock: number): bigint {
    libc().clock_gettime(clock, this.#time.address);
    const { view } = this.#time;
    return view.getBigInt64(0, true) * nanosecondsPerSecond + view.getBigInt64(8, true);
  }
}
