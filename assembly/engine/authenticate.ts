/**
 * The second phase of a batch: the HMAC of every candidate. With SIMD they gather in lanes and are finished eight at a
 * time, those of different virtual hosts side by side; only tails of two blocks go alone. A lane keeps what it holds of
 * its virtual host, so that of the next packet only counter and tag have to be laid out. For each lane:
 *
 *     0          4
 *     | instance | slot      (addresses; instance 0: nothing lies in the lane)
 */
import { LANES_OFFSET, LANES_SIZE, Verdict } from "../abi.ts";
import { finishLanes, LANES_SCRATCH_SIZE, matchingLanes, prepareLanes } from "../crypto/hmac-lanes.ts";
import { LANES } from "../crypto/sha1-lanes.ts";
import { Instance, instanceAt, ReceiveSlot } from "../memory/records.ts";
import { fillLane, fitsLane, placeMessage, verifies } from "../protocol/authenticator.ts";
import * as carp from "../wire/carp.ts";
import { headerOf } from "./slot.ts";

const SCRATCH: usize = LANES_OFFSET;
const TABLE: usize = SCRATCH + LANES_SCRATCH_SIZE;
const TABLE_SIZE: usize = 64;

/** How many candidates are authenticated side by side. */
export function candidatesAtOnce(): i32 {
  return ASC_FEATURE_SIMD ? LANES : 1;
}

/** Call it when the memory has been cleared. */
export function prepareAuthentication(): void {
  if (ASC_FEATURE_SIMD) prepareLanes(SCRATCH);
}

/** Begins a batch: keys and addresses may have changed since the last. */
export function beginAuthentication(): void {
  if (ASC_FEATURE_SIMD) memory.fill(TABLE, 0, TABLE_SIZE);
}

/**
 * Takes a candidate when `waiting` others wait, and returns how many wait then. Ok or BadAuth is written into its slot
 * now, or when eight of them are together.
 */
export function authenticate(slot: ReceiveSlot, waiting: u32): u32 {
  const instance = instanceAt(slot.instance);
  if (!ASC_FEATURE_SIMD || !fitsLane(instance)) {
    const header = headerOf(slot);
    conclude(slot, verifies(instance, header + carp.COUNTER, header + carp.DIGEST));
    return waiting;
  }
  place(slot, instance, waiting);
  if (waiting + 1 < LANES) return waiting + 1;
  concludeWaiting(LANES);
  return 0;
}

/** Finishes the `waiting` candidates. The lanes that are left hold older ones, whose results are not read. */
export function concludeWaiting(waiting: u32): void {
  if (!ASC_FEATURE_SIMD || waiting == 0) return;
  finishLanes(SCRATCH);
  const matching = matchingLanes(SCRATCH);
  for (let lane: u32 = 0; lane < waiting; lane++) {
    conclude(changetype<ReceiveSlot>(load<u32>(entryOf(lane), 4) as usize), ((matching >> lane) & 1) != 0);
  }
}

function place(slot: ReceiveSlot, instance: Instance, lane: u32): void {
  const entry = entryOf(lane);
  const owner = changetype<usize>(instance) as u32;
  if (load<u32>(entry) != owner) {
    fillLane(instance, SCRATCH, lane);
    store<u32>(entry, owner);
  }
  store<u32>(entry, changetype<usize>(slot) as u32, 4);
  const header = headerOf(slot);
  placeMessage(instance, header + carp.COUNTER, header + carp.DIGEST, SCRATCH, lane);
}

function conclude(slot: ReceiveSlot, authentic: bool): void {
  slot.verdict = (authentic ? Verdict.Ok : Verdict.BadAuth) as u8;
}

function entryOf(lane: u32): usize {
  return TABLE + ((lane as usize) << 3);
}

if (LANES_SCRATCH_SIZE + TABLE_SIZE > (LANES_SIZE as usize)) ERROR("the lanes' scratch memory is too small");
