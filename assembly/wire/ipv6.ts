/**
 * IPv6 (RFC 8200 §3). CARP uses no extension headers.
 *
 *     0                                4                6      7           8        24
 *     | version, class, flow label     | payload length | next | hop limit | source | target
 */
import { copyAddress6, load16, store16, store32, store64 } from "../memory/bytes.ts";

export const HEADER_SIZE: usize = 40;
export const NEXT_HEADER_CARP: u32 = 112;
export const NEXT_HEADER_ICMPV6: u32 = 58;

/** Whether `available` bytes hold an IPv6 header. */
export function checkHeader(packet: usize, available: usize): bool {
  return available >= HEADER_SIZE && load<u8>(packet) >> 4 == 6;
}

export function payloadLength(packet: usize): usize {
  return load16(packet + 4) as usize;
}

export function nextHeader(packet: usize): u32 {
  return load<u8>(packet, 6) as u32;
}

export function hopLimit(packet: usize): u32 {
  return load<u8>(packet, 7) as u32;
}

/** Where the source address is: sixteen bytes. */
export function source(packet: usize): usize {
  return packet + 8;
}

export function target(packet: usize): usize {
  return packet + 24;
}

/** Writes a header with hop limit 255 and flow label 0 to the link-local multicast group ff02::`group`. */
export function compose(
  packet: usize,
  length: usize,
  next: u32,
  dscp: u32,
  sourceAddress: usize,
  group: u64,
): void {
  store32(packet, 0x60000000 | (dscp << 22));
  store16(packet + 4, length as u32);
  store<u8>(packet + 6, next as u8);
  store<u8>(packet + 7, 255);
  copyAddress6(packet + 8, sourceAddress);
  store64(packet + 24, 0xff02000000000000);
  store64(packet + 32, group);
}
