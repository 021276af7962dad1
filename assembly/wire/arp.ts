/**
 * ARP for IPv4 over Ethernet (RFC 826), gratuitous only (RFC 5227 §1.2).
 *
 *     0               2       4    5    6           8          14         18         24
 *     | hardware type | proto | 6  | 4  | operation | sender MAC | sender IP | target MAC | target IP
 */
import { copyMac, store16, store32 } from "../memory/bytes.ts";

export const PACKET_SIZE: usize = 28;
export const REQUEST: u32 = 1;
export const REPLY: u32 = 2;

/** Announces that `mac` answers for `address`. A reply names the sender as its target as well. */
export function composeGratuitous(packet: usize, operation: u32, mac: usize, address: usize): void {
  store16(packet, 1);
  store16(packet + 2, 0x0800);
  store16(packet + 4, 0x0604);
  store16(packet + 6, operation);
  copyMac(packet + 8, mac);
  store<u32>(packet + 14, load<u32>(address));
  if (operation == REPLY) {
    copyMac(packet + 18, mac);
  } else {
    store16(packet + 18, 0);
    store32(packet + 20, 0);
  }
  store<u32>(packet + 24, load<u32>(address));
}
