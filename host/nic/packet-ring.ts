import { SystemError } from "../errors.ts";
import { type Mapping, mapShared } from "../system/mapping.ts";
import { getOption, SO_ERROR, SOL_SOCKET, setOption, setOptionAside } from "../system/socket.ts";
import type { ReceiveRing } from "./nic.ts";

/** What receives for a packet socket; as Nic.receive, and `lastErrno` as the packet NIC explains it. */
export interface FrameSource {
  readonly lastErrno: number;
  receive(ring: ReceiveRing, first: number): number;
  /** Before the descriptor is closed. Once; nothing is received afterwards. */
  close(): void;
}

const SOL_PACKET = 263;
const PACKET_RX_RING = 5;
const PACKET_VERSION = 10;
const PACKET_RESERVE = 12;
const TPACKET_V2 = 1;

const TP_STATUS_KERNEL = 0;
const TP_STATUS_USER = 1;
const TP_STATUS_VLAN_VALID = 16;

/** struct tpacket2_hdr, and struct sockaddr_ll behind it. */
const statusOffset = 0;
const wireLengthOffset = 4;
const capturedLengthOffset = 8;
const frameStartOffset = 12;
const packetTypeOffset = 32 + 10;

/** So that a frame begins at a multiple of four. */
const reserve = 2;
/** The header takes 68 bytes, what follows is more than a receive slot holds. */
const frameLength = 368;
/** A multiple of every page size. */
const blockLength = 64 * 1024;
const blockCount = 32;
const framesPerBlock = Math.floor(blockLength / frameLength);
const frameCount = framesPerBlock * blockCount;

/**
 * Has the kernel put what arrives at the socket into a ring of 5,696 frames (2 MiB) that this process sees. Before
 * bind. Undefined, with the socket as it was, where the kernel gives none.
 */
export function openPacketRing(descriptor: number): FrameSource | undefined {
  try {
    describeFrames(descriptor);
    setOption(descriptor, SOL_PACKET, PACKET_RX_RING, ringRequest(blockCount), "PACKET_RX_RING");
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
  return mapRing(descriptor);
}

/** The same beside other work: the kernel waits some ten milliseconds for each ring, until no CPU uses the old one. */
export async function openPacketRingAside(descriptor: number): Promise<FrameSource | undefined> {
  try {
    describeFrames(descriptor);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  }
  const isThere = await setOptionAside(descriptor, SOL_PACKET, PACKET_RX_RING, ringRequest(blockCount));
  return isThere ? mapRing(descriptor) : undefined;
}

function describeFrames(descriptor: number): void {
  setOption(descriptor, SOL_PACKET, PACKET_VERSION, TPACKET_V2, "PACKET_VERSION");
  setOption(descriptor, SOL_PACKET, PACKET_RESERVE, reserve, "PACKET_RESERVE");
}

/** A ring that cannot be mapped is given back; where that fails too, the socket is of no use, and the error is told. */
function mapRing(descriptor: number): FrameSource | undefined {
  try {
    return new PacketRing(descriptor);
  } catch (error) {
    setOption(descriptor, SOL_PACKET, PACKET_RX_RING, ringRequest(0), "PACKET_RX_RING");
    if (error instanceof SystemError) return undefined;
    throw error;
  }
}

class PacketRing implements FrameSource {
  lastErrno = 0;
  readonly #descriptor: number;
  #mapping: Mapping | undefined;
  // Views on the mapping leave with it: to read one that is left behind would crash the process.
  #view: DataView;
  #words: Int32Array;
  #next = 0;
  #target: DataView = new DataView(new ArrayBuffer(0));
  #targetRing: ReceiveRing | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#mapping = mapShared(descriptor, blockLength * blockCount);
    const { buffer } = this.#mapping.bytes;
    this.#view = new DataView(buffer);
    this.#words = new Int32Array(buffer);
  }

  receive(ring: ReceiveRing, first: number): number {
    if (ring !== this.#targetRing) this.#adopt(ring);
    this.lastErrno = 0;
    if (this.#mapping === undefined) return 0;
    let slot = first;
    while (slot < ring.slotCount) {
      const at = offsetOf(this.#next);
      const status = Atomics.load(this.#words, (at + statusOffset) >> 2);
      if ((status & TP_STATUS_USER) === 0) break;
      if ((status & TP_STATUS_VLAN_VALID) === 0) this.#take(at, ring, slot++);
      Atomics.store(this.#words, (at + statusOffset) >> 2, TP_STATUS_KERNEL);
      this.#next = this.#next + 1 === frameCount ? 0 : this.#next + 1;
    }
    // An error of the socket would keep it ready for ever: reading it clears it.
    if (slot === 0) this.lastErrno = getOption(this.#descriptor, SOL_SOCKET, SO_ERROR);
    return slot - first;
  }

  close(): void {
    const mapping = this.#mapping;
    if (mapping === undefined) return;
    this.#mapping = undefined;
    this.#view = new DataView(new ArrayBuffer(0));
    this.#words = new Int32Array(0);
    mapping.unmap();
  }

  #take(at: number, ring: ReceiveRing, slot: number): void {
    const view = this.#view;
    const wireLength = view.getUint32(at + wireLengthOffset, true);
    const captured = Math.min(view.getUint32(at + capturedLengthOffset, true), ring.frameCapacity);
    const source = at + view.getUint16(at + frameStartOffset, true);
    this.#copy(source, ring.frameOffset(slot), captured);
    ring.describe(slot, captured, wireLength, view.getUint8(at + packetTypeOffset));
  }

  /** Word by word: for frames of 70 bytes this is quicker than a view of each, and makes no garbage. */
  #copy(source: number, target: number, length: number): void {
    const whole = length & ~3;
    for (let at = 0; at < whole; at += 4) {
      this.#target.setUint32(target + at, this.#view.getUint32(source + at, true), true);
    }
    for (let at = whole; at < length; at++) {
      this.#target.setUint8(target + at, this.#view.getUint8(source + at));
    }
  }

  #adopt(ring: ReceiveRing): void {
    const { buffer, byteOffset, byteLength } = ring.memory;
    this.#target = new DataView(buffer, byteOffset, byteLength);
    this.#targetRing = ring;
  }
}

function offsetOf(frame: number): number {
  return Math.floor(frame / framesPerBlock) * blockLength + (frame % framesPerBlock) * frameLength;
}

/** struct tpacket_req; without blocks it takes the ring away. */
function ringRequest(blocks: number): Uint8Array {
  if (blocks === 0) return new Uint8Array(16);
  return new Uint8Array(Uint32Array.of(blockLength, blocks, frameLength, framesPerBlock * blocks).buffer);
}
