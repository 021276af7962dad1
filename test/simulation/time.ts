/** Virtual time is nanoseconds in a number: exact for 104 days. */
export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
export const SECOND = 1_000_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 3600 * SECOND;
/** A time that does not come. */
export const NEVER = Number.POSITIVE_INFINITY;

/** The kernels count skews in whole microseconds (protocol §5). */
export function skewTime(advskew: number): number {
  return Math.floor((advskew * 1_000_000) / 256) * MICROSECOND;
}

/** The advertisement interval of a master. */
export function intervalOf(advbase: number, effectiveSkew: number): number {
  return advbase * SECOND + skewTime(effectiveSkew);
}

/** The master-down time of a backup, without the jitter. */
export function downTimeOf(advbase: number, advskew: number): number {
  return 3 * advbase * SECOND + skewTime(advskew);
}
