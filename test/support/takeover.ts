import { expect } from "vitest";
import type { HeardAdvertisement, Observer } from "../../host/demo/observer.ts";
import { waitFor } from "./wait.ts";

/** The master-down time of a backup in milliseconds (protocol §5), for advbase 1. */
export function masterDownMs(advskew: number): number {
  return 3000 + (advskew * 1000) / 256;
}

export interface Takeover {
  /** The last advertisement of the old master and the first of the new one. */
  readonly last: HeardAdvertisement;
  readonly first: HeardAdvertisement;
  /** The time between the two, in milliseconds. */
  readonly afterMs: number;
}

/** Waits for the first advertisement that `to` sends after this call, and finds the last of `from` before it. */
export async function awaitTakeover(
  observer: Observer,
  vhid: number,
  from: string,
  to: string,
  timeoutMs: number,
): Promise<Takeover> {
  const known = observer.heard(vhid, to).length;
  const first = await waitFor(
    () => observer.heard(vhid, to)[known],
    timeoutMs,
    `${to} advertises vhid ${vhid}`,
  );
  const last = observer.heard(vhid, from).findLast(({ at }) => at <= first.at);
  if (last === undefined) throw new Error(`${from} never advertised vhid ${vhid}`);
  return { last, first, afterMs: first.at - last.at };
}

/** The time of a takeover is the master-down time of the backup, and not more than a quarter of a second beyond. */
export function expectFormula(afterMs: number, advskew: number): void {
  expect(afterMs).toBeGreaterThan(masterDownMs(advskew) - 20);
  expect(afterMs).toBeLessThan(masterDownMs(advskew) + 250);
}
