/**
 * SHA-1 of eight blocks at once. Every word is a row of eight lanes, 32 bytes, worked on as two vectors of four:
 *
 *     row  0 .. 15    the blocks, a lane each, in host order; they stay as they are
 *     row 16 .. 79    the rest of the schedule; row t + 16 is made while round t runs
 *
 * A state is five rows. Five rounds are five pairs of lines in which the names a to e rotate.
 */
export const LANES: u32 = 8;
export const ROW: usize = 32;
export const SCHEDULE_ROWS: usize = 80;
export const STATE_ROWS: usize = 5;

/** The round constants of FIPS 180-4 §4.2.1, four times each: loaded, they are cheaper than a splat. */
const CONSTANTS = memory.data<u32>(
  [
    0x5a827999, 0x5a827999, 0x5a827999, 0x5a827999, 0x6ed9eba1, 0x6ed9eba1, 0x6ed9eba1, 0x6ed9eba1,
    0x8f1bbcdc, 0x8f1bbcdc, 0x8f1bbcdc, 0x8f1bbcdc, 0xca62c1d6, 0xca62c1d6, 0xca62c1d6, 0xca62c1d6,
  ],
  16,
);

/** Compresses the eight blocks of `schedule` with `state` into `target`, four and four. */
export function compressLanes(target: usize, state: usize, schedule: usize): void {
  compressFour(target, state, schedule);
  compressFour(target + 16, state + 16, schedule + 16);
}

/** The processor works on some twenty rounds at once anyway, so four lanes at a time are as fast as eight. */
function compressFour(target: usize, state: usize, schedule: usize): void {
  let a = v128.load(state);
  let b = v128.load(state, 32);
  let c = v128.load(state, 64);
  let d = v128.load(state, 96);
  let e = v128.load(state, 128);
  let row = schedule;
  const k1 = v128.load(CONSTANTS, 0);
  for (const end = schedule + 20 * ROW; row < end; row += 5 * ROW) {
    e = round(e, a, choose(b, c, d), k1, extend(row));
    b = rotate30(b);
    d = round(d, e, choose(a, b, c), k1, extend(row + 32));
    a = rotate30(a);
    c = round(c, d, choose(e, a, b), k1, extend(row + 64));
    e = rotate30(e);
    b = round(b, c, choose(d, e, a), k1, extend(row + 96));
    d = rotate30(d);
    a = round(a, b, choose(c, d, e), k1, extend(row + 128));
    c = rotate30(c);
  }
  const k2 = v128.load(CONSTANTS, 16);
  for (const end = schedule + 40 * ROW; row < end; row += 5 * ROW) {
    e = round(e, a, parity(b, c, d), k2, extend(row));
    b = rotate30(b);
    d = round(d, e, parity(a, b, c), k2, extend(row + 32));
    a = rotate30(a);
    c = round(c, d, parity(e, a, b), k2, extend(row + 64));
    e = rotate30(e);
    b = round(b, c, parity(d, e, a), k2, extend(row + 96));
    d = rotate30(d);
    a = round(a, b, parity(c, d, e), k2, extend(row + 128));
    c = rotate30(c);
  }
  const k3 = v128.load(CONSTANTS, 32);
  for (const end = schedule + 60 * ROW; row < end; row += 5 * ROW) {
    e = round(e, a, majority(b, c, d), k3, extend(row));
    b = rotate30(b);
    d = round(d, e, majority(a, b, c), k3, extend(row + 32));
    a = rotate30(a);
    c = round(c, d, majority(e, a, b), k3, extend(row + 64));
    e = rotate30(e);
    b = round(b, c, majority(d, e, a), k3, extend(row + 96));
    d = rotate30(d);
    a = round(a, b, majority(c, d, e), k3, extend(row + 128));
    c = rotate30(c);
  }
  for (let last: usize = 0; last < 4 * ROW; last += ROW) extend(row + last);
  const k4 = v128.load(CONSTANTS, 48);
  for (const end = schedule + 80 * ROW; row < end; row += 5 * ROW) {
    e = round(e, a, parity(b, c, d), k4, v128.load(row, 0));
    b = rotate30(b);
    d = round(d, e, parity(a, b, c), k4, v128.load(row, 32));
    a = rotate30(a);
    c = round(c, d, parity(e, a, b), k4, v128.load(row, 64));
    e = rotate30(e);
    b = round(b, c, parity(d, e, a), k4, v128.load(row, 96));
    d = rotate30(d);
    a = round(a, b, parity(c, d, e), k4, v128.load(row, 128));
    c = rotate30(c);
  }
  v128.store(target, i32x4.add(v128.load(state, 0), a), 0);
  v128.store(target, i32x4.add(v128.load(state, 32), b), 32);
  v128.store(target, i32x4.add(v128.load(state, 64), c), 64);
  v128.store(target, i32x4.add(v128.load(state, 96), d), 96);
  v128.store(target, i32x4.add(v128.load(state, 128), e), 128);
}
/** The new value of the name whose turn it is: e + rotl5(a) + f(b, c, d) + k + w. */
function round(e: v128, a: v128, f: v128, k: v128, w: v128): v128 {
  const rotated = v128.or(i32x4.shl(a, 5), i32x4.shr_u(a, 27));
  return i32x4.add(i32x4.add(i32x4.add(e, k), i32x4.add(f, w)), rotated);
}

/** W[t], and makes W[t + 16] of W[t], W[t + 2], W[t + 8] and W[t + 13]. */
function extend(row: usize): v128 {
  const w = v128.load(row);
  const mixed = v128.xor(v128.xor(w, v128.load(row, 64)), v128.xor(v128.load(row, 256), v128.load(row, 416)));
  v128.store(row, v128.or(i32x4.shl(mixed, 1), i32x4.shr_u(mixed, 31)), 512);
  return w;
}

function rotate30(word: v128): v128 {
  return v128.or(i32x4.shl(word, 30), i32x4.shr_u(word, 2));
}

function choose(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(c, d, b);
}

function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(b, v128.xor(c, d));
}

function majority(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(d, b, v128.xor(b, c));
}
