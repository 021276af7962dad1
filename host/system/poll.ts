import { EINTR } from "./errno.ts";
import { libc, systemError } from "./libc.ts";
import { allocate, type NativeMemory } from "./memory.ts";

const POLLIN = 1;
const pollfdLength = 8;
const eventsOffset = 4;
const reventsOffset = 6;

/** poll(2) over a fixed list of descriptors. A wait allocates nothing and blocks the thread it is called on. */
export class Poller {
  readonly #count: number;
  readonly #table: NativeMemory;

  /** Waits for input on each of `descriptors`; a negative one is never ready. */
  constructor(descriptors: readonly number[]) {
    this.#count = descriptors.length;
    this.#table = allocate(pollfdLength * descriptors.length);
    descriptors.forEach((descriptor, index) => {
      this.#table.view.setInt32(pollfdLength * index, descriptor, true);
      this.#table.view.setInt16(pollfdLength * index + eventsOffset, POLLIN, true);
    });
  }

  /** Waits for at most `timeoutMs` (-1: for ever) and returns how many are ready; a signal ends it with 0. */
  wait(timeoutMs: number): number {
    const ready = libc().poll(this.#table.address, this.#count, timeoutMs);
    if (ready >= 0) return ready;
    const errno = libc().errno();
    if (errno !== EINTR) throw systemError("poll", errno);
    this.#forgetResults();
    return 0;
  }

  /** Whether the descriptor at `index` of the list has input, an error or a hang-up to be read. */
  ready(index: number): boolean {
    return this.#table.view.getInt16(pollfdLength * index + reventsOffset, true) !== 0;
  }

  #forgetResults(): void {
    for (let index = 0; index < this.#count; index++) {
      this.#table.view.setInt16(pollfdLength * index + reventsOffset, 0, true);
    }
  }
}
