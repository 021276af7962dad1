/** Where things are in a received frame whose headers have been parsed. */
import { RECEIVE_FRAME, RECEIVE_INSTANCE } from "../abi.ts";
import { load64 } from "../memory/bytes.ts";
import { ReceiveSlot } from "../memory/records.ts";
import * as carp from "../wire/carp.ts";
import * as ethernet from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

export function frameOf(slot: ReceiveSlot): usize {
  return changetype<usize>(slot) + RECEIVE_FRAME;
}

/** The IP header. */
export function packetOf(slot: ReceiveSlot): usize {
  return frameOf(slot) + ethernet.HEADER_SIZE;
}

/** Where the source address is: 4 or 16 bytes. */
export function sourceOf(slot: ReceiveSlot): usize {
  return slot.family == 4 ? ipv4.source(packetOf(slot)) : ipv6.source(packetOf(slot));
}

/** The CARP header. */
export function headerOf(slot: ReceiveSlot): usize {
  return frameOf(slot) + slot.carpOffset;
}

/** Notes which instance the frame is for and where its CARP header is, in one move. */
export function note(slot: ReceiveSlot, instance: u32, header: usize): void {
  const offset = (header - frameOf(slot)) as u32;
  store<u32>(changetype<usize>(slot), instance | (offset << 16), RECEIVE_INSTANCE);
}

/** How many bytes the IP header says there are from the CARP header on. */
export function payloadLengthOf(slot: ReceiveSlot): usize {
  const packet = packetOf(slot);
  if (slot.family == 6) return ipv6.payloadLength(packet);
  return ipv4.totalLength(packet) - (headerOf(slot) - packet);
}

export function counterOf(slot: ReceiveSlot): u64 {
  return load64(headerOf(slot) + carp.COUNTER);
}
