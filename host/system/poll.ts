import { EINTR } from "./errno.ts";
import { libc, systemError } from "./libc.ts";
import { allocate, type NativeMemory } from "./memory.ts";

const POLLIN = 1;
const pollfdLength = 8;
const eventsOffset = 4;
const reventsOffset = 6;
const nanosecondsPerMillisecond = 1e6;
const millisecondsPerSecond = 1000;

/** poll(2) over a fixed list of descriptors. A wait allocates nothing and blocks the thread it is called on. */
export class Poller {
  readonly #count: number;
  readonly #table: NativeMemory;
  readonly #timeout = allocate(16);

  /** Waits for input on each of `descriptors`; a negative one is never ready. */
  constructor(descriptors: readonly number[]) {
    this.#count = descriptors.length;
    this.#table = allocate(pollfdLength * descriptors.length);
    descriptors.forEach((descriptor, index) => {
      this.#table.view.setInt32(pollfdLength * index, descriptor, true);
      this.#table.view.setInt16(pollfdLength * index + eventsOffset, POLLIN, true);
    });
  }

  /**
   * Waits for at most `timeoutMs` (fractions count, -1: for ever) and returns how many are ready; a signal ends it
   * with 0. With `count` only the first descriptors of the list are looked at, and `ready` knows no others.
   */
  wait(timeoutMs: number, count = this.#count): number {
    const timeout = timeoutMs < 0 ? 0n : this.#timespec(timeoutMs);
    const ready = libc().ppoll(this.#table.address, count, timeout, 0n);
    if (ready >= 0) return ready;
    const errno = libc().errno();
    if (errno !== EINTR) throw systemError("ppoll", errno);
    this.#forgetResults();
    return 0;
  }

  /** Whether the descriptor at `index` of the list has input, an error or a hang-up to be read. */
  ready(index: number): boolean {
    return this.#table.view.getInt16(pollfdLength * index + reventsOffset, true) !== 0;
  }

  #timespec(timeoutMs: number): bigint {
    const seconds = Math.floor(timeoutMs / millisecondsPerSecond);
    const rest = (timeoutMs - seconds * millisecondsPerSecond) * nanosecondsPerMillisecond;
    // The halves of each long: neither needs a BigInt, and both are small.
    this.#timeout.view.setUint32(0, seconds, true);
    this.#timeout.view.setUint32(8, rest, true);
    return this.#timeout.address;
  }

  #forgetResults(): void {
    for (let index = 0; index < this.#count; index++) {
      this.#table.view.setInt16(pollfdLength * index + reventsOffset, 0, true);
    }
  }
}
