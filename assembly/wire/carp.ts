/**
 * The CARP advertisement (protocol §1.4): 36 bytes, big-endian.
 *
 *     0          1      2         3         4     5         6          8         16
 *     | ver|type | vhid | advskew | authlen | pad | advbase | checksum | counter | digest (20 bytes)
 *
 * The checksum is over these 36 bytes alone, in IPv6 too. The digest covers version, type, VHID, the virtual
 * addresses and the counter; advskew and advbase are not covered.
 */
import { store16 } from "../memory/bytes.ts";
import { checksum, isIntact36, sum } from "./checksum.ts";

export const HEADER_SIZE: usize = 36;
/** What FreeBSD demands before it looks at the version: the length of a VRRPv3 header. */
export const SMALLEST_SIZE: usize = 8;
export const VERSION: u32 = 2;
export const VERSION_VRRP3: u32 = 3;
export const COUNTER: usize = 8;
export const DIGEST: usize = 16;

const VERSION_AND_TYPE: u8 = 0x21;
/** Counter and digest in 32-bit words. */
const AUTHENTICATION_LENGTH: u8 = 7;

export function version(header: usize): u32 {
  return (load<u8>(header) >> 4) as u32;
}

export function vhid(header: usize): u32 {
  return load<u8>(header, 1) as u32;
}

export function advskew(header: usize): u32 {
  return load<u8>(header, 2) as u32;
}

export function advbase(header: usize): u32 {
  return load<u8>(header, 5) as u32;
}

/** Whether type and authentication length are CARP's. The kernels do not look at them. */
export function isUsual(header: usize): bool {
  return load<u8>(header) == VERSION_AND_TYPE && load<u8>(header, 3) == AUTHENTICATION_LENGTH;
}

/** Whether `length` bytes from the header on, at least HEADER_SIZE, are as their checksum says. */
export function isIntact(header: usize, length: usize): bool {
  return length == HEADER_SIZE ? isIntact36(header) : sum(header, length) == 0xffff;
}

/** Writes all but the digest, which `seal` expects at its place. */
export function compose(header: usize, vhid: u32, base: u32, skew: u32, counter: u64): void {
  store<u8>(header, VERSION_AND_TYPE);
  store<u8>(header, vhid as u8, 1);
  store<u8>(header, skew as u8, 2);
  store<u8>(header, AUTHENTICATION_LENGTH, 3);
  store<u8>(header, 0, 4);
  store<u8>(header, base as u8, 5);
  store<u64>(header, bswap<u64>(counter), 8);
}

/** Computes the checksum when the digest is in place. */
export function seal(header: usize): void {
  store16(header + 6, 0);
  store16(header + 6, checksum(header, HEADER_SIZE));
}
