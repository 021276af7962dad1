/** Where things are in a received frame whose headers have been parsed, and the list of those to be authenticated. */
import { CANDIDATES_OFFSET, RECEIVE_FRAME } from "../abi.ts";
import { load64 } from "../memory/bytes.ts";
import { ReceiveSlot, receiveSlotAt } from "../memory/records.ts";
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

/** The slot of the candidate at `position` of the list. */
export function candidateAt(position: u32): ReceiveSlot {
  return receiveSlotAt(load<u16>(entry(position)));
}

/** Makes slot `index` the candidate at `position`. */
export function setCandidate(position: u32, index: u32): void {
  store<u16>(entry(position), index as u16);
}

function entry(position: u32): usize {
  return (CANDIDATES_OFFSET as usize) + ((position as usize) << 1);
}
