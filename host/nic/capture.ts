import { type Nic, PacketType, type ReceiveRing, type TransmitRing } from "./nic.ts";
import { type CapturedFrame, encodeCapture, readCapture } from "./pcap.ts";

/** A capture file in the place of a network: its frames come in, and what is sent is kept. */
export interface CaptureNic extends Nic {
  /** What was sent, as a capture file. */
  sent(): Uint8Array;
}

/**
 * Opens a capture (pcap or pcapng); `fileName` is for messages. Its frames are received in order, as fast as they are
 * asked for, and all count as multicast: a capture does not tell for whom a frame was. Reading ends with an
 * OperatorError at the place where the file is damaged.
 */
export function openCaptureNic(file: Uint8Array, fileName: string): CaptureNic {
  return new FileNic(readCapture(file, fileName));
}

class FileNic implements CaptureNic {
  readonly name = "pcap";
  readonly descriptor = -1;
  readonly lastErrno = 0;
  private readonly frames: Generator<CapturedFrame>;
  private readonly kept: Uint8Array[] = [];

  constructor(frames: Generator<CapturedFrame>) {
    this.frames = frames;
  }

  receive(ring: ReceiveRing, first: number): number {
    let slot = first;
    while (slot < ring.slotCount) {
      const next = this.frames.next();
      if (next.done) break;
      const captured = next.value.bytes.subarray(0, ring.frameCapacity);
      ring.memory.set(captured, ring.frameOffset(slot));
      ring.describe(slot, captured.length, next.value.wireLength, PacketType.Multicast);
      slot++;
    }
    return slot - first;
  }

  send(ring: TransmitRing, first: number, count: number): number {
    for (let slot = first; slot < first + count; slot++) {
      const offset = ring.frameOffset(slot);
      this.kept.push(ring.memory.slice(offset, offset + ring.frameLength(slot)));
    }
    return count;
  }

  drops(): number {
    return 0;
  }

  close(): void {
    this.frames.return(undefined);
  }

  sent(): Uint8Array {
    return encodeCapture(this.kept.map((bytes) => ({ bytes, timeNs: 0n })));
  }
}
