/**
 * The unsolicited neighbor advertisement (RFC 4861 §4.4, §7.2.6) with a target link-layer address option.
 *
 *     0      1      2          4               8         24     25     26
 *     | 136  | code | checksum | R S O flags   | target  | 2    | 1    | MAC
 */
import { copyAddress6, copyMac, store16, store32 } from "../memory/bytes.ts";
import { fold } from "./checksum.ts";
import { HEADER_SIZE, NEXT_HEADER_ICMPV6 } from "./ipv6.ts";

export const PACKET_SIZE: usize = 32;

const OVERRIDE: u32 = 0x20000000;

/**
 * Announces that `mac` answers for `address`. The IPv6 header is in place before `packet`: the checksum takes
 * its addresses from there (RFC 8200 §8.1).
 */
export function composeUnsolicited(packet: usize, mac: usize, address: usize): void {
  store32(packet, 136 << 24);
  store32(packet + 4, OVERRIDE);
  copyAddress6(packet + 8, address);
  store16(packet + 24, 0x0201);
  copyMac(packet + 26, mac);
  store16(packet + 2, pseudoChecksum(packet));
}

function pseudoChecksum(packet: usize): u32 {
  let total: u64 = (bswap<u32>(PACKET_SIZE as u32) as u64) + (bswap<u32>(NEXT_HEADER_ICMPV6) as u64);
  const addresses = packet - HEADER_SIZE + 8;
  for (let at: usize = 0; at < 32; at += 4) total += load<u32>(addresses + at) as u64;
  for (let at: usize = 0; at < PACKET_SIZE; at += 4) total += load<u32>(packet + at) as u64;
  return fold(total) ^ 0xffff;
}
