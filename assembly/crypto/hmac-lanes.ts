/**
 * Eight HMACs at once, for saved HMACs that `fitsLanes`: with a tail of one block. Eight messages are laid side by side,
 * a lane each; two compressions then finish all of them. The scratch memory:
 *
 *     inner      a schedule of lanes: the tails with their suffixes
 *     outer      a schedule of lanes: rows 0..4 the inner digests, rows 5..15 the same for every message
 *     states     five rows each: where the inner and the outer compression begin, and the digests
 *     holdings   16 bytes a lane: what it holds
 *
 * A lane holds a saved HMAC until it is given to another, so that of the next message only the suffix is to be laid out:
 *
 *     0       4     8      12
 *     | saved | row | word | digest   (saved: address, 0 for none; row: address of the word in which the suffix begins;
 *                                      word: what the prefix has of it; digest: address of what the message came with)
 */
import { load64 } from "../memory/bytes.ts";
import { completeOuterBlock, SAVED_LENGTH, SAVED_OUTER, SAVED_TAIL } from "./hmac.ts";
import { compressLanes, LANES, ROW, SCHEDULE_ROWS, STATE_ROWS } from "./sha1-lanes.ts";

const OUTER: usize = SCHEDULE_ROWS * ROW;
const INNER_STATE: usize = 2 * SCHEDULE_ROWS * ROW;
const OUTER_STATE: usize = INNER_STATE + STATE_ROWS * ROW;
const DIGESTS: usize = OUTER_STATE + STATE_ROWS * ROW;
const HOLDINGS: usize = DIGESTS + STATE_ROWS * ROW;
export const LANES_SCRATCH_SIZE: usize = HOLDINGS + ((LANES as usize) << 4);

/** The first padding byte, which follows the suffix in its word. */
const PADDING: u32 = 0x80;

/** Call it before anything else, on scratch memory that was zero once: what follows every inner digest. */
export function prepareLanes(scratch: usize): void {
  for (let lane: u32 = 0; lane < LANES; lane++) completeOuterBlock(scratch + OUTER + laneOffset(lane), ROW);
}

/** Whether the lane holds that saved HMAC. */
export function holds(scratch: usize, lane: u32, saved: usize): bool {
  return load<u32>(holdingOf(scratch, lane)) == (saved as u32);
}

/** Lays a saved HMAC, which fits, into a lane. */
export function fillLane(scratch: usize, lane: u32, saved: usize): void {
  const block = scratch + laneOffset(lane);
  const tail = saved + SAVED_TAIL;
  for (let word: usize = 0; word < 16; word++) store<u32>(block + word * ROW, load<u32>(tail + (word << 2)));
  fillState(scratch + INNER_STATE + laneOffset(lane), saved);
  fillState(scratch + OUTER_STATE + laneOffset(lane), saved + SAVED_OUTER);
  const word = (load<u32>(saved, SAVED_LENGTH) >> 2) as usize;
  const holding = holdingOf(scratch, lane);
  store<u32>(holding, saved as u32);
  store<u32>(holding, (block + word * ROW) as u32, 4);
  store<u32>(holding, load<u32>(tail + (word << 2)), 8);
}

/**
 * Lays one message into a lane that holds its HMAC: its suffix, and where the digest is that it came with, which stays as it
 * is until `matchingLanes`. CARP's prefix is 3 + 4 n + 16 m bytes, so the suffix begins with the last byte of a word,
 * fills the next, and ends with three bytes of the third, before the padding.
 */
export function placeMessage(scratch: usize, lane: u32, suffix: usize, digest: usize): void {
  const holding = holdingOf(scratch, lane);
  const row = load<u32>(holding, 4) as usize;
  const value = load64(suffix);
  store<u32>(row, load<u32>(holding, 8) | ((value >> 56) as u32));
  store<u32>(row, (value >> 24) as u32, 32);
  store<u32>(row, ((value as u32) << 8) | PADDING, 64);
  store<u32>(holding, digest as u32, 12);
}

/** Wipes the lanes that hold a saved HMAC; call it before that one is changed or destroyed. */
export function forgetLanes(scratch: usize, saved: usize): void {
  for (let lane: u32 = 0; lane < LANES; lane++) {
    if (holds(scratch, lane, saved)) wipeLane(scratch, lane);
  }
}

/** Finishes the eight messages that lie in the lanes. */
export function finishLanes(scratch: usize): void {
  compressLanes(scratch + OUTER, scratch + INNER_STATE, scratch);
  compressLanes(scratch + DIGESTS, scratch + OUTER_STATE, scratch + OUTER);
}

/** A bit for each lane whose digest is the one its message came with, in a time that does not depend on where they differ. */
export function matchingLanes(scratch: usize): u32 {
  return matchingFour(scratch, 0) | (matchingFour(scratch, 4) << 4);
}

/** Lays the digests of four messages side by side, as the lanes have theirs, and compares word by word. */
function matchingFour(scratch: usize, lane: u32): u32 {
  const holding = holdingOf(scratch, lane);
  const digest0 = load<u32>(holding, 12) as usize;
  const digest1 = load<u32>(holding, 28) as usize;
  const digest2 = load<u32>(holding, 44) as usize;
  const digest3 = load<u32>(holding, 60) as usize;
  const start0 = v128.load(digest0);
  const start1 = v128.load(digest1);
  const start2 = v128.load(digest2);
  const start3 = v128.load(digest3);
  const low01 = v128.shuffle<u32>(start0, start1, 0, 4, 1, 5);
  const low23 = v128.shuffle<u32>(start2, start3, 0, 4, 1, 5);
  const high01 = v128.shuffle<u32>(start0, start1, 2, 6, 3, 7);
  const high23 = v128.shuffle<u32>(start2, start3, 2, 6, 3, 7);
  let word4 = v128.load_zero<u32>(digest0, 16);
  word4 = v128.load_lane<u32>(digest1, word4, 1, 16);
  word4 = v128.load_lane<u32>(digest2, word4, 2, 16);
  word4 = v128.load_lane<u32>(digest3, word4, 3, 16);
  const computed = scratch + DIGESTS + laneOffset(lane);
  const difference = v128.or(
    v128.or(
      difference32(v128.load(computed, 0), v128.shuffle<u64>(low01, low23, 0, 2)),
      difference32(v128.load(computed, 32), v128.shuffle<u64>(low01, low23, 1, 3)),
    ),
    v128.or(
      difference32(v128.load(computed, 64), v128.shuffle<u64>(high01, high23, 0, 2)),
      v128.or(
        difference32(v128.load(computed, 96), v128.shuffle<u64>(high01, high23, 1, 3)),
        difference32(v128.load(computed, 128), word4),
      ),
    ),
  );
  return i32x4.bitmask(i32x4.eq(difference, i32x4.splat(0))) as u32;
}

/** Computed words are in host order, those of packets in network order. */
function difference32(computed: v128, packet: v128): v128 {
  return v128.xor(
    computed,
    v128.shuffle<u8>(packet, packet, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12),
  );
}

function fillState(row: usize, state: usize): void {
  for (let word: usize = 0; word < STATE_ROWS; word++)
    store<u32>(row + word * ROW, load<u32>(state + (word << 2)));
}

/** The whole column, from the first schedule to the digests, but for what follows the inner digest. */
function wipeLane(scratch: usize, lane: u32): void {
  for (let row: usize = 0; row < HOLDINGS; row += ROW) store<u32>(scratch + row + laneOffset(lane), 0);
  completeOuterBlock(scratch + OUTER + laneOffset(lane), ROW);
  memory.fill(holdingOf(scratch, lane), 0, 16);
}

function holdingOf(scratch: usize, lane: u32): usize {
  return scratch + HOLDINGS + ((lane as usize) << 4);
}

function laneOffset(lane: u32): usize {
  return (lane as usize) << 2;
}
