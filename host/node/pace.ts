/** How long frames gather before they are taken in, while there is a flood of them, in milliseconds. */
export const gatheringMs = 0.25;

/** Twenty thousand a second, for five milliseconds. */
const floodFrames = 100;
const floodWindowNs = 5_000_000n;
/** What gathers at sixteen thousand a second. */
const fewFrames = 4;

/**
 * Whether to take frames in as they come, each for itself and at once, or to let them gather, which costs a flood's
 * receiver a tenth of the time.
 */
export class Pace {
  /** While it is true, frames come so fast that waiting for each would cost more than they do. */
  isFlood = false;
  private windowNs = 0n;
  private frames = 0;

  /** Learns that a turn which ended at `nowNs` (monotonic) took in so many frames. */
  note(frames: number, nowNs: bigint): void {
    if (this.isFlood) {
      if (frames >= fewFrames) return;
      this.isFlood = false;
      this.frames = 0;
    }
    if (frames === 0) return;
    if (nowNs - this.windowNs > floodWindowNs) {
      this.windowNs = nowNs;
      this.frames = 0;
    }
    this.frames += frames;
    this.isFlood = this.frames >= floodFrames;
  }
}
