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

/** What the clock makes of a counter, without the tag: 32.32 fixed point seconds of UTC. */
export function counterClock(): u64 {
  const all = settings();
  const elapsed = (((all.now / SECOND) as u64) << 32) + (((all.now % SECOND) as u64) << 32) / (SECOND as u64);
  return all.counterBase + elapsed;
}

/** The counter for the next advertisement; it is remembered. Strict peers are not sent one that they would call stale. */
export function nextCounter(instance: Instance): u64 {
  const all = settings();
  let counter = tagged(instance, counterClock());
  if (counter < all.counterFloor) counter = tagged(instance, all.counterFloor) + STEP;
  if (counter <= instance.counterSent) counter = instance.counterSent + STEP;
  const peers = peerCountersOf(instance);
  if (all.replay == Replay.Strict && peers.strictness == Strictness.Enforcing) {
    if (counter <= peers.highWater && peers.highWater < LAST_TO_FOLLOW)
      counter = tagged(instance, peers.highWater) + STEP;
  }
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

function tagged(instance: Instance, counter: u64): u64 {
  return (counter & ~(STEP - 1)) | (instance.counterTag as u64);
}

function sentAt(instance: Instance, at: u32): usize {
  return countersOf(instance) + COUNTERS_SENT + ((at as usize) << 3);
}
