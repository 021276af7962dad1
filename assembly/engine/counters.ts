/** Statistics, of the host and of each virtual host, in FreeBSD's order (protocol §3.2). */
import { INSTANCE_STATISTICS, STATISTICS_OFFSET, Statistic, Verdict } from "../abi.ts";
import { Instance, ReceiveSlot } from "../memory/records.ts";
import * as carp from "../wire/carp.ts";
import { isVrrp } from "../wire/vrrp.ts";
import { headerOf, payloadLengthOf } from "./slot.ts";

/** Counts for the host, and for the virtual host if one is concerned. */
export function count(instance: Instance | null, statistic: Statistic): void {
  increment(STATISTICS_OFFSET, statistic);
  if (instance != null) increment(changetype<usize>(instance) + INSTANCE_STATISTICS, statistic);
}

/** Counts what became of a received frame: that it came to CARP at all, and why it was dropped. */
export function countReceived(instance: Instance | null, family: u8, verdict: Verdict): void {
  if (verdict != Verdict.Ok && verdict < Verdict.NotAllowed) return;
  count(instance, family == 6 ? Statistic.ipackets6 : Statistic.ipackets);
  if (verdict == Verdict.BadLength) count(instance, Statistic.badlen);
  else if (verdict == Verdict.BadVersion) count(instance, Statistic.badver);
  else if (verdict == Verdict.BadChecksum) count(instance, Statistic.badsum);
  else if (verdict == Verdict.BadVhid) count(instance, Statistic.badvhid);
  else if (verdict == Verdict.BadTtl) count(instance, Statistic.badttl);
  else if (verdict == Verdict.BadAuth) count(instance, Statistic.badauth);
  else if (verdict == Verdict.BadInterface || verdict == Verdict.Loop) count(instance, Statistic.badif);
  else if (verdict == Verdict.Reflected) count(instance, Statistic.reflected);
  else if (verdict == Verdict.BadSource) count(instance, Statistic.badaddrs);
  else if (verdict == Verdict.Duplicate) count(instance, Statistic.duplicates);
  else if (verdict == Verdict.Stale) count(instance, Statistic.stale);
  else if (verdict == Verdict.Refreshed) count(instance, Statistic.refreshes);
}

/** Counts what is unusual about an advertisement that is accepted, as it is by the kernels. */
export function countOddities(instance: Instance, slot: ReceiveSlot): void {
  const header = headerOf(slot);
  if (payloadLengthOf(slot) > carp.HEADER_SIZE) count(instance, Statistic.trailing);
  if (!carp.isUsual(header)) count(instance, Statistic.oddheaders);
  if ((carp.advbase(header) | carp.advskew(header)) == 0) count(instance, Statistic.zerointervals);
}

/** Counts VRRP among what was dropped for its length, version, checksum or digest. */
export function countVrrp(instance: Instance | null, slot: ReceiveSlot): void {
  if (slot.carpOffset == 0 || !isVrrp(headerOf(slot), payloadLengthOf(slot))) return;
  count(instance, Statistic.vrrp);
}

function increment(statistics: usize, statistic: Statistic): void {
  const at = statistics + ((statistic as usize) << 3);
  store<u64>(at, load<u64>(at) + 1);
}
