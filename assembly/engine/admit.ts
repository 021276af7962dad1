/**
 * The last look at an advertisement that is authentic: not ours come back, from a source that can be, and with a counter
 * that this virtual host believes. None of this is FreeBSD's, so none of it is part of `judge`.
 */
import { INTERFACE_SOURCE4, INTERFACE_SOURCE6, State, Statistic, Verdict } from "../abi.ts";
import { load32, load64 } from "../memory/bytes.ts";
import { Instance, interfaceAt, ReceiveSlot } from "../memory/records.ts";
import { holds } from "../protocol/authenticator.ts";
import { wasSent } from "../protocol/counter.ts";
import { Finding, weigh } from "../protocol/replay.ts";
import * as carp from "../wire/carp.ts";
import { count } from "./counters.ts";
import { counterOf, headerOf, sourceOf } from "./slot.ts";

/** The verdict on an authentic advertisement. Ok and Refreshed have an effect, the others none. */
export function admit(instance: Instance, slot: ReceiveSlot): Verdict {
  const counter = counterOf(slot);
  if (wasSent(instance, counter)) return Verdict.Reflected;
  if (!isPossible(instance, slot)) return Verdict.BadSource;
  switch (weigh(instance, counter, printOf(slot))) {
    case Finding.Suspect:
      count(instance, Statistic.replaysuspects);
      return Verdict.Ok;
    case Finding.Resynchronized:
      count(instance, Statistic.resyncs);
      return Verdict.Ok;
    case Finding.Duplicate:
      return Verdict.Duplicate;
    case Finding.Stale:
      return Verdict.Stale;
    case Finding.Refresh:
      return Verdict.Refreshed;
    default:
      return Verdict.Ok;
  }
}

/** Whether another host can have sent it. */
function isPossible(instance: Instance, slot: ReceiveSlot): bool {
  const source = sourceOf(slot);
  const own = changetype<usize>(interfaceAt(slot.interfaceIndex));
  if (instance.state == State.Master && holds(instance, slot.family, source)) return false;
  if (slot.family == 4) {
    // FreeBSD sends from 0.0.0.0 where it has no address.
    const address = load32(source);
    if (address == 0) return true;
    return address >> 24 != 127 && address >> 28 < 14 && address != load32(own + INTERFACE_SOURCE4);
  }
  const high = load64(source);
  const low = load64(source + 8);
  if (high >> 56 == 0xff || (high == 0 && low <= 1)) return false;
  return high != load64(own + INTERFACE_SOURCE6) || low != load64(own + INTERFACE_SOURCE6 + 8);
}

/** Stands for what the digest does not cover: interval and source. */
function printOf(slot: ReceiveSlot): u32 {
  const header = headerOf(slot);
  const source = sourceOf(slot);
  let print = (load64(source + (slot.family == 4 ? 0 : 8)) >> (slot.family == 4 ? 32 : 0)) as u32;
  if (slot.family == 6) print ^= load32(source) * 31 + load32(source + 4);
  print = (print ^ (print >> 15)) * 0x85ebca6b;
  print ^= (carp.advbase(header) << 8) | carp.advskew(header);
  print = (print ^ (print >> 13)) * 0x9e3779b1;
  return print >> 16;
}
