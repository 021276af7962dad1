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

/** Whether 20 bytes that contain their own checksum are intact. The order of bytes does not matter for this. */
export function isIntact20(data: usize): bool {
  return isWhole(pair(load<u64>(data)) + pair(load<u64>(data, 8)) + (load<u32>(data, 16) as u64));
}

/** The same for 36 bytes. */
export function isIntact36(data: usize): bool {
  const half = pair(load<u64>(data)) + pair(load<u64>(data, 8));
  return isWhole(half + pair(load<u64>(data, 16)) + pair(load<u64>(data, 24)) + (load<u32>(data, 32) as u64));
}

/** The sum of two words. */
function pair(words: u64): u64 {
  return (words & 0xffffffff) + (words >> 32);
}

/** Whether a sum of at most nine words is a multiple of 0xffff and not 0: once folded it is then one or two times that. */
function isWhole(total: u64): bool {
  const folded = ((total & 0xffff) + ((total >> 16) & 0xffff) + (total >> 32)) as u32;
  return folded == 0xffff || folded == 0x1fffe;
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
