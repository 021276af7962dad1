/** The Internet checksum (RFC 1071). */

/**
 * The one's complement sum of `length` bytes, folded to 16 bits, in network order. Over data that contains its
 * own valid checksum it is 0xffff. An odd last byte is the high half of its word.
 */
export function sum(data: usize, length: usize): u32 {
  let total: u64 = 0;
  let at: usize = 0;
  for (; at + 4 <= length; at += 4) total += load<u32>(data + at) as u64;
  if (at + 2 <= length) {
    total += load<u16>(data + at) as u64;
    at += 2;
  }
  if (at < length) total += load<u8>(data + at) as u64;
  return fold(total);
}

/**
 * Whether 20 bytes that contain their own checksum, and are not all zero, are intact. The order of bytes does not matter
 * for this.
 */
export function isIntact20(data: usize): bool {
  return isWhole(sumOf16(data) + (load<u32>(data, 16) as u64));
}

/** The same for 36 bytes. */
export function isIntact36(data: usize): bool {
  return isWhole(sumOf16(data) + sumOf16(data + 16) + (load<u32>(data, 32) as u64));
}

/** The sum of the four words of 16 bytes. */
function sumOf16(data: usize): u64 {
  const half = (load<u32>(data) as u64) + (load<u32>(data, 4) as u64);
  return half + ((load<u32>(data, 8) as u64) + (load<u32>(data, 12) as u64));
}

/**
 * Whether a sum of at most 2^32 words is a multiple of 0xffff, as one that folds to 0xffff is. Since that times
 * 0x0001000100010001 is -1 modulo 2^64, a multiple gives its negated quotient, which is small, and nothing else does.
 */
function isWhole(total: u64): bool {
  return 0 - total * 0x0001000100010001 <= 0x0001000100010001;
}

/** The checksum to store where the field was 0 while summing. */
export function checksum(data: usize, length: usize): u32 {
  return sum(data, length) ^ 0xffff;
}

/** Little-endian words sum to the byte-swapped result, so the swap comes once, at the end (RFC 1071 §2). */
export function fold(total: u64): u32 {
  let folded = (total & 0xffffffff) + (total >> 32);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  folded = (folded & 0xffff) + (folded >> 16);
  return bswap<u16>(folded as u16) as u32;
}
