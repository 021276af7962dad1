/**
 * Ethernet II.
 *
 *     0            6            12      14
 *     | target MAC | source MAC | type  | payload
 */
import { copyMac, store16, store32 } from "../memory/bytes.ts";

export const HEADER_SIZE: usize = 14;
export const TYPE_IPV4: u32 = 0x0800;
export const TYPE_ARP: u32 = 0x0806;
export const TYPE_IPV6: u32 = 0x86dd;

/** The EtherType as it lies in the frame, which has at least HEADER_SIZE bytes: to be compared with `swapped`. */
export function rawType(frame: usize): u16 {
  return load<u16>(frame, 12);
}

/** An EtherType as `rawType` gives it; of a constant, this is a constant. */
export function swapped(type: u32): u16 {
  return bswap<u16>(type as u16);
}

/** Writes the header with the source MAC at `sourceMac`; the target is written by one of the functions below. */
export function compose(frame: usize, sourceMac: usize, type: u32): void {
  copyMac(frame + 6, sourceMac);
  store16(frame + 12, type);
}

export function setTarget(frame: usize, high16: u32, low32: u32): void {
  store16(frame, high16);
  store32(frame + 2, low32);
}

/** ff:ff:ff:ff:ff:ff */
export function setBroadcastTarget(frame: usize): void {
  setTarget(frame, 0xffff, 0xffffffff);
}

/** The virtual MAC of a VHID, 00:00:5e:00:01:VHID, for both address families (protocol §1.1). */
export function storeVirtualMac(target: usize, vhid: u32): void {
  store16(target, 0);
  store32(target + 2, 0x5e000100 | vhid);
}
