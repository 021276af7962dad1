/**
 * The lease of the addresses: the kernel takes them away by itself when the host stops renewing it, so that a node that
 * was killed, frozen or paused answers for nothing (docs/RELIABILITY.md, "Lease").
 *
 * It lasts 2 advbase, in whole seconds, and is renewed with every advertisement that was sent, never by a timer of its
 * own: a node that cannot advertise must not keep the addresses. Where less than a quarter of the lease would be left at
 * the next advertisement, it is renewed once more after the first quarter: late enough to help, and so early that the
 * addresses are gone before a backup takes over, which waits three advbase at least.
 */
import { State } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import { NEVER, SECOND } from "./constants.ts";
import { advertisementInterval } from "./interval.ts";
import { reportRenew } from "./report.ts";
import { reschedule } from "./schedule.ts";

/** How long the lease lasts, in nanoseconds. */
export function leaseTime(instance: Instance): i64 {
  return instance.advbase == 0 ? SECOND : 2 * (instance.advbase as i64) * SECOND;
}

/** An advertisement of a master was sent. */
export function advertised(instance: Instance): void {
  if (!settings().lease || instance.state != State.Master) return;
  const now = settings().now;
  const lease = leaseTime(instance);
  // Many advertisements a second need not each renew it; an eighth less of it is no harm.
  if (now - instance.renewedAt >= lease >> 3) {
    instance.renewedAt = now;
    reportRenew(instance);
  }
  const interval = advertisementInterval(instance);
  const left = lease - interval;
  instance.renewDeadline = left < lease >> 2 ? now + (lease >> 2) : NEVER;
  reschedule(instance);
}

/** Once more between two advertisements; not when it is late, for then the addresses would stay too long after the first. */
export function renew(instance: Instance): void {
  const now = settings().now;
  const isLate = now - instance.renewDeadline > leaseTime(instance) >> 3;
  instance.renewDeadline = NEVER;
  if (instance.state != State.Master || isLate) return;
  instance.renewedAt = now;
  reportRenew(instance);
}
