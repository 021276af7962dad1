/** Where things are in a received frame whose headers have been parsed. */
import { RECEIVE_FRAME } from "../abi.ts";
import { load64 } from "../memory/bytes.ts";
import { ReceiveSlot } from "../memory/records.ts";
import * as carp from "../wire/carp.ts";
import * as ethernet from "../wire/ethernet.ts";

/** The IP header. */
export function packetOf(slot: ReceiveSlot): usize {
  return changetype<usize>(slot) + RECEIVE_FRAME + ethernet.HEADER_SIZE;
}

/** The CARP header. */
export function headerOf(slot: ReceiveSlot): usize {
  return changetype<usize>(slot) + RECEIVE_FRAME + slot.carpOffset;
}

export function counterOf(slot: ReceiveSlot): u64 {
  return load64(headerOf(slot) + carp.COUNTER);
}
