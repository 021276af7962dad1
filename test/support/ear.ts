import { Core } from "../../host/core/core.ts";
import type { Nic } from "../../host/nic/nic.ts";

let hearing: ReturnType<Core["receiveSlots"]> | undefined;

/** Every frame that has reached a NIC since it was asked last. */
export function framesAt(ear: Nic): Uint8Array[] {
  hearing ??= new Core().receiveSlots(0);
  const frames: Uint8Array[] = [];
  for (let count = ear.receive(hearing, 0); count > 0; count = ear.receive(hearing, 0)) {
    for (let slot = 0; slot < count; slot++) {
      const at = hearing.frameOffset(slot);
      frames.push(hearing.memory.slice(at, at + hearing.frameCapacity));
    }
  }
  return frames;
}

/** IPv4 advertisements that have reached a NIC since it was asked last. */
export function countAdvertisements(ear: Nic): number {
  return framesAt(ear).filter((frame) => frame[12] === 0x08 && frame[13] === 0 && frame[23] === 112).length;
}
