/**
 * The second phase of a batch: the HMAC of every candidate. With SIMD they go eight at a time, those of different
 * virtual hosts side by side; only tails of two blocks go alone. Candidates lie close together, so a bad frame never
 * occupies a lane.
 */
import { LANES_OFFSET, LANES_SIZE, Verdict } from "../abi.ts";
import { finishLanes, LANES_SCRATCH_SIZE, laneMatches, prepareLanes } from "../crypto/hmac-lanes.ts";
import { LANES } from "../crypto/sha1-lanes.ts";
import { instanceAt, ReceiveSlot } from "../memory/records.ts";
import { fillLane, fitsLane, verifies } from "../protocol/authenticator.ts";
import * as carp from "../wire/carp.ts";
import { candidateAt, headerOf, moveCandidate } from "./slot.ts";

const SCRATCH: usize = LANES_OFFSET;

/** How many candidates are authenticated side by side. */
export function candidatesAtOnce(): i32 {
  return ASC_FEATURE_SIMD ? LANES : 1;
}

/** Call it when the memory has been cleared. */
export function prepareAuthentication(): void {
  if (ASC_FEATURE_SIMD) prepareLanes(SCRATCH);
}

/** Writes Ok or BadAuth into the slots of the first `count` candidates. The list is used up. */
export function authenticate(count: u32): void {
  if (ASC_FEATURE_SIMD) {
    const fitting = authenticateLong(count);
    for (let first: u32 = 0; first < fitting; first += LANES)
      authenticateEight(first, min<u32>(LANES, fitting - first));
  } else {
    for (let position: u32 = 0; position < count; position++) authenticateOne(candidateAt(position));
  }
}

/** Those that fit no lane go alone; the others close up, and their number is returned. */
function authenticateLong(count: u32): u32 {
  let fitting: u32 = 0;
  for (let position: u32 = 0; position < count; position++) {
    const slot = candidateAt(position);
    if (fitsLane(instanceAt(slot.instance))) moveCandidate(position, fitting++);
    else authenticateOne(slot);
  }
  return fitting;
}

/** A short group repeats its last candidate in the lanes that are left, and their results are not read. */
function authenticateEight(first: u32, count: u32): void {
  for (let lane: u32 = 0; lane < LANES; lane++) {
    const slot = candidateAt(first + min<u32>(lane, count - 1));
    fillLane(instanceAt(slot.instance), headerOf(slot) + carp.COUNTER, SCRATCH, lane);
  }
  finishLanes(SCRATCH);
  for (let lane: u32 = 0; lane < count; lane++) {
    const slot = candidateAt(first + lane);
    conclude(slot, laneMatches(SCRATCH, lane, headerOf(slot) + carp.DIGEST));
  }
}

function authenticateOne(slot: ReceiveSlot): void {
  const header = headerOf(slot);
  conclude(slot, verifies(instanceAt(slot.instance), header + carp.COUNTER, header + carp.DIGEST));
}

function conclude(slot: ReceiveSlot, authentic: bool): void {
  slot.verdict = (authentic ? Verdict.Ok : Verdict.BadAuth) as u8;
}

if (LANES_SCRATCH_SIZE > (LANES_SIZE as usize)) ERROR("the lanes' scratch memory is too small");
