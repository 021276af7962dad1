/**
 * The second phase of a batch: the HMAC of every candidate. With SIMD they go eight at a time, those of different
 * virtual hosts side by side; only tails of two blocks go alone. Candidates lie close together, so a bad frame never
 * occupies a lane.
 */
import { LANES_OFFSET, LANES_SIZE, NO_INSTANCE, Verdict } from "../abi.ts";
import { finishLanes, LANES_SCRATCH_SIZE, laneMatches, prepareLanes } from "../crypto/hmac-lanes.ts";
import { LANES } from "../crypto/sha1-lanes.ts";
import { instanceAt, ReceiveSlot } from "../memory/records.ts";
import { fillLane, fillLanes, fitsLane, placeCounter, verifies } from "../protocol/authenticator.ts";
import * as carp from "../wire/carp.ts";
import { candidateAt, headerOf } from "./slot.ts";

const SCRATCH: usize = LANES_OFFSET;

/** How many candidates are authenticated side by side. */
export function candidatesAtOnce(): i32 {
  return ASC_FEATURE_SIMD ? LANES : 1;
}

/** Call it when the memory has been cleared. */
export function prepareAuthentication(): void {
  if (ASC_FEATURE_SIMD) prepareLanes(SCRATCH);
}

/** Whether this candidate can go with others. One that cannot is authenticated by `authenticateOne`. */
export function goesWithOthers(slot: ReceiveSlot): bool {
  return ASC_FEATURE_SIMD && fitsLane(instanceAt(slot.instance));
}

/** Writes Ok or BadAuth into the slots of the first `count` candidates, all of which go with others. */
export function authenticate(count: u32): void {
  let filled: u32 = NO_INSTANCE;
  for (let first: u32 = 0; first < count; first += LANES) {
    const group = min<u32>(LANES, count - first);
    filled = fill(first, group, filled);
    finishLanes(SCRATCH);
    for (let lane: u32 = 0; lane < group; lane++) {
      const slot = candidateAt(first + lane);
      conclude(slot, laneMatches(SCRATCH, lane, headerOf(slot) + carp.DIGEST));
    }
  }
}

/** Authenticates one slot alone. */
export function authenticateOne(slot: ReceiveSlot): void {
  const header = headerOf(slot);
  conclude(slot, verifies(instanceAt(slot.instance), header + carp.COUNTER, header + carp.DIGEST));
}

/**
 * Fills the lanes for a group. `filled` is the instance that lies in every lane already, and the one that does so then
 * is returned: a flood is of one virtual host, and then only the counters change from group to group.
 */
function fill(first: u32, count: u32, filled: u32): u32 {
  const only = onlyInstance(first, count);
  if (only == NO_INSTANCE) {
    // A short group repeats its last candidate in the lanes that are left, and their results are not read.
    for (let lane: u32 = 0; lane < LANES; lane++) {
      const slot = candidateAt(first + min<u32>(lane, count - 1));
      fillLane(instanceAt(slot.instance), headerOf(slot) + carp.COUNTER, SCRATCH, lane);
    }
    return NO_INSTANCE;
  }
  const instance = instanceAt(only);
  if (only != filled) fillLanes(instance, SCRATCH);
  for (let lane: u32 = 0; lane < count; lane++) {
    placeCounter(instance, headerOf(candidateAt(first + lane)) + carp.COUNTER, SCRATCH, lane);
  }
  return only;
}

/** The instance that every candidate of the group is for, or NO_INSTANCE where they differ. */
function onlyInstance(first: u32, count: u32): u32 {
  const only = candidateAt(first).instance as u32;
  for (let lane: u32 = 1; lane < count; lane++) {
    if ((candidateAt(first + lane).instance as u32) != only) return NO_INSTANCE;
  }
  return only;
}

function conclude(slot: ReceiveSlot, authentic: bool): void {
  slot.verdict = (authentic ? Verdict.Ok : Verdict.BadAuth) as u8;
}

if (LANES_SCRATCH_SIZE > (LANES_SIZE as usize)) ERROR("the lanes' scratch memory is too small");
