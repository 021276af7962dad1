/**
 * The last 4096 counters that the peers of a virtual host have used. A set-associative table: 512 sets of eight, and a
 * set forgets its oldest, so that looking one up costs a cache line.
 *
 *     63                                16 15             1  0
 *     | the counter, mixed               | print          | 1 |      one entry; 0 is an empty place
 *
 * The low nine bits of the mixed counter choose the set; two counters are taken for one once in 2^57. The print tells
 * whether the rest of the advertisement was the same.
 */
import { COUNTERS_SEEN, SEEN_COUNTER_CAPACITY } from "../abi.ts";
import { countersOf, Instance, peerCountersOf } from "../memory/records.ts";

/** What `recall` answers of a counter that is not in the table. */
export const UNSEEN: u32 = 0;

const WAYS: usize = 8;
const SETS: u64 = 512;
const PRINT_BITS: u64 = 0xffff;

/** The print under which the counter was remembered, an odd number, or UNSEEN. */
export function recall(instance: Instance, counter: u64): u32 {
  const mixed = mix(counter);
  const set = setOf(instance, mixed);
  for (let way: usize = 0; way < WAYS; way++) {
    const entry = load<u64>(set + (way << 3));
    if (entry != 0 && ((entry ^ mixed) & ~PRINT_BITS) == 0) return (entry & PRINT_BITS) as u32;
  }
  return UNSEEN;
}

/** Remembers a counter that is not in the table, with the print of its advertisement. */
export function remember(instance: Instance, counter: u64, print: u32): void {
  const mixed = mix(counter);
  const set = setOf(instance, mixed);
  memory.copy(set + 8, set, (WAYS - 1) << 3);
  store<u64>(set, (mixed & ~PRINT_BITS) | ((print & 0xffff) as u64) | 1);
  peerCountersOf(instance).hasSeen = 1;
}

/** Empties the table. */
export function forgetSeen(instance: Instance): void {
  if (!peerCountersOf(instance).hasSeen) return;
  memory.fill(countersOf(instance) + COUNTERS_SEEN, 0, SEEN_COUNTER_CAPACITY << 3);
  peerCountersOf(instance).hasSeen = 0;
}

function setOf(instance: Instance, mixed: u64): usize {
  return countersOf(instance) + COUNTERS_SEEN + (((mixed & (SETS - 1)) as usize) << 6);
}

/** The finalizer of SplitMix64 (Steele, Lea, Flood 2014), a bijection. */
function mix(counter: u64): u64 {
  let z = counter;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

if ((SETS as usize) * WAYS != (SEEN_COUNTER_CAPACITY as usize)) ERROR("the table and its capacity differ");
