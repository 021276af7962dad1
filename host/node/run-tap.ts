import { monotonicNs } from "../clock.ts";
import { CallEncoder } from "../core/call-encoder.ts";
import type { Core } from "../core/core.ts";
import type { Log } from "./log.ts";

/** What is written down waits so long for more, unless the buffer is full before. */
const gatheringNs = 50_000_000n;

/** Has a core's calls written down and given away in pieces. */
export class RunTap {
  private readonly encoder: CallEncoder;
  private flushedNs = 0n;

  constructor(core: Core, capacity: number, write: (piece: Uint8Array) => void, log: Log) {
    this.encoder = new CallEncoder(core.memory, capacity, write, () =>
      log("warning", `the recorded run has reached its ${capacity} bytes and ends here`),
    );
    core.logCalls(this.encoder);
  }

  /** Gives away what has gathered: a few pieces a second, or at once what must not be lost. */
  flush(atOnce: boolean): void {
    const now = monotonicNs();
    if (!atOnce && now - this.flushedNs < gatheringNs) return;
    this.flushedNs = now;
    this.encoder.flush();
  }
}
