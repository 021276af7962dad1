/**
 * SHA-1 (RFC 3174; FIPS 180-4 §6.1.2), one block at a time. There is no running context: a state is five u32 in
 * host order at an address, and whoever hashes lays out the blocks, padding included. That is all that HMAC over
 * short messages needs, and nothing can be left half-fed.
 */
import { load32 } from "../memory/bytes.ts";

export const BLOCK_SIZE: usize = 64;
export const STATE_SIZE: usize = 20;
/** Bytes of scratch memory that `compress` needs: the schedule of 80 words. */
export const SCHEDULE_SIZE: usize = 320;

/** Sets the five words of FIPS 180-4 §5.3.1. */
export function initialize(state: usize): void {
  store<u32>(state, 0x67452301);
  store<u32>(state, 0xefcdab89, 4);
  store<u32>(state, 0x98badcfe, 8);
  store<u32>(state, 0x10325476, 12);
  store<u32>(state, 0xc3d2e1f0, 16);
}

/**
 * Compresses the 64 bytes at `block` into `state`. `schedule` is SCHEDULE_SIZE bytes that nobody else uses
 * meanwhile. `target` may be `state`.
 */
export function compress(target: usize, state: usize, block: usize, schedule: usize): void {
  for (let t: usize = 0; t < 64; t += 4) store<u32>(schedule + t, load32(block + t));
  for (let t: usize = 64; t < 320; t += 4) {
    const at = schedule + t;
    const mixed = load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64);
    store<u32>(at, rotl<u32>(mixed, 1));
  }

  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let t: usize = 0; t < 320; t += 4) {
    let mixed: u32;
    if (t < 80) mixed = (d ^ (b & (c ^ d))) + 0x5a827999;
    else if (t < 160) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (t < 240) mixed = ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = rotl<u32>(a, 5) + mixed + e + load<u32>(schedule + t);
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(target, load<u32>(state) + a);
  store<u32>(target, load<u32>(state, 4) + b, 4);
  store<u32>(target, load<u32>(state, 8) + c, 8);
  store<u32>(target, load<u32>(state, 12) + d, 12);
  store<u32>(target, load<u32>(state, 16) + e, 16);
}
