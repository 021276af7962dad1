/** How long frames gather before they are taken in, while there is a flood of them, in milliseconds. */
const gatheringMs = 1;

/** Five thousand a second, for five milliseconds. */
const floodFrames = 25;
const floodWindowNs = 5_000_000n;
/** While frames gather at less than two thousand a second, there is no flood any more. */
const fewFrames = 2;
/** The core's ring was full, so more may wait already. */
const manyFrames = 1024;

/**
 * Whether to take frames in as they come, each for itself and at once, or to let them gather, which costs a flood's
 * receiver a fraction of the time.
 */
export class Pace {
  /** Milliseconds for which to leave frames alone, or undefined where the next is waited for. */
  waitMs: number | undefined;
  private windowNs = 0n;
  private frames = 0;

  /** Learns that a turn which ended at `nowNs` (monotonic) took in so many frames. */
  note(frames: number, nowNs: bigint): void {
    if (this.waitMs !== undefined && frames < fewFrames) {
      this.waitMs = undefined;
      this.frames = 0;
    }
    if (frames === 0) return;
    if (this.waitMs === undefined && !this.isBeginning(frames, nowNs)) return;
    this.waitMs = frames < manyFrames ? gatheringMs : 0;
  }

  private isBeginning(frames: number, nowNs: bigint): boolean {
    if (nowNs - this.windowNs > floodWindowNs) {
      this.windowNs = nowNs;
      this.frames = 0;
    }
    this.frames += frames;
    return this.frames >= floodFrames;
  }
}
