import { check, libc } from "./libc.ts";
import { allocate, type NativeMemory } from "./memory.ts";

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

/** An eventfd: the thread that polls its descriptor is woken by `signalEvent` from any thread of the process. */
export class WakeEvent {
  readonly descriptor: number;
  readonly #count = allocate(8);
  #closed = false;

  constructor() {
    this.descriptor = check("eventfd", libc().eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  }

  /** Makes the descriptor unreadable again; returns whether there had been a signal. */
  clear(): boolean {
    return libc().read(this.descriptor, this.#count.address, 8) === 8;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc().close(this.descriptor);
  }
}

let one: NativeMemory | undefined;

/** Signals the event behind `descriptor`, from whatever thread. A signal that is already there is no error. */
export function signalEvent(descriptor: number): void {
  if (one === undefined) {
    one = allocate(8);
    one.view.setBigUint64(0, 1n, true);
  }
  libc().write(descriptor, one.address, 8);
}
