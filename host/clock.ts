/** The monotonic clock (CLOCK_MONOTONIC on Linux, the one of timerfd) in nanoseconds; it never goes back. */
export function monotonicNs(): bigint {
  return process.hrtime.bigint();
}

/** The time of day in milliseconds since 1970, which may jump: for what people read, never for a deadline. */
export function wallClockMs(): number {
  return Date.now();
}

/** The time of day that belongs to a moment of the monotonic clock, as far as both can be known now. */
export function wallClockMsAt(momentNs: bigint): number {
  return wallClockMs() - Number((monotonicNs() - momentNs) / 1_000_000n);
}
