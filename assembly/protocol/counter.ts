/**
 * Counters that are sent (protocol §4). The 64 bits are opaque to every peer, and none checks their order. Ours are
 *
 *     63                 32 31            16 15             0
 *     | UTC seconds        | 1/65536 s     | tag of this virtual host |
 *
 * They grow with every advertisement, across restarts too, and a peer that counts on from one of them cannot meet
 * another of ours for 65536 steps; so a counter that we have sent ourselves is a reflection, and nothing else is.
 */
import { COUNTERS_SENT, Replay, SENT_COUNTER_CAPACITY, Strictness } from "../abi.ts";
import { countersOf, Instance, peerCountersOf, settings } from "../memory/records.ts";
import { SECOND } from "./constants.ts";

const STEP: u64 = 0x10000;
/** Peers are followed up to here, so that no sum wraps around. */
const LAST_TO_FOLLOW: u64 = 0xffff_0000_0000_0000;
/** A day: clocks that differ by more are none. */
const LARGEST_DIFFERENCE: u64 = 86_400 << 32;

/** What the clock makes of a counter, without the tag: 32.32 fixed point seconds of UTC. */
export function counterClock(): u64 {
  const all = settings();
  const elapsed = (((all.now / SECOND) as u64) << 32) + (((all.now % SECOND) as u64) << 32) / (SECOND as u64);
  return all.counterBase + elapsed;
}

/** No counter is below this one from now on: the clock goes on from there. */
export function advanceCounters(counter: u64): void {
  const all = settings();
  const ahead = counterClock() + all.counterShift;
  if (counter >= ahead && counter < LAST_TO_FOLLOW) all.counterShift += counter - ahead + STEP;
}

/** The counter for the next advertisement; it is remembered. */
export function nextCounter(instance: Instance): u64 {
  const all = settings();
  follow(instance);
  let counter = tagged(instance, counterClock() + all.counterShift + instance.counterShift);
  if (counter <= instance.counterSent) counter = instance.counterSent + STEP;
  if (counter > all.counterLargest) all.counterLargest = counter;
  instance.counterSent = counter;
  store<u64>(sentAt(instance, instance.sentNext), counter);
  instance.sentNext = ((instance.sentNext + 1) % SENT_COUNTER_CAPACITY) as u16;
  if ((instance.sentCount as i32) < SENT_COUNTER_CAPACITY) instance.sentCount++;
  return counter;
}

/** Whether this virtual host sent the counter itself, as far back as it remembers. They ascend, so they are halved. */
export function wasSent(instance: Instance, counter: u64): bool {
  if (((counter & (STEP - 1)) as u32) != instance.counterTag) return false;
  const oldest = (instance.sentNext as u32) - (instance.sentCount as u32) + SENT_COUNTER_CAPACITY;
  let low: u32 = 0;
  let high: u32 = instance.sentCount;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(sentAt(instance, (oldest + middle) % SENT_COUNTER_CAPACITY)) < counter) low = middle + 1;
    else high = middle;
  }
  if (low == (instance.sentCount as u32)) return false;
  return load<u64>(sentAt(instance, (oldest + low) % SENT_COUNTER_CAPACITY)) == counter;
}

/** Forgets what was sent; the counters after it are larger all the same. */
export function forgetSent(instance: Instance): void {
  memory.fill(countersOf(instance) + COUNTERS_SENT, 0, (instance.sentCount as usize) << 3);
  instance.sentCount = 0;
  instance.sentNext = 0;
}

/**
 * In strict mode counters go on from the largest that a peer has sent, so that none is stale there: where it is enforced,
 * and before that where the peer's can be a clock's.
 */
function follow(instance: Instance): void {
  const all = settings();
  if (all.replay != Replay.Strict) return;
  const peers = peerCountersOf(instance);
  const highWater = peers.highWater;
  const ahead = counterClock() + all.counterShift + instance.counterShift;
  if (highWater < ahead || highWater >= LAST_TO_FOLLOW) return;
  if (peers.strictness != Strictness.Enforcing && highWater - ahead > LARGEST_DIFFERENCE) return;
  instance.counterShift += highWater - ahead + STEP;
}

function tagged(instance: Instance, counter: u64): u64 {
  return (counter & ~(STEP - 1)) | (instance.counterTag as u64);
}

function sentAt(instance: Instance, at: u32): usize {
  return countersOf(instance) + COUNTERS_SENT + ((at as usize) << 3);
}
