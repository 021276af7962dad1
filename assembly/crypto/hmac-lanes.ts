/**
 * Eight HMACs at once, for saved HMACs that `fitsLanes`: with a tail of one block. Eight messages are laid side by side, a lane each; two
 * compressions then finish all of them. The scratch memory:
 *
 *     inner      a schedule of lanes: the tails with their suffixes
 *     outer      a schedule of lanes: rows 0..4 the inner digests, rows 5..15 the same for every message
 *     states     five rows each: where the inner and the outer compression begin, and the digests
 */
import { load64 } from "../memory/bytes.ts";
import { completeOuterBlock, SAVED_LENGTH, SAVED_OUTER, SAVED_TAIL } from "./hmac.ts";
import { compressLanes, LANES, ROW, SCHEDULE_ROWS, STATE_ROWS } from "./sha1-lanes.ts";

const OUTER: usize = SCHEDULE_ROWS * ROW;
const INNER_STATE: usize = 2 * SCHEDULE_ROWS * ROW;
const OUTER_STATE: usize = INNER_STATE + STATE_ROWS * ROW;
const DIGESTS: usize = OUTER_STATE + STATE_ROWS * ROW;
export const LANES_SCRATCH_SIZE: usize = DIGESTS + STATE_ROWS * ROW;

/** Call once, before the first `finishLanes` on this scratch memory: what follows every inner digest. */
export function prepareLanes(scratch: usize): void {
  for (let lane: u32 = 0; lane < LANES; lane++) completeOuterBlock(scratch + OUTER + laneOffset(lane), ROW);
}

/** Lays the same saved HMAC into every lane; each suffix is then put in place by `placeSuffix`. */
export function fillLanes(scratch: usize, saved: usize): void {
  for (let word: usize = 0; word < 16; word++) splat(scratch + word * ROW, saved + SAVED_TAIL + (word << 2));
  for (let word: usize = 0; word < STATE_ROWS; word++) {
    splat(scratch + INNER_STATE + word * ROW, saved + (word << 2));
    splat(scratch + OUTER_STATE + word * ROW, saved + SAVED_OUTER + (word << 2));
  }
}

/** Puts the suffix of one lane in place, over the one that was there. */
export function placeSuffix(scratch: usize, lane: u32, saved: usize, suffix: usize): void {
  const place = (load<u32>(saved, SAVED_LENGTH) >> 2) as usize;
  insertSuffix(scratch + laneOffset(lane) + place * ROW, saved + SAVED_TAIL + (place << 2), suffix);
}

/** Lays one message into its lane: a saved HMAC with a tail of one block, and the suffix at `suffix`. */
export function fillLane(scratch: usize, lane: u32, saved: usize, suffix: usize): void {
  const block = scratch + laneOffset(lane);
  const tail = saved + SAVED_TAIL;
  store<u32>(block, load<u32>(tail));
  store<u32>(block, load<u32>(tail, 4), 32);
  store<u32>(block, load<u32>(tail, 8), 64);
  store<u32>(block, load<u32>(tail, 12), 96);
  store<u32>(block, load<u32>(tail, 16), 128);
  store<u32>(block, load<u32>(tail, 20), 160);
  store<u32>(block, load<u32>(tail, 24), 192);
  store<u32>(block, load<u32>(tail, 28), 224);
  store<u32>(block, load<u32>(tail, 32), 256);
  store<u32>(block, load<u32>(tail, 36), 288);
  store<u32>(block, load<u32>(tail, 40), 320);
  store<u32>(block, load<u32>(tail, 44), 352);
  store<u32>(block, load<u32>(tail, 48), 384);
  store<u32>(block, load<u32>(tail, 52), 416);
  store<u32>(block, load<u32>(tail, 56), 448);
  store<u32>(block, load<u32>(tail, 60), 480);
  placeSuffix(scratch, lane, saved, suffix);
  fillState(scratch + INNER_STATE + laneOffset(lane), saved);
  fillState(scratch + OUTER_STATE + laneOffset(lane), saved + SAVED_OUTER);
}

/** Finishes the eight messages that lie in the lanes. */
export function finishLanes(scratch: usize): void {
  compressLanes(scratch + OUTER, scratch + INNER_STATE, scratch);
  compressLanes(scratch + DIGESTS, scratch + OUTER_STATE, scratch + OUTER);
}

/** Whether the digest in the lane is the one at `digest`, in a time that does not depend on where they differ. */
export function laneMatches(scratch: usize, lane: u32, digest: usize): bool {
  const row = scratch + DIGESTS + laneOffset(lane);
  const difference =
    (load<u32>(row) ^ bswap<u32>(load<u32>(digest))) |
    (load<u32>(row, 32) ^ bswap<u32>(load<u32>(digest, 4))) |
    (load<u32>(row, 64) ^ bswap<u32>(load<u32>(digest, 8))) |
    (load<u32>(row, 96) ^ bswap<u32>(load<u32>(digest, 12))) |
    (load<u32>(row, 128) ^ bswap<u32>(load<u32>(digest, 16)));
  return difference == 0;
}

/**
 * CARP's prefix is 3 + 4 n + 16 m bytes, so the suffix begins with the last byte of the word at `row`, fills the next,
 * and ends with three bytes of the third, before the padding.
 */
function insertSuffix(row: usize, word: usize, suffix: usize): void {
  const value = load64(suffix);
  store<u32>(row, load<u32>(word) | ((value >> 56) as u32));
  store<u32>(row, (value >> 24) as u32, 32);
  store<u32>(row, load<u32>(word, 8) | ((value as u32) << 8), 64);
}

function splat(row: usize, word: usize): void {
  const value = v128.load32_splat(word);
  v128.store(row, value);
  v128.store(row, value, 16);
}

function fillState(row: usize, state: usize): void {
  store<u32>(row, load<u32>(state));
  store<u32>(row, load<u32>(state, 4), 32);
  store<u32>(row, load<u32>(state, 8), 64);
  store<u32>(row, load<u32>(state, 12), 96);
  store<u32>(row, load<u32>(state, 16), 128);
}

function laneOffset(lane: u32): usize {
  return (lane as usize) << 2;
}
