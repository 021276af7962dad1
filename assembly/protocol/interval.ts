/** Advertisement intervals and master-down times (protocol §5). */
import { Instance, settings } from "../memory/records.ts";
import { DEAD_RATIO, LARGEST_JITTER, LARGEST_SKEW, LARGEST_TIE_JITTER, SECOND } from "./constants.ts";

/** The skew on the wire and in comparisons: configured plus demotion, held between 0 and 240. */
export function effectiveSkew(instance: Instance): u32 {
  const skew = (instance.advskew as i64) + (settings().demotion as i64);
  return skew < 0 ? 0 : skew > LARGEST_SKEW ? LARGEST_SKEW : (skew as u32);
}

/**
 * An interval as one number that orders as (seconds, microseconds) do: 1/256 s is never a whole second, so
 * comparing `base * 256 + skew` is comparing the pair.
 */
export function rank(base: u32, skew: u32): u32 {
  return (base << 8) | skew;
}

/** The rank of this virtual host's own advertisements. */
export function ownRank(instance: Instance): u32 {
  return rank(instance.advbase, effectiveSkew(instance));
}

/** The rank beyond which a peer's interval would let this backup time out in any case. */
export function timeOutRank(instance: Instance): u32 {
  if (instance.advbase == 0) return DEAD_RATIO * effectiveSkew(instance);
  return rank(DEAD_RATIO * instance.advbase, effectiveSkew(instance));
}

/** The time between two advertisements of a master, in nanoseconds; never less than 1/256 s, whatever the demotion. */
export function advertisementInterval(instance: Instance): i64 {
  const interval = (instance.advbase as i64) * SECOND + skewTime(effectiveSkew(instance));
  return interval > 0 ? interval : skewTime(1);
}

/** The least time between two advertisements of a master with this advbase, whatever its skew, in nanoseconds. */
export function shortestInterval(instance: Instance): i64 {
  if (instance.advbase > 0) return (instance.advbase as i64) * SECOND;
  return skewTime(max<u32>(instance.advskew, 1));
}

/**
 * How long a backup waits for its master, in nanoseconds: 3 advbase and the configured skew, which demotion does
 * not change, and a jitter below 1/512 s without which equal nodes can step up and down together for ever
 * (protocol §15.4). With advbase 0, OpenBSD's dialect, the skew alone is the interval, and three of them are waited.
 */
export function masterDownTime(instance: Instance): i64 {
  if (instance.advbase == 0) return skewTime(DEAD_RATIO * instance.advskew) + jitter(instance);
  return (
    (DEAD_RATIO as i64) * (instance.advbase as i64) * SECOND + skewTime(instance.advskew) + jitter(instance)
  );
}

/** The kernels count in whole microseconds. */
function skewTime(skew: u32): i64 {
  return (((skew as i64) * 1_000_000) / 256) * 1000;
}

function jitter(instance: Instance): i64 {
  return (draw(instance) % LARGEST_JITTER) as i64;
}

/** What two equal masters add that step down for each other, so that they do not meet again. */
export function tieJitter(instance: Instance): i64 {
  return (draw(instance) % LARGEST_TIE_JITTER) as i64;
}

/** 53 bits of xorshift64 (Marsaglia 2003); the seed is the host's entropy and never 0. */
function draw(instance: Instance): u64 {
  let random = instance.random;
  random ^= random << 13;
  random ^= random >> 7;
  random ^= random << 17;
  instance.random = random;
  return random >> 11;
}
