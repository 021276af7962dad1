/** Who has something to send. The frames themselves are composed when the host asks for them. */
import { INSTANCE_CAPACITY, OUTBOX_OFFSET } from "../abi.ts";
import { Instance, indexOf, instanceAt, settings } from "../memory/records.ts";

/** What waits to be sent, as bits of `instance.pending`, in the order of sending. */
export enum Pending {
  BowOut = 1,
  Advertisement = 2,
  Announcement = 4,
  /** One more advertisement of a master that has stepped down, so that the winner knows of it. */
  Farewell = 8,
}

/** One place more than instances, a power of two. */
const RING_SIZE: u32 = 4096;

export function post(instance: Instance, what: Pending): void {
  instance.pending |= what as u8;
  if (instance.queued) return;
  const all = settings();
  instance.queued = 1;
  store<u16>(place(all.outboxHead + all.outboxCount++), indexOf(instance) as u16);
}

/** Takes back what must not be sent any more. */
export function retract(instance: Instance, what: u8): void {
  instance.pending &= ~what;
}

export function isEmpty(): bool {
  return settings().outboxCount == 0;
}

/** The instance that has waited longest; there is one. */
export function first(): Instance {
  return instanceAt(load<u16>(place(settings().outboxHead)));
}

/** Drops the first from the queue. */
export function removeFirst(): void {
  const all = settings();
  first().queued = 0;
  all.outboxHead = (all.outboxHead + 1) & (RING_SIZE - 1);
  all.outboxCount--;
}

function place(position: u32): usize {
  return (OUTBOX_OFFSET as usize) + (((position & (RING_SIZE - 1)) as usize) << 1);
}

if (RING_SIZE <= (INSTANCE_CAPACITY as u32)) ERROR("the outbox is too small");
