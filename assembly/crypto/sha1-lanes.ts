/**
 * SHA-1 of eight blocks at once. Every word is a row of eight lanes, 32 bytes, worked on as two vectors of four:
 *
 *     row  0 .. 15    the blocks, a lane each, in host order; they stay as they are
 *     row 16 .. 79    the rest of the schedule; row t + 16 is made after round t
 *
 * A state is five rows. In the names below a to e are lanes 0 to 3, and A to E lanes 4 to 7. Five rounds are five pairs
 * of lines in which the names rotate. All access to memory is by a pointer and a constant, first for lanes 0 to 3, then
 * for 4 to 7, with no store between: so an engine that can join vectors of four to vectors of eight is able to.
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

/** Compresses the eight blocks of `schedule` with `state` into `target`, which may be the same. */
export function compressLanes(target: usize, state: usize, schedule: usize): void {
  let a = v128.load(state, 0);
  let b = v128.load(state, 32);
  let c = v128.load(state, 64);
  let d = v128.load(state, 96);
  let e = v128.load(state, 128);
  let A = v128.load(state, 16);
  let B = v128.load(state, 48);
  let C = v128.load(state, 80);
  let D = v128.load(state, 112);
  let E = v128.load(state, 144);
  let row = schedule;
  const k1 = v128.load(CONSTANTS, 0);
  // biome-ignore format: two lines are a round
  for (const end = schedule + 20 * ROW; row < end; ) {
    e = round(e, a, choose(b, c, d), k1, v128.load(row, 0));   b = rotate30(b);
    E = round(E, A, choose(B, C, D), k1, v128.load(row, 16));  B = rotate30(B);  row = extend(row);
    d = round(d, e, choose(a, b, c), k1, v128.load(row, 0));   a = rotate30(a);
    D = round(D, E, choose(A, B, C), k1, v128.load(row, 16));  A = rotate30(A);  row = extend(row);
    c = round(c, d, choose(e, a, b), k1, v128.load(row, 0));   e = rotate30(e);
    C = round(C, D, choose(E, A, B), k1, v128.load(row, 16));  E = rotate30(E);  row = extend(row);
    b = round(b, c, choose(d, e, a), k1, v128.load(row, 0));   d = rotate30(d);
    B = round(B, C, choose(D, E, A), k1, v128.load(row, 16));  D = rotate30(D);  row = extend(row);
    a = round(a, b, choose(c, d, e), k1, v128.load(row, 0));   c = rotate30(c);
    A = round(A, B, choose(C, D, E), k1, v128.load(row, 16));  C = rotate30(C);  row = extend(row);
  }
  const k2 = v128.load(CONSTANTS, 16);
  // biome-ignore format: two lines are a round
  for (const end = schedule + 40 * ROW; row < end; ) {
    e = round(e, a, parity(b, c, d), k2, v128.load(row, 0));   b = rotate30(b);
    E = round(E, A, parity(B, C, D), k2, v128.load(row, 16));  B = rotate30(B);  row = extend(row);
    d = round(d, e, parity(a, b, c), k2, v128.load(row, 0));   a = rotate30(a);
    D = round(D, E, parity(A, B, C), k2, v128.load(row, 16));  A = rotate30(A);  row = extend(row);
    c = round(c, d, parity(e, a, b), k2, v128.load(row, 0));   e = rotate30(e);
    C = round(C, D, parity(E, A, B), k2, v128.load(row, 16));  E = rotate30(E);  row = extend(row);
    b = round(b, c, parity(d, e, a), k2, v128.load(row, 0));   d = rotate30(d);
    B = round(B, C, parity(D, E, A), k2, v128.load(row, 16));  D = rotate30(D);  row = extend(row);
    a = round(a, b, parity(c, d, e), k2, v128.load(row, 0));   c = rotate30(c);
    A = round(A, B, parity(C, D, E), k2, v128.load(row, 16));  C = rotate30(C);  row = extend(row);
  }
  const k3 = v128.load(CONSTANTS, 32);
  // biome-ignore format: two lines are a round
  for (const end = schedule + 60 * ROW; row < end; ) {
    e = round(e, a, majority(b, c, d), k3, v128.load(row, 0));   b = rotate30(b);
    E = round(E, A, majority(B, C, D), k3, v128.load(row, 16));  B = rotate30(B);  row = extend(row);
    d = round(d, e, majority(a, b, c), k3, v128.load(row, 0));   a = rotate30(a);
    D = round(D, E, majority(A, B, C), k3, v128.load(row, 16));  A = rotate30(A);  row = extend(row);
    c = round(c, d, majority(e, a, b), k3, v128.load(row, 0));   e = rotate30(e);
    C = round(C, D, majority(E, A, B), k3, v128.load(row, 16));  E = rotate30(E);  row = extend(row);
    b = round(b, c, majority(d, e, a), k3, v128.load(row, 0));   d = rotate30(d);
    B = round(B, C, majority(D, E, A), k3, v128.load(row, 16));  D = rotate30(D);  row = extend(row);
    a = round(a, b, majority(c, d, e), k3, v128.load(row, 0));   c = rotate30(c);
    A = round(A, B, majority(C, D, E), k3, v128.load(row, 16));  C = rotate30(C);  row = extend(row);
  }
  const k4 = v128.load(CONSTANTS, 48);
  for (let last = row; last < schedule + 64 * ROW; ) last = extend(last);
  // biome-ignore format: two lines are a round
  for (const end = schedule + 80 * ROW; row < end; ) {
    e = round(e, a, parity(b, c, d), k4, v128.load(row, 0));   b = rotate30(b);
    E = round(E, A, parity(B, C, D), k4, v128.load(row, 16));  B = rotate30(B);  row += ROW;
    d = round(d, e, parity(a, b, c), k4, v128.load(row, 0));   a = rotate30(a);
    D = round(D, E, parity(A, B, C), k4, v128.load(row, 16));  A = rotate30(A);  row += ROW;
    c = round(c, d, parity(e, a, b), k4, v128.load(row, 0));   e = rotate30(e);
    C = round(C, D, parity(E, A, B), k4, v128.load(row, 16));  E = rotate30(E);  row += ROW;
    b = round(b, c, parity(d, e, a), k4, v128.load(row, 0));   d = rotate30(d);
    B = round(B, C, parity(D, E, A), k4, v128.load(row, 16));  D = rotate30(D);  row += ROW;
    a = round(a, b, parity(c, d, e), k4, v128.load(row, 0));   c = rotate30(c);
    A = round(A, B, parity(C, D, E), k4, v128.load(row, 16));  C = rotate30(C);  row += ROW;
  }
  a = i32x4.add(v128.load(state, 0), a);
  A = i32x4.add(v128.load(state, 16), A);
  b = i32x4.add(v128.load(state, 32), b);
  B = i32x4.add(v128.load(state, 48), B);
  c = i32x4.add(v128.load(state, 64), c);
  C = i32x4.add(v128.load(state, 80), C);
  d = i32x4.add(v128.load(state, 96), d);
  D = i32x4.add(v128.load(state, 112), D);
  e = i32x4.add(v128.load(state, 128), e);
  E = i32x4.add(v128.load(state, 144), E);
  v128.store(target, a, 0);
  v128.store(target, A, 16);
  v128.store(target, b, 32);
  v128.store(target, B, 48);
  v128.store(target, c, 64);
  v128.store(target, C, 80);
  v128.store(target, d, 96);
  v128.store(target, D, 112);
  v128.store(target, e, 128);
  v128.store(target, E, 144);
}

/** The new value of the name whose turn it is: e + rotl5(a) + f(b, c, d) + k + w. */
function round(e: v128, a: v128, f: v128, k: v128, w: v128): v128 {
  const rotated = v128.or(i32x4.shl(a, 5), i32x4.shr_u(a, 27));
  return i32x4.add(i32x4.add(i32x4.add(e, i32x4.add(k, w)), f), rotated);
}

/** Makes W[t + 16] of W[t], W[t + 2], W[t + 8] and W[t + 13], and returns the row of t + 1. */
function extend(row: usize): usize {
  const low = v128.xor(
    v128.xor(v128.load(row), v128.load(row, 64)),
    v128.xor(v128.load(row, 256), v128.load(row, 416)),
  );
  const high = v128.xor(
    v128.xor(v128.load(row, 16), v128.load(row, 80)),
    v128.xor(v128.load(row, 272), v128.load(row, 432)),
  );
  v128.store(row, rotate1(low), 512);
  v128.store(row, rotate1(high), 528);
  return row + ROW;
}

/** A negative word compares to -1, the bit that comes round: cheaper than a second shift. */
function rotate1(word: v128): v128 {
  return i32x4.sub(i32x4.add(word, word), i32x4.lt_s(word, i32x4.splat(0)));
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
