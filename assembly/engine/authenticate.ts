/**
 * The HMAC of a batch's candidates. With SIMD they gather in lanes and are verified eight at a time, those of different
 * virtual hosts side by side; only tails of two blocks go alone.
 */
import { Verdict, WAITING_OFFSET, WAITING_SIZE } from "../abi.ts";
import { LANES } from "../crypto/sha1-lanes.ts";
import { instanceAt, ReceiveSlot } from "../memory/records.ts";
import { holdsLane, placeInLane, takeLane, verifies, verifyLanes } from "../protocol/authenticator.ts";
import * as carp from "../wire/carp.ts";
import { headerOf } from "./slot.ts";

/** How many candidates are authenticated side by side. */
export function candidatesAtOnce(): i32 {
  return ASC_FEATURE_SIMD ? LANES : 1;
}

/**
 * Takes a candidate when `waiting` others wait, and returns how many wait then. Ok or BadAuth is written into its slot
 * now, or when eight of them are together.
 */
export function authenticate(slot: ReceiveSlot, waiting: u32): u32 {
  const instance = instanceAt(slot.instance);
  const header = headerOf(slot);
  if (!ASC_FEATURE_SIMD || !holdsLane(instance, waiting)) {
    if (!ASC_FEATURE_SIMD || !takeLane(instance, waiting)) {
      conclude(slot, verifies(instance, header + carp.COUNTER, header + carp.DIGEST));
      return waiting;
    }
  }
  placeInLane(waiting, header + carp.COUNTER, header + carp.DIGEST);
  store<u32>(placeOf(waiting), changetype<usize>(slot) as u32);
  if (waiting + 1 < LANES) return waiting + 1;
  concludeWaiting(LANES);
  return 0;
}

/** Finishes the `waiting` candidates. The lanes that are left hold older ones, whose results are not read. */
export function concludeWaiting(waiting: u32): void {
  if (!ASC_FEATURE_SIMD || waiting == 0) return;
  let matching = verifyLanes();
  for (let lane: u32 = 0; lane < waiting; lane++) {
    conclude(changetype<ReceiveSlot>(load<u32>(placeOf(lane)) as usize), (matching & 1) != 0);
    matching >>= 1;
  }
}

function conclude(slot: ReceiveSlot, authentic: bool): void {
  slot.verdict = (authentic ? Verdict.Ok : Verdict.BadAuth) as u8;
}

/** Where the address of the slot is noted whose candidate lies in that lane. */
function placeOf(lane: u32): usize {
  return (WAITING_OFFSET as usize) + ((lane as usize) << 2);
}

if ((LANES as i32) << 2 > WAITING_SIZE) ERROR("not every lane has a place");
