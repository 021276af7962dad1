/** What the flight recorder remembers, as a pcapng file. */
import { getSystemErrorName } from "node:util";
import { wallClockMsAt } from "../clock.ts";
import { verdictWord } from "../core/words.ts";
import { encodeAnnotated } from "../nic/pcap-ng-writer.ts";
import {
  Fate,
  type RecordedFrame,
  type RingSnapshot,
  readSnapshot,
  snapLength,
} from "../recorder/frame-ring.ts";

/** What the packet thread hands over: the ring, and what its interfaces are called. */
export interface Recording {
  readonly ring: RingSnapshot;
  readonly interfaces: readonly string[];
}

/**
 * The pcapng file of a recording: every frame with its direction, and with its verdict or how sending it went as its
 * comment. `application` names the program with its version; `occasion` says why the file is written.
 */
export function encodeRecording(
  { ring, interfaces }: Recording,
  application: string,
  occasion: string,
): Buffer {
  const utcAtZeroNs = BigInt(Math.round(wallClockMsAt(0n) * 1000)) * 1000n;
  const left =
    ring.unrecorded === 0 ? "" : `; ${ring.unrecorded} refused frames came too fast to be recorded`;
  return encodeAnnotated({
    application,
    comment: `${application}: ${occasion}${left}`,
    interfaces,
    snapLength,
    frames: readSnapshot(ring).map((frame) => ({
      ...frame,
      timeNs: frame.timeNs + utcAtZeroNs,
      comment: outcomeWord(frame),
    })),
  });
}

function outcomeWord({ fate, outcome }: RecordedFrame): string {
  if (fate !== Fate.Sent) return verdictWord(outcome);
  return outcome === 0 ? "sent" : `not sent: ${getSystemErrorName(-outcome)}, errno ${outcome}`;
}
