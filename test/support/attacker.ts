import { type Driver, peer, SECOND, START } from "./driver.ts";
import { type Advertisement, advertisementFrame, resealed } from "./frames.ts";

/** What somebody without the key can make of a recorded advertisement: everything that the HMAC does not cover. */
export interface Rewriting {
  readonly advbase?: number;
  readonly advskew?: number;
  readonly demote?: number;
  /** The IP source, 4 or 16 bytes. */
  readonly source?: Uint8Array;
  readonly timeToLive?: number;
}

/** The recorded frame with fields rewritten and both checksums mended. */
export function rewritten(frame: Uint8Array, rewriting: Rewriting): Uint8Array {
  const result = Uint8Array.from(frame);
  const is4 = result[12] === 0x08;
  const carp = is4 ? 14 + (result[14] & 15) * 4 : 54;
  const { advbase, advskew, demote, source, timeToLive } = rewriting;
  if (advskew !== undefined) result[carp + 2] = advskew;
  if (demote !== undefined) result[carp + 4] = demote;
  if (advbase !== undefined) result[carp + 5] = advbase;
  if (source !== undefined) result.set(source, is4 ? 26 : 22);
  if (timeToLive !== undefined) result[is4 ? 22 : 21] = timeToLive;
  return resealed(result);
}

/** The counter that a node of this kind sends at that time, when its clock is off by so much (protocol §4). */
export function clockCounter(timeNs: bigint, tag = 0x5a5a, offByNs = 0n): bigint {
  const utc = 1_700_000_000n * SECOND + (timeNs - START) + offByNs;
  const sixteenths = ((utc % SECOND) << 16n) / SECOND;
  return ((utc / SECOND) << 32n) | (sixteenths << 16n) | BigInt(tag);
}

/** An advertisement of the default peer with the counter of its clock at the driver's present. */
export function timedFrame(driver: Driver, fields: Partial<Advertisement> = {}): Uint8Array {
  return advertisementFrame({ ...peer, counter: clockCounter(driver.now), ...fields });
}

/** The driver hears the peer once a second for so long; returns what it heard. */
export function acquaint(driver: Driver, seconds: number, fields: Partial<Advertisement> = {}): Uint8Array[] {
  return Array.from({ length: seconds }, () => {
    driver.runUntil(driver.now + SECOND);
    const frame = timedFrame(driver, fields);
    driver.receive(frame);
    return frame;
  });
}
