/**
 * IPv4 (RFC 791), as much of it as CARP meets.
 *
 *     0        1      2              4          6                8     9          10         12       16
 *     | v|ihl  | TOS  | total length | identity | flags, offset  | TTL | protocol | checksum | source | target
 */
import { load16, store16, store32 } from "../memory/bytes.ts";
import { checksum, isIntact20, sum } from "./checksum.ts";

export const HEADER_SIZE: usize = 20;
export const PROTOCOL_CARP: u32 = 112;
export const TARGET_GROUP: u32 = 0xe0000012; // 224.0.0.18

const MORE_FRAGMENTS: u32 = 0x2000;
const FRAGMENT_OFFSET: u32 = 0x1fff;
const DONT_FRAGMENT: u32 = 0x4000;

/**
 * Whether this is the beginning of a CARP packet of exactly `size` bytes without options, and no fragment: two masked
 * words for the frames that matter. At least HEADER_SIZE bytes are there.
 */
export function isPlain(packet: usize, size: usize): bool {
  // The first byte is the lowest: version and IHL, any TOS, total length; flags and offset, any TTL, protocol.
  const start = (load<u32>(packet) & 0xffff00ff) ^ (0x45 | ((bswap<u16>(size as u16) as u32) << 16));
  const middle = (load<u32>(packet, 6) & 0xff00ff3f) ^ (PROTOCOL_CARP << 24);
  return (start | middle) == 0;
}

/** The header's length in bytes, options included, or 0 where version, IHL or `available` bytes do not allow one. */
export function headerLength(packet: usize, available: usize): usize {
  if (available < HEADER_SIZE) return 0;
  const first = load<u8>(packet) as usize;
  if (first >> 4 != 4) return 0;
  const length = (first & 15) << 2;
  return length < HEADER_SIZE || length > available ? 0 : length;
}

export function totalLength(packet: usize): usize {
  return load16(packet + 2) as usize;
}

export function isFragment(packet: usize): bool {
  return (load<u16>(packet, 6) & bswap<u16>((MORE_FRAGMENTS | FRAGMENT_OFFSET) as u16)) != 0;
}

export function timeToLive(packet: usize): u32 {
  return load<u8>(packet, 8) as u32;
}

export function protocol(packet: usize): u32 {
  return load<u8>(packet, 9) as u32;
}

export function hasValidChecksum(packet: usize, length: usize): bool {
  return length == HEADER_SIZE ? isIntact20(packet) : sum(packet, length) == 0xffff;
}

/** Where the source address is: four bytes. */
export function source(packet: usize): usize {
  return packet + 12;
}

/** Writes a 20-byte header: TTL 255, don't fragment, identity 0 as RFC 6864 §4.1 allows then. */
export function compose(
  packet: usize,
  payloadLength: usize,
  dscp: u32,
  sourceAddress: usize,
  target: u32,
): void {
  store16(packet, 0x4500 | (dscp << 2));
  store16(packet + 2, (HEADER_SIZE + payloadLength) as u32);
  store32(packet + 4, DONT_FRAGMENT);
  store32(packet + 8, (255 << 24) | (PROTOCOL_CARP << 16));
  store<u32>(packet + 12, load<u32>(sourceAddress));
  store32(packet + 16, target);
  store16(packet + 10, checksum(packet, HEADER_SIZE));
}
