/** Network byte order in linear memory. Addresses need no alignment. */

export function load16(at: usize): u32 {
  return bswap<u16>(load<u16>(at)) as u32;
}

export function load32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function load64(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

export function store16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(value as u16));
}

export function store32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}

export function store64(at: usize, value: u64): void {
  store<u64>(at, bswap<u64>(value));
}

/** Six bytes, as two moves. */
export function copyMac(target: usize, source: usize): void {
  store<u32>(target, load<u32>(source));
  store<u16>(target, load<u16>(source, 4), 4);
}

/** Sixteen bytes, as two moves. */
export function copyAddress6(target: usize, source: usize): void {
  store<u64>(target, load<u64>(source));
  store<u64>(target, load<u64>(source, 8), 8);
}
