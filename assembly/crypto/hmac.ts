/**
 * HMAC-SHA1 (RFC 2104) over a message whose beginning is known long before its end: `prefix` is absorbed once, and
 * each message then costs two or three compressions. A saved HMAC is laid out as
 *
 *     0        20       40        44       48                          176
 *     | inner  | outer  | length  | blocks | tail (two blocks)         |
 *
 * inner: the state after the key block and every full block of the prefix; outer: the state after the outer key block;
 * length: bytes of the prefix in the tail, so the place of the suffix; blocks: 1 or 2; tail: those bytes, room for the
 * suffix, and the padding of the whole message, as words in host order.
 */
import { load32, store64 } from "../memory/bytes.ts";
import { BLOCK_SIZE, compress, initialize, loadBlock, SCHEDULE_SIZE, STATE_SIZE } from "./sha1.ts";

export const SAVED_SIZE: usize = 176;
export const SAVED_OUTER: usize = 20;
export const SAVED_LENGTH: usize = 40;
export const SAVED_BLOCKS: usize = 44;
export const SAVED_TAIL: usize = 48;
/** What follows the prefix: CARP's 64-bit counter. */
export const SUFFIX_SIZE: usize = 8;
/** Scratch memory that the functions below need. */
export const HMAC_SCRATCH_SIZE: usize = 2 * SCHEDULE_SIZE + 2 * BLOCK_SIZE + STATE_SIZE + 4;
/** The length of what the outer hash is over, in bits: the key block and the inner digest. */
export const OUTER_BITS: u32 = ((BLOCK_SIZE + STATE_SIZE) << 3) as u32;

/**
 * Saves key and prefix at `saved`. A key of up to 64 bytes is zero-extended to a block, as RFC 2104 has it.
 * The scratch memory holds key material while this runs and is wiped before it returns.
 */
export function save(
  saved: usize,
  key: usize,
  keyLength: usize,
  prefix: usize,
  prefixLength: usize,
  scratch: usize,
): void {
  assert(keyLength <= BLOCK_SIZE);
  const block = scratch + SCHEDULE_SIZE;
  absorbKey(saved, key, keyLength, 0x36, block, scratch);
  absorbKey(saved + SAVED_OUTER, key, keyLength, 0x5c, block, scratch);
  memory.fill(scratch, 0, HMAC_SCRATCH_SIZE);

  let absorbed: usize = 0;
  for (; absorbed + BLOCK_SIZE <= prefixLength; absorbed += BLOCK_SIZE) {
    loadBlock(scratch, prefix + absorbed);
    compress(saved, saved, scratch);
  }
  const length = prefixLength - absorbed;
  const blocks: usize = length + SUFFIX_SIZE + 9 <= BLOCK_SIZE ? 1 : 2;
  memory.fill(block, 0, 2 * BLOCK_SIZE);
  memory.copy(block, prefix + absorbed, length);
  store<u8>(block + length + SUFFIX_SIZE, 0x80);
  store64(block + blocks * BLOCK_SIZE - 8, ((BLOCK_SIZE + prefixLength + SUFFIX_SIZE) as u64) << 3);
  store<u32>(saved + SAVED_LENGTH, length as u32);
  store<u32>(saved + SAVED_BLOCKS, blocks as u32);
  loadBlock(saved + SAVED_TAIL, block);
  loadBlock(saved + SAVED_TAIL + BLOCK_SIZE, block + BLOCK_SIZE);
}

/** Whether eight such can be finished side by side (crypto/hmac-lanes): the tail is one block, the suffix placed so. */
export function fitsLanes(saved: usize): bool {
  return load<u32>(saved + SAVED_BLOCKS) == 1 && (load<u32>(saved + SAVED_LENGTH) & 3) == 3;
}

/** The HMAC of the saved prefix followed by the SUFFIX_SIZE bytes at `suffix`: 20 bytes at `digest`. */
export function finish(saved: usize, suffix: usize, digest: usize, scratch: usize): void {
  const second = scratch + SCHEDULE_SIZE;
  const state = second + SCHEDULE_SIZE;
  const tail = state + STATE_SIZE + 4;
  memory.copy(tail, saved + SAVED_TAIL, 2 * BLOCK_SIZE);
  const place = load<u32>(saved + SAVED_LENGTH) as usize;
  // Byte i of a block is byte i ^ 3 of its words in host order.
  for (let i: usize = 0; i < SUFFIX_SIZE; i++) store<u8>(tail + ((place + i) ^ 3), load<u8>(suffix + i));
  memory.copy(scratch, tail, BLOCK_SIZE);
  compress(state, saved, scratch);
  if (load<u32>(saved + SAVED_BLOCKS) == 2) {
    memory.copy(scratch, tail + BLOCK_SIZE, BLOCK_SIZE);
    compress(state, state, scratch);
  }
  memory.copy(second, state, STATE_SIZE);
  completeOuterBlock(second, 4);
  compress(state, saved + SAVED_OUTER, second);
  for (let word: usize = 0; word < STATE_SIZE; word += 4) {
    store<u32>(digest + word, load32(state + word));
  }
}

/** Whether two digests are equal, in a time that does not depend on where they differ. */
export function sameDigest(a: usize, b: usize): bool {
  const difference =
    (load<u64>(a) ^ load<u64>(b)) |
    (load<u64>(a, 8) ^ load<u64>(b, 8)) |
    ((load<u32>(a, 16) ^ load<u32>(b, 16)) as u64);
  return difference == 0;
}

/** What follows the inner digest in the outer block, in words that are `stride` bytes apart. */
export function completeOuterBlock(block: usize, stride: usize): void {
  store<u32>(block + 5 * stride, 0x80000000);
  for (let word: usize = 6; word < 15; word++) store<u32>(block + word * stride, 0);
  store<u32>(block + 15 * stride, OUTER_BITS);
}

function absorbKey(state: usize, key: usize, keyLength: usize, pad: u8, block: usize, schedule: usize): void {
  memory.fill(block, pad, BLOCK_SIZE);
  for (let i: usize = 0; i < keyLength; i++) store<u8>(block + i, load<u8>(key + i) ^ pad);
  loadBlock(schedule, block);
  initialize(state);
  compress(state, state, schedule);
}
