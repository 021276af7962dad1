/** What is due. */
import { settings } from "../memory/records.ts";
import { room } from "../protocol/report.ts";
import { next, nextDeadline } from "../protocol/schedule.ts";
import { expire } from "../protocol/state.ts";

/** The most events that one instance's expiry can cause. */
const EVENTS_PER_EXPIRY: u32 = 2;

/**
 * Runs every deadline that has come. Should the event ring fill up, the rest stays due, and the next deadline is
 * one that has passed.
 */
export function runDeadlines(): void {
  const now = settings().now;
  while (nextDeadline() <= now && room() >= EVENTS_PER_EXPIRY) expire(next());
}
