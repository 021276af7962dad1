/** What is due. */
import { Statistic } from "../abi.ts";
import { instanceAt, settings } from "../memory/records.ts";
import { LEAST_LATENESS } from "../protocol/constants.ts";
import { room } from "../protocol/report.ts";
import { next, nextDeadline } from "../protocol/schedule.ts";
import { expire, restartIfLate } from "../protocol/state.ts";
import { count } from "./counters.ts";

/** The most events that one instance's expiry can cause. */
const EVENTS_PER_EXPIRY: u32 = 3;

/** Whoever is so late that the host cannot have run starts over. Call it first, whatever the host comes with. */
export function restartTheLate(): void {
  const all = settings();
  if (nextDeadline() > all.now - LEAST_LATENESS) return;
  for (let index: u32 = 0; index < all.instanceLimit && room() >= EVENTS_PER_EXPIRY; index++) {
    const instance = instanceAt(index);
    if (instance.inUse && restartIfLate(instance)) count(instance, Statistic.latesteps);
  }
}

/**
 * Runs every deadline that has come. Should the event ring fill up, the rest stays due, and the next deadline is
 * one that has passed.
 */
export function runDeadlines(): void {
  const now = settings().now;
  while (nextDeadline() <= now && room() >= EVENTS_PER_EXPIRY) expire(next());
}
