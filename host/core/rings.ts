import {
  type FrameKind,
  RECEIVE_CAPACITY,
  RECEIVE_CAPTURED_LENGTH,
  RECEIVE_CARP_OFFSET,
  RECEIVE_FAMILY,
  RECEIVE_FRAME,
  RECEIVE_FRAME_CAPACITY,
  RECEIVE_INTERFACE,
  RECEIVE_OFFSET,
  RECEIVE_PACKET_TYPE,
  RECEIVE_SLOT_SIZE,
  RECEIVE_VERDICT,
  RECEIVE_WIRE_LENGTH,
  TRANSMIT_CAPACITY,
  TRANSMIT_ERRNO,
  TRANSMIT_FRAME,
  TRANSMIT_INTERFACE,
  TRANSMIT_KIND,
  TRANSMIT_LENGTH,
  TRANSMIT_OFFSET,
  TRANSMIT_SLOT_SIZE,
  type Verdict,
} from "../../assembly/abi.ts";

/**
 * The core's receive slots as the NIC of one interface fills them. All rings of a core share its slots: one NIC
 * fills them, the core judges them, the next NIC fills them again.
 */
export class ReceiveSlots {
  readonly memory: Uint8Array;
  readonly slotCount = RECEIVE_CAPACITY;
  readonly frameCapacity = RECEIVE_FRAME_CAPACITY;
  private readonly view: DataView;
  private readonly interfaceIndex: number;

  constructor(memory: Uint8Array, interfaceIndex: number) {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
    this.interfaceIndex = interfaceIndex;
  }

  frameOffset(slot: number): number {
    return RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_FRAME;
  }

  describe(slot: number, capturedLength: number, wireLength: number, packetType: number): void {
    const at = RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE;
    this.view.setUint16(at + RECEIVE_CAPTURED_LENGTH, capturedLength, true);
    this.view.setUint16(at + RECEIVE_WIRE_LENGTH, Math.min(wireLength, 0xffff), true);
    this.view.setUint8(at + RECEIVE_INTERFACE, this.interfaceIndex);
    this.view.setUint8(at + RECEIVE_PACKET_TYPE, packetType);
  }

  /** Copies a frame into the slot, cut to its capacity, and describes it. */
  write(slot: number, frame: Uint8Array, wireLength: number, packetType: number): void {
    const captured = Math.min(frame.length, this.frameCapacity);
    this.memory.set(captured === frame.length ? frame : frame.subarray(0, captured), this.frameOffset(slot));
    this.describe(slot, captured, wireLength, packetType);
  }

  capturedLength(slot: number): number {
    return this.view.getUint16(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_CAPTURED_LENGTH, true);
  }

  wireLength(slot: number): number {
    return this.view.getUint16(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_WIRE_LENGTH, true);
  }

  packetType(slot: number): number {
    return this.view.getUint8(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_PACKET_TYPE);
  }

  verdict(slot: number): Verdict {
    return this.view.getUint8(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_VERDICT);
  }

  /** 4 or 6, or 0 where the frame is not CARP. */
  family(slot: number): number {
    return this.view.getUint8(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_FAMILY);
  }

  /** Where in the frame the CARP header begins, or 0 where none was found. */
  carpOffset(slot: number): number {
    return this.view.getUint16(RECEIVE_OFFSET + slot * RECEIVE_SLOT_SIZE + RECEIVE_CARP_OFFSET, true);
  }
}

/** The frames that the core has composed. */
export class TransmitSlots {
  readonly memory: Uint8Array;
  readonly slotCount = TRANSMIT_CAPACITY;
  private readonly view: DataView;

  constructor(memory: Uint8Array) {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
  }

  frameOffset(slot: number): number {
    return TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_FRAME;
  }

  frameLength(slot: number): number {
    return this.view.getUint16(TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_LENGTH, true);
  }

  interfaceIndex(slot: number): number {
    return this.view.getUint8(TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_INTERFACE);
  }

  kind(slot: number): FrameKind {
    return this.view.getUint8(TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_KIND);
  }

  errno(slot: number): number {
    return this.view.getInt32(TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_ERRNO, true);
  }

  setErrno(slot: number, errno: number): void {
    this.view.setInt32(TRANSMIT_OFFSET + slot * TRANSMIT_SLOT_SIZE + TRANSMIT_ERRNO, errno, true);
  }

  /** A copy of the frame, for tests and traces. */
  frame(slot: number): Uint8Array {
    const offset = this.frameOffset(slot);
    return this.memory.slice(offset, offset + this.frameLength(slot));
  }
}
