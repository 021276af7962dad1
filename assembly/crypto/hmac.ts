/**
 * HMAC-SHA1 (RFC 2104) over a message whose beginning is known long before its end: `prefix` is absorbed once,
 * and each message then costs two or three compressions. A saved HMAC is laid out as
 *
 *     0        20       40        44       48                         176
 *     | inner  | outer  | length  | blocks | tail (two blocks)         |
 *
 * inner: the state after the key block and every full block of the prefix; outer: the state after the outer key
 * block; length: bytes of the prefix in the tail, so the place of the suffix; blocks: 1 or 2; tail: those bytes,
 * room for the suffix of SUFFIX_SIZE bytes, and the padding of the whole message.
 */
import { store32, store64 } from "../memory/bytes.ts";
import { BLOCK_SIZE, compress, initialize, SCHEDULE_SIZE, STATE_SIZE } from "./sha1.ts";

export const SAVED_SIZE: usize = 176;
/** What follows the prefix: CARP's 64-bit counter. */
export const SUFFIX_SIZE: usize = 8;
/** Scratch memory that the functions below need. */
export const HMAC_SCRATCH_SIZE: usize = SCHEDULE_SIZE + 3 * BLOCK_SIZE + STATE_SIZE;

const OUTER: usize = 20;
const LENGTH: usize = 40;
const BLOCKS: usize = 44;
const TAIL: usize = 48;

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
  keyBlock(block, key, keyLength, 0x36);
  initialize(saved);
  compress(saved, saved, block, scratch);
  keyBlock(block, key, keyLength, 0x5c);
  initialize(saved + OUTER);
  compress(saved + OUTER, saved + OUTER, block, scratch);
  memory.fill(scratch, 0, HMAC_SCRATCH_SIZE);

  let absorbed: usize = 0;
  for (; absorbed + BLOCK_SIZE <= prefixLength; absorbed += BLOCK_SIZE)
    compress(saved, saved, prefix + absorbed, scratch);
  const length = prefixLength - absorbed;
  const blocks: usize = length + SUFFIX_SIZE + 9 <= BLOCK_SIZE ? 1 : 2;
  store<u32>(saved + LENGTH, length as u32);
  store<u32>(saved + BLOCKS, blocks as u32);
  memory.fill(saved + TAIL, 0, 2 * BLOCK_SIZE);
  memory.copy(saved + TAIL, prefix + absorbed, length);
  store<u8>(saved + TAIL + length + SUFFIX_SIZE, 0x80);
  store64(saved + TAIL + blocks * BLOCK_SIZE - 8, ((BLOCK_SIZE + prefixLength + SUFFIX_SIZE) as u64) << 3);
}

/** The HMAC of the saved prefix followed by the SUFFIX_SIZE bytes at `suffix`: 20 bytes at `digest`. */
export function finish(saved: usize, suffix: usize, digest: usize, scratch: usize): void {
  const tail = scratch + SCHEDULE_SIZE;
  const state = tail + 2 * BLOCK_SIZE;
  memory.copy(tail, saved + TAIL, 2 * BLOCK_SIZE);
  store<u64>(tail + (load<u32>(saved + LENGTH) as usize), load<u64>(suffix));
  compress(state, saved, tail, scratch);
  if (load<u32>(saved + BLOCKS) == 2) compress(state, state, tail + BLOCK_SIZE, scratch);

  for (let word: usize = 0; word < STATE_SIZE; word += 4) store32(tail + word, load<u32>(state + word));
  store32(tail + STATE_SIZE, 0x80000000);
  memory.fill(tail + STATE_SIZE + 4, 0, BLOCK_SIZE - STATE_SIZE - 8);
  store32(tail + BLOCK_SIZE - 4, ((BLOCK_SIZE + STATE_SIZE) << 3) as u32);
  compress(state, saved + OUTER, tail, scratch);
  for (let word: usize = 0; word < STATE_SIZE; word += 4) store32(digest + word, load<u32>(state + word));
}

/** Whether two digests are equal, in a time that does not depend on where they differ. */
export function sameDigest(a: usize, b: usize): bool {
  const difference =
    (load<u64>(a) ^ load<u64>(b)) |
    (load<u64>(a, 8) ^ load<u64>(b, 8)) |
    ((load<u32>(a, 16) ^ load<u32>(b, 16)) as u64);
  return difference == 0;
}

function keyBlock(block: usize, key: usize, keyLength: usize, pad: u8): void {
  memory.fill(block, pad, BLOCK_SIZE);
  for (let i: usize = 0; i < keyLength; i++) store<u8>(block + i, load<u8>(key + i) ^ pad);
}
