/** The monotonic clock (CLOCK_MONOTONIC on Linux, the one of timerfd) in nanoseconds; it never goes back. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** The monotonic clock in milliseconds with fractions, for measuring what people read. */
export function monotonicMs(): number {
  return toMilliseconds(monotonicNs());
}

/** The time of day in milliseconds since 1970, which may jump: for what people read, never for a deadline. */
export function wallClockMs(): number {
  return Date.now();
}

/**
 * The time of day that belongs to a moment of the monotonic clock, as far as both can be known now: always the same
 * for a moment, until the clocks have come apart because one was set.
 */
export function wallClockMsAt(momentNs: bigint): number {
  const now = wallClockMs() - toMilliseconds(monotonicNs());
  if (Math.abs(now - differenceMs) > steadyMs) differenceMs = now;
  return toMilliseconds(momentNs) + differenceMs;
}

/** What belongs to rounding and to slewing is not worth another time for what has long happened. */
const steadyMs = 50;
let differenceMs = Number.NEGATIVE_INFINITY;

function toMilliseconds(momentNs: bigint): number {
  return Number(momentNs / 1000n) / 1000;
}
