/**
 * SHA-1 (RFC 3174; FIPS 180-4 §6.1.2), one block at a time. There is no running context: a state is five u32 in host
 * order at an address, a block is the first sixteen words of a schedule, in host order too, and whoever hashes lays
 * them out, padding included. That is all that HMAC over short messages needs, and nothing can be left half-fed.
 *
 * This is the oracle of `sha1-lanes`, and serves what does not fit there: set-up and long tails.
 */
import { load32 } from "../memory/bytes.ts";

export const BLOCK_SIZE: usize = 64;
export const STATE_SIZE: usize = 20;
/** Eighty words, of which the first sixteen are the block. */
export const SCHEDULE_SIZE: usize = 320;

/** Sets the five words of FIPS 180-4 §5.3.1. */
export function initialize(state: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
}

/** Makes the 64 bytes at `block` the block of `schedule`. */
export function loadBlock(schedule: usize, block: usize): void {
  for (let t: usize = 0; t < BLOCK_SIZE; t += 4) store<u32>(schedule + t, load32(block + t));
}

/** Compresses the block of `schedule` with `state` into `target`, which may be `state`. The block stays as it is. */
export function compress(target: usize, state: usize, schedule: usize): void {
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let word = schedule;
  for (const end = schedule + 80; word < end; word += 20) {
    e = round(e, a, choose(b, c, d), 0x5a827999, extend(word));
    b = rotl<u32>(b, 30);
    d = round(d, e, choose(a, b, c), 0x5a827999, extend(word + 4));
    a = rotl<u32>(a, 30);
    c = round(c, d, choose(e, a, b), 0x5a827999, extend(word + 8));
    e = rotl<u32>(e, 30);
    b = round(b, c, choose(d, e, a), 0x5a827999, extend(word + 12));
    d = rotl<u32>(d, 30);
    a = round(a, b, choose(c, d, e), 0x5a827999, extend(word + 16));
    c = rotl<u32>(c, 30);
  }
  for (const end = schedule + 160; word < end; word += 20) {
    e = round(e, a, parity(b, c, d), 0x6ed9eba1, extend(word));
    b = rotl<u32>(b, 30);
    d = round(d, e, parity(a, b, c), 0x6ed9eba1, extend(word + 4));
    a = rotl<u32>(a, 30);
    c = round(c, d, parity(e, a, b), 0x6ed9eba1, extend(word + 8));
    e = rotl<u32>(e, 30);
    b = round(b, c, parity(d, e, a), 0x6ed9eba1, extend(word + 12));
    d = rotl<u32>(d, 30);
    a = round(a, b, parity(c, d, e), 0x6ed9eba1, extend(word + 16));
    c = rotl<u32>(c, 30);
  }
  for (const end = schedule + 240; word < end; word += 20) {
    e = round(e, a, majority(b, c, d), 0x8f1bbcdc, extend(word));
    b = rotl<u32>(b, 30);
    d = round(d, e, majority(a, b, c), 0x8f1bbcdc, extend(word + 4));
    a = rotl<u32>(a, 30);
    c = round(c, d, majority(e, a, b), 0x8f1bbcdc, extend(word + 8));
    e = rotl<u32>(e, 30);
    b = round(b, c, majority(d, e, a), 0x8f1bbcdc, extend(word + 12));
    d = rotl<u32>(d, 30);
    a = round(a, b, majority(c, d, e), 0x8f1bbcdc, extend(word + 16));
    c = rotl<u32>(c, 30);
  }
  for (let last: usize = 0; last < 16; last += 4) extend(word + last);
  for (const end = schedule + SCHEDULE_SIZE; word < end; word += 20) {
    e = round(e, a, parity(b, c, d), 0xca62c1d6, load<u32>(word));
    b = rotl<u32>(b, 30);
    d = round(d, e, parity(a, b, c), 0xca62c1d6, load<u32>(word, 4));
    a = rotl<u32>(a, 30);
    c = round(c, d, parity(e, a, b), 0xca62c1d6, load<u32>(word, 8));
    e = rotl<u32>(e, 30);
    b = round(b, c, parity(d, e, a), 0xca62c1d6, load<u32>(word, 12));
    d = rotl<u32>(d, 30);
    a = round(a, b, parity(c, d, e), 0xca62c1d6, load<u32>(word, 16));
    c = rotl<u32>(c, 30);
  }
  store<u32>(target, load<u32>(state) + a);
  store<u32>(target, load<u32>(state, 4) + b, 4);
  store<u32>(target, load<u32>(state, 8) + c, 8);
  store<u32>(target, load<u32>(state, 12) + d, 12);
  store<u32>(target, load<u32>(state, 16) + e, 16);
}

/** The new value of the name whose turn it is: e + rotl5(a) + f(b, c, d) + k + w. */
function round(e: u32, a: u32, f: u32, k: u32, w: u32): u32 {
  return e + rotl<u32>(a, 5) + f + k + w;
}

/** W[t], and makes W[t + 16] of W[t], W[t + 2], W[t + 8] and W[t + 13]. */
function extend(word: usize): u32 {
  const w = load<u32>(word);
  store<u32>(word, rotl<u32>(w ^ load<u32>(word, 8) ^ load<u32>(word, 32) ^ load<u32>(word, 52), 1), 64);
  return w;
}

function choose(b: u32, c: u32, d: u32): u32 {
  return d ^ (b & (c ^ d));
}

function parity(b: u32, c: u32, d: u32): u32 {
  return b ^ c ^ d;
}

function majority(b: u32, c: u32, d: u32): u32 {
  return (b & c) | (d & (b | c));
}
