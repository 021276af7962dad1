/**
 * Eight HMACs at once, for saved HMACs that `fitsLanes`: with a tail of one block. Eight messages are laid side by side, a lane each; two
 * compressions then finish all of them. The scratch memory:
 *
 *     inner      a schedule of lanes: the tails with their suffixes
 *     outer      a schedule of lanes: rows 0..4 the inner digests, rows 5..15 the same for every message
 *     states     five rows each: where the inner and the outer compression begin, and the digests
 *     expected   five rows: the digests that the messages came with, as they lie in the packets
 */
import { load64 } from "../memory/bytes.ts";
import { completeOuterBlock, SAVED_LENGTH, SAVED_OUTER, SAVED_TAIL } from "./hmac.ts";
import { compressLanes, LANES, ROW, SCHEDULE_ROWS, STATE_ROWS } from "./sha1-lanes.ts";

const OUTER: usize = SCHEDULE_ROWS * ROW;
const INNER_STATE: usize = 2 * SCHEDULE_ROWS * ROW;
const OUTER_STATE: usize = INNER_STATE + STATE_ROWS * ROW;
const DIGESTS: usize = OUTER_STATE + STATE_ROWS * ROW;
const EXPECTED: usize = DIGESTS + STATE_ROWS * ROW;
export const LANES_SCRATCH_SIZE: usize = EXPECTED + STATE_ROWS * ROW;

/** The first padding byte, which follows the suffix in its word. */
const PADDING: u32 = 0x80;

/** Call once, before the first `finishLanes` on this scratch memory: what follows every inner digest. */
export function prepareLanes(scratch: usize): void {
  for (let lane: u32 = 0; lane < LANES; lane++) completeOuterBlock(scratch + OUTER + laneOffset(lane), ROW);
}

/** Lays a saved HMAC with a tail of one block into a lane, where it stays for any number of messages. */
export function fillLane(scratch: usize, lane: u32, saved: usize): void {
  const block = scratch + laneOffset(lane);
  const tail = saved + SAVED_TAIL;
  for (let word: usize = 0; word < 16; word++) store<u32>(block + word * ROW, load<u32>(tail + (word << 2)));
  fillState(scratch + INNER_STATE + laneOffset(lane), saved);
  fillState(scratch + OUTER_STATE + laneOffset(lane), saved + SAVED_OUTER);
}

/**
 * Lays one message into a lane that was filled with `saved`: its suffix, and the digest that it came with. CARP's
 * prefix is 3 + 4 n + 16 m bytes, so the suffix begins with the last byte of a word, fills the next, and ends with
 * three bytes of the third, before the padding.
 */
export function placeMessage(scratch: usize, lane: u32, saved: usize, suffix: usize, digest: usize): void {
  const word = (load<u32>(saved, SAVED_LENGTH) >> 2) as usize;
  const row = scratch + laneOffset(lane) + word * ROW;
  const value = load64(suffix);
  store<u32>(row, load<u32>(saved + (word << 2), SAVED_TAIL) | ((value >> 56) as u32));
  store<u32>(row, (value >> 24) as u32, 32);
  store<u32>(row, ((value as u32) << 8) | PADDING, 64);
  const expected = scratch + EXPECTED + laneOffset(lane);
  store<u32>(expected, load<u32>(digest));
  store<u32>(expected, load<u32>(digest, 4), 32);
  store<u32>(expected, load<u32>(digest, 8), 64);
  store<u32>(expected, load<u32>(digest, 12), 96);
  store<u32>(expected, load<u32>(digest, 16), 128);
}

/** Finishes the eight messages that lie in the lanes. */
export function finishLanes(scratch: usize): void {
  compressLanes(scratch + OUTER, scratch + INNER_STATE, scratch);
  compressLanes(scratch + DIGESTS, scratch + OUTER_STATE, scratch + OUTER);
}

/** A bit for each lane whose digest is the expected one, in a time that does not depend on where they differ. */
export function matchingLanes(scratch: usize): u32 {
  return matchingFour(scratch) | (matchingFour(scratch + 16) << 4);
}

function matchingFour(scratch: usize): u32 {
  const difference = v128.or(
    v128.or(differenceAt(scratch), differenceAt(scratch + 32)),
    v128.or(differenceAt(scratch + 64), v128.or(differenceAt(scratch + 96), differenceAt(scratch + 128))),
  );
  return i32x4.bitmask(i32x4.eq(difference, i32x4.splat(0))) as u32;
}

/** Digests are in host order, what is expected in network order. */
function differenceAt(scratch: usize): v128 {
  const expected = v128.load(scratch + EXPECTED);
  const swapped = v128.shuffle<u8>(expected, expected, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  return v128.xor(v128.load(scratch + DIGESTS), swapped);
}

function fillState(row: usize, state: usize): void {
  for (let word: usize = 0; word < STATE_ROWS; word++)
    store<u32>(row + word * ROW, load<u32>(state + (word << 2)));
}

function laneOffset(lane: u32): usize {
  return (lane as usize) << 2;
}
