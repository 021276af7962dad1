import { type Nic, PacketType } from "../../host/nic/nic.ts";

/** A NIC that sends when it is allowed to. */
export interface FaultyNic {
  /** With another number than 0, nothing leaves, and this is why. */
  errno: number;
  /** Frames that were to be sent while nothing could. */
  refused: number;
  /** NICs that are open. */
  open: number;
  /** The frame waits for whoever receives next. */
  hear(frame: Uint8Array): void;
  wrap(nic: Nic): Nic;
}

/** The same fault for every NIC that is wrapped. */
export function faulty(): FaultyNic {
  const waiting: Uint8Array[] = [];
  const fault: FaultyNic = {
    errno: 0,
    refused: 0,
    open: 0,
    hear: (frame) => void waiting.push(frame),
    wrap: (nic) => {
      fault.open++;
      return {
        name: nic.name,
        descriptor: nic.descriptor,
        get lastErrno() {
          return fault.errno !== 0 ? fault.errno : nic.lastErrno;
        },
        receive: (ring, first) => {
          const frame = waiting.shift();
          if (frame === undefined) return nic.receive(ring, first);
          ring.memory.set(frame, ring.frameOffset(first));
          ring.describe(first, frame.length, frame.length, PacketType.Multicast);
          return 1;
        },
        send: (ring, first, count) => {
          if (fault.errno === 0) return nic.send(ring, first, count);
          fault.refused += count;
          return 0;
        },
        drops: () => nic.drops(),
        close: () => {
          fault.open--;
          nic.close();
        },
      };
    },
  };
  return fault;
}
