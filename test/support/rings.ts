import type { PacketType, ReceiveRing, TransmitRing } from "../../host/nic/nic.ts";

export interface ReceivedFrame {
  readonly bytes: Uint8Array;
  readonly wireLength: number;
  readonly packetType: PacketType;
}

/** A receive ring that keeps what was described; `take` hands it out. */
export function receiveRing(slotCount = 64, frameCapacity = 256) {
  const memory = new Uint8Array(slotCount * (frameCapacity + 16) + 8).subarray(8);
  const described: (Omit<ReceivedFrame, "bytes"> & { slot: number; capturedLength: number })[] = [];
  const ring: ReceiveRing = {
    memory,
    slotCount,
    frameCapacity,
    frameOffset: (slot) => slot * (frameCapacity + 16) + 16,
    describe: (slot, capturedLength, wireLength, packetType) => {
      described.push({ slot, capturedLength, wireLength, packetType });
    },
  };
  const take = (): ReceivedFrame[] =>
    described.splice(0).map(({ slot, capturedLength, wireLength, packetType }) => {
      const offset = ring.frameOffset(slot);
      return { bytes: memory.slice(offset, offset + capturedLength), wireLength, packetType };
    });
  return { ring, take };
}

/** A transmit ring with the given frames in its slots. */
export function transmitRing(frames: readonly Uint8Array[], frameCapacity = 2048): TransmitRing {
  const memory = new Uint8Array(frames.length * frameCapacity);
  frames.forEach((frame, slot) => {
    memory.set(frame, slot * frameCapacity);
  });
  return {
    memory,
    slotCount: frames.length,
    frameOffset: (slot) => slot * frameCapacity,
    frameLength: (slot) => frames[slot].length,
  };
}
