/** Where things are in a received frame whose headers have been parsed. */
import { RECEIVE_FRAME, RECEIVE_INSTANCE } from "../abi.ts";
import { load64 } from "../memory/bytes.ts";
import { ReceiveSlot } from "../memory/records.ts";
import * as carp from "../wire/carp.ts";
import * as ethernet from "../wire/ethernet.ts";

export function frameOf(slot: ReceiveSlot): usize {
  return changetype<usize>(slot) + RECEIVE_FRAME;
}

/** The IP header. */
export function packetOf(slot: ReceiveSlot): usize {
  return frameOf(slot) + ethernet.HEADER_SIZE;
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

export function counterOf(slot: ReceiveSlot): u64 {
  return load64(headerOf(slot) + carp.COUNTER);
}
