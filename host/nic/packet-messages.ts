import { EAGAIN, EINTR } from "../system/errno.ts";
import { libc } from "../system/libc.ts";
import { nativeMemory } from "../system/memory.ts";
import { MessageTable } from "../system/messages.ts";
import { MSG_DONTWAIT, MSG_TRUNC, setReceiveBuffer } from "../system/socket.ts";
import type { PacketType, ReceiveRing } from "./nic.ts";
import type { FrameSource } from "./packet-ring.ts";

const batchSize = 64;
const receiveBufferLength = 4 * 1024 * 1024;

/** What arrives at a packet socket by recvmmsg(2), straight into the caller's slots: for kernels without the ring. */
export class PacketMessages implements FrameSource {
  lastErrno = 0;
  readonly #descriptor: number;
  #ring: ReceiveRing | undefined;
  #table = new MessageTable(0, true);

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    setReceiveBuffer(descriptor, receiveBufferLength);
  }

  receive(ring: ReceiveRing, first: number): number {
    if (ring !== this.#ring) this.#adopt(ring);
    const table = this.#table;
    const room = Math.min(batchSize, ring.slotCount - first);
    this.lastErrno = 0;
    if (room <= 0) return 0;
    const count = libc().recvmmsg(this.#descriptor, table.address(first), room, MSG_DONTWAIT | MSG_TRUNC, 0n);
    if (count < 0) {
      const errno = libc().errno();
      if (errno !== EAGAIN && errno !== EINTR) this.lastErrno = errno;
      return 0;
    }
    for (let slot = first; slot < first + count; slot++) {
      const wireLength = table.messageLength(slot);
      const packetType: PacketType = table.packetType(slot);
      ring.describe(slot, Math.min(wireLength, ring.frameCapacity), wireLength, packetType);
    }
    return count;
  }

  close(): void {}

  #adopt(ring: ReceiveRing): void {
    const { address } = nativeMemory(ring.memory);
    this.#table = new MessageTable(ring.slotCount, true);
    for (let slot = 0; slot < ring.slotCount; slot++) {
      this.#table.point(slot, address + BigInt(ring.frameOffset(slot)), ring.frameCapacity);
    }
    this.#ring = ring;
  }
}
