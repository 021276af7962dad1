/**
 * Counters (protocol §4). The 64 bits are opaque to every peer, and none checks their order. Ours are
 *
 *     63                 32 31            16 15             0
 *     | UTC seconds        | 1/65536 s     | tag of this virtual host |
 *
 * They grow with every advertisement, across restarts too, and a peer that counts on from one of them cannot meet
 * another of ours for 65536 steps; so a counter that we have sent ourselves is a reflection, and nothing else is.
 */
import { INSTANCE_SENT_COUNTERS, SENT_COUNTER_CAPACITY } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import { SECOND } from "./constants.ts";

const STEP: u64 = 0x10000;

/** The counter for the next advertisement; it is remembered. */
export function nextCounter(instance: Instance): u64 {
  const all = settings();
  const elapsed = (((all.now / SECOND) as u64) << 32) + (((all.now % SECOND) as u64) << 32) / (SECOND as u64);
  let counter = ((all.counterBase + elapsed) & ~(STEP - 1)) | (instance.counterTag as u64);
  if (counter <= instance.counterSent) counter = instance.counterSent + STEP;
  instance.counterSent = counter;
  store<u64>(ring(instance, instance.sentNext), counter);
  instance.sentNext = ((instance.sentNext + 1) % SENT_COUNTER_CAPACITY) as u16;
  if ((instance.sentCount as i32) < SENT_COUNTER_CAPACITY) instance.sentCount++;
  return counter;
}

/** Whether this virtual host sent the counter itself, as far back as it remembers. */
export function wasSent(instance: Instance, counter: u64): bool {
  if (((counter & (STEP - 1)) as u32) != instance.counterTag) return false;
  for (let i: u16 = 0; i < instance.sentCount; i++) {
    if (load<u64>(ring(instance, i)) == counter) return true;
  }
  return false;
}

function ring(instance: Instance, at: u16): usize {
  return changetype<usize>(instance) + INSTANCE_SENT_COUNTERS + ((at as usize) << 3);
}
