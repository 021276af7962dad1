import { MILLISECOND } from "./time.ts";

/** S10: a node makes at most so many calls in a millisecond, or it runs in a circle. */
const MOST_CALLS = 64;

/** Counts calls. */
export class Pace {
  private calls = 0;
  private millisecond = -1;

  /** Takes note of a call. */
  isTooFast(now: number): boolean {
    const millisecond = Math.floor(now / MILLISECOND);
    if (millisecond !== this.millisecond) this.calls = 0;
    this.millisecond = millisecond;
    return ++this.calls > MOST_CALLS;
  }
}
