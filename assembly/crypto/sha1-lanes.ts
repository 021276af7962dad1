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

/** Compresses the eight blocks of `schedule` with `state` into `target`. */
export function compressLanes(target: usize, state: usize, schedule: usize): void {
  let a0 = v128.load(state),
    a1 = v128.load(state, 16);
  let b0 = v128.load(state, 32),
    b1 = v128.load(state, 48);
  let c0 = v128.load(state, 64),
    c1 = v128.load(state, 80);
  let d0 = v128.load(state, 96),
    d1 = v128.load(state, 112);
  let e0 = v128.load(state, 128),
    e1 = v128.load(state, 144);
  let row = schedule;
  let k = v128.load(CONSTANTS);
  for (const end = schedule + 20 * ROW; row < end; row += 5 * ROW) {
    e0 = round(e0, a0, choose(b0, c0, d0), k, extend(row));
    b0 = rotate30(b0);
    e1 = round(e1, a1, choose(b1, c1, d1), k, extend(row + 16));
    b1 = rotate30(b1);
    d0 = round(d0, e0, choose(a0, b0, c0), k, extend(row + 32));
    a0 = rotate30(a0);
    d1 = round(d1, e1, choose(a1, b1, c1), k, extend(row + 48));
    a1 = rotate30(a1);
    c0 = round(c0, d0, choose(e0, a0, b0), k, extend(row + 64));
    e0 = rotate30(e0);
    c1 = round(c1, d1, choose(e1, a1, b1), k, extend(row + 80));
    e1 = rotate30(e1);
    b0 = round(b0, c0, choose(d0, e0, a0), k, extend(row + 96));
    d0 = rotate30(d0);
    b1 = round(b1, c1, choose(d1, e1, a1), k, extend(row + 112));
    d1 = rotate30(d1);
    a0 = round(a0, b0, choose(c0, d0, e0), k, extend(row + 128));
    c0 = rotate30(c0);
    a1 = round(a1, b1, choose(c1, d1, e1), k, extend(row + 144));
    c1 = rotate30(c1);
  }
  k = v128.load(CONSTANTS, 16);
  for (const end = schedule + 40 * ROW; row < end; row += 5 * ROW) {
    e0 = round(e0, a0, parity(b0, c0, d0), k, extend(row));
    b0 = rotate30(b0);
    e1 = round(e1, a1, parity(b1, c1, d1), k, extend(row + 16));
    b1 = rotate30(b1);
    d0 = round(d0, e0, parity(a0, b0, c0), k, extend(row + 32));
    a0 = rotate30(a0);
    d1 = round(d1, e1, parity(a1, b1, c1), k, extend(row + 48));
    a1 = rotate30(a1);
    c0 = round(c0, d0, parity(e0, a0, b0), k, extend(row + 64));
    e0 = rotate30(e0);
    c1 = round(c1, d1, parity(e1, a1, b1), k, extend(row + 80));
    e1 = rotate30(e1);
    b0 = round(b0, c0, parity(d0, e0, a0), k, extend(row + 96));
    d0 = rotate30(d0);
    b1 = round(b1, c1, parity(d1, e1, a1), k, extend(row + 112));
    d1 = rotate30(d1);
    a0 = round(a0, b0, parity(c0, d0, e0), k, extend(row + 128));
    c0 = rotate30(c0);
    a1 = round(a1, b1, parity(c1, d1, e1), k, extend(row + 144));
    c1 = rotate30(c1);
  }
  k = v128.load(CONSTANTS, 32);
  for (const end = schedule + 60 * ROW; row < end; row += 5 * ROW) {
    e0 = round(e0, a0, majority(b0, c0, d0), k, extend(row));
    b0 = rotate30(b0);
    e1 = round(e1, a1, majority(b1, c1, d1), k, extend(row + 16));
    b1 = rotate30(b1);
    d0 = round(d0, e0, majority(a0, b0, c0), k, extend(row + 32));
    a0 = rotate30(a0);
    d1 = round(d1, e1, majority(a1, b1, c1), k, extend(row + 48));
    a1 = rotate30(a1);
    c0 = round(c0, d0, majority(e0, a0, b0), k, extend(row + 64));
    e0 = rotate30(e0);
    c1 = round(c1, d1, majority(e1, a1, b1), k, extend(row + 80));
    e1 = rotate30(e1);
    b0 = round(b0, c0, majority(d0, e0, a0), k, extend(row + 96));
    d0 = rotate30(d0);
    b1 = round(b1, c1, majority(d1, e1, a1), k, extend(row + 112));
    d1 = rotate30(d1);
    a0 = round(a0, b0, majority(c0, d0, e0), k, extend(row + 128));
    c0 = rotate30(c0);
    a1 = round(a1, b1, majority(c1, d1, e1), k, extend(row + 144));
    c1 = rotate30(c1);
  }
  for (let last: usize = 0; last < 4 * ROW; last += 16) extend(row + last);
  k = v128.load(CONSTANTS, 48);
  for (const end = schedule + 80 * ROW; row < end; row += 5 * ROW) {
    e0 = round(e0, a0, parity(b0, c0, d0), k, v128.load(row));
    b0 = rotate30(b0);
    e1 = round(e1, a1, parity(b1, c1, d1), k, v128.load(row, 16));
    b1 = rotate30(b1);
    d0 = round(d0, e0, parity(a0, b0, c0), k, v128.load(row, 32));
    a0 = rotate30(a0);
    d1 = round(d1, e1, parity(a1, b1, c1), k, v128.load(row, 48));
    a1 = rotate30(a1);
    c0 = round(c0, d0, parity(e0, a0, b0), k, v128.load(row, 64));
    e0 = rotate30(e0);
    c1 = round(c1, d1, parity(e1, a1, b1), k, v128.load(row, 80));
    e1 = rotate30(e1);
    b0 = round(b0, c0, parity(d0, e0, a0), k, v128.load(row, 96));
    d0 = rotate30(d0);
    b1 = round(b1, c1, parity(d1, e1, a1), k, v128.load(row, 112));
    d1 = rotate30(d1);
    a0 = round(a0, b0, parity(c0, d0, e0), k, v128.load(row, 128));
    c0 = rotate30(c0);
    a1 = round(a1, b1, parity(c1, d1, e1), k, v128.load(row, 144));
    c1 = rotate30(c1);
  }
  add(target, state, a0, a1);
  add(target + 32, state + 32, b0, b1);
  add(target + 64, state + 64, c0, c1);
  add(target + 96, state + 96, d0, d1);
  add(target + 128, state + 128, e0, e1);
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

function add(target: usize, state: usize, low: v128, high: v128): void {
  v128.store(target, i32x4.add(v128.load(state), low));
  v128.store(target, i32x4.add(v128.load(state, 16), high), 16);
}
