import * as abi from "../../assembly/abi.ts";
import type { CallLog } from "./call-log.ts";
import { Entry, runFormat, runHeaderLength, runMagic } from "./run-format.ts";

const chunkCapacity = 64 * 1024;
const frameOverhead = 6;
/** No entry is longer than a ring full of the longest frames. */
const longestEntry = 16 + abi.RECEIVE_CAPACITY * (frameOverhead + abi.RECEIVE_FRAME_CAPACITY);
/** No entry without frames or events is longer. */
const longestOther = 32 + abi.COMMAND_SIZE + 6 * abi.TRANSMIT_CAPACITY;

/**
 * Writes a core's calls down as `run-format.ts` says. What is written leaves in pieces, when enough has gathered and at
 * every `flush`; it never has a key. When the next entry might be one too many for `capacity` bytes the run ends, and
 * `onFull` is called once.
 */
export class CallEncoder implements CallLog {
  private memory: Uint8Array;
  private view: DataView;
  private readonly capacity: number;
  private readonly write: (bytes: Uint8Array<ArrayBuffer>) => void;
  private readonly onFull: () => void;
  private readonly chunk = Buffer.alloc(chunkCapacity);
  private used = 0;
  private left = 0;
  private isFull = false;
  private isSettled = false;

  constructor(
    memory: Uint8Array,
    capacity: number,
    write: (bytes: Uint8Array<ArrayBuffer>) => void,
    onFull: () => void,
  ) {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
    this.capacity = capacity;
    this.write = write;
    this.onFull = onFull;
    const header = Buffer.alloc(runHeaderLength);
    header.write(runMagic);
    header.writeUInt16LE(runFormat, 8);
    header.writeUInt16LE(abi.ABI_VERSION, 10);
    this.put(header, 0, header.length);
  }

  /** Lets go of what has gathered. */
  flush(): void {
    if (this.used === 0) return;
    this.write(Uint8Array.from(this.chunk.subarray(0, this.used)));
    this.left += this.used;
    this.used = 0;
  }

  named(interfaceIndex: number, name: string): void {
    if (!this.begin(Entry.Named, longestOther)) return;
    const bytes = Buffer.from(name);
    this.put8(interfaceIndex);
    this.put8(bytes.length);
    this.put(bytes, 0, bytes.length);
  }

  renewed(memory: Uint8Array): void {
    this.memory = memory;
    this.view = new DataView(memory.buffer);
    this.begin(Entry.Renewed, longestOther);
  }

  reset(nowNs: bigint, counterBase: bigint): void {
    if (!this.begin(Entry.Reset, longestOther)) return;
    this.put64(nowNs);
    this.put64(counterBase);
  }

  frames(nowNs: bigint, count: number): void {
    if (!this.begin(Entry.Frames, longestEntry)) return;
    this.put64(nowNs);
    this.put16(count);
    for (let slot = 0; slot < count; slot++) {
      const at = abi.RECEIVE_OFFSET + slot * abi.RECEIVE_SLOT_SIZE;
      const captured = this.view.getUint16(at + abi.RECEIVE_CAPTURED_LENGTH, true);
      this.put(this.memory, at, frameOverhead);
      this.put(this.memory, at + abi.RECEIVE_FRAME, captured);
    }
  }

  timeout(nowNs: bigint): void {
    if (this.begin(Entry.Timeout, longestOther)) this.put64(nowNs);
  }

  command(nowNs: bigint): void {
    if (!this.begin(Entry.Command, longestOther)) return;
    const at = abi.COMMAND_OFFSET;
    this.put64(nowNs);
    this.put(this.memory, at, abi.COMMAND_KEY_LENGTH);
    this.put8(0);
    this.put(this.memory, at + abi.COMMAND_KEY_LENGTH + 1, abi.COMMAND_KEY - abi.COMMAND_KEY_LENGTH - 1);
    for (const { offset, length } of afterKey(this.view, at)) this.put(this.memory, at + offset, length);
  }

  sent(nowNs: bigint, count: number): void {
    if (!this.begin(Entry.Sent, longestOther)) return;
    const errnoOf = (slot: number) =>
      this.view.getInt32(abi.TRANSMIT_OFFSET + slot * abi.TRANSMIT_SLOT_SIZE + abi.TRANSMIT_ERRNO, true);
    let failures = 0;
    for (let slot = 0; slot < count; slot++) if (errnoOf(slot) !== 0) failures++;
    this.put64(nowNs);
    this.put16(count);
    this.put16(failures);
    for (let slot = 0; failures > 0 && slot < count; slot++) {
      if (errnoOf(slot) === 0) continue;
      this.put16(slot);
      this.put32(errnoOf(slot));
    }
  }

  /** After a poll that gave nothing, another one gives nothing and changes nothing. */
  composed(count: number): void {
    if (count === 0 && this.isSettled) return;
    if (!this.begin(Entry.Composed, longestOther)) return;
    this.put16(count);
    this.isSettled = count === 0;
  }

  events(count: number): void {
    if (count === 0) return;
    const places: number[] = [];
    for (let index = 0; index < count; index++) {
      const at = abi.EVENTS_OFFSET + index * abi.EVENT_SIZE;
      if (this.view.getUint8(at + abi.EVENT_KIND) === abi.Event.Transition) places.push(at);
    }
    if (!this.begin(Entry.Events, longestOther + places.length * abi.EVENT_SIZE)) return;
    this.put16(places.length);
    for (const at of places) this.put(this.memory, at, abi.EVENT_SIZE);
  }

  /** Begins an entry of at most that length; false when the run has ended. */
  private begin(entry: Entry, length: number): boolean {
    if (this.isFull) return false;
    if (this.left + this.used + length > this.capacity) {
      this.isFull = true;
      this.flush();
      this.onFull();
      return false;
    }
    this.isSettled = false;
    this.put8(entry);
    return true;
  }

  private put8(value: number): void {
    this.makeRoom(1);
    this.used = this.chunk.writeUInt8(value, this.used);
  }

  private put16(value: number): void {
    this.makeRoom(2);
    this.used = this.chunk.writeUInt16LE(value, this.used);
  }

  private put32(value: number): void {
    this.makeRoom(4);
    this.used = this.chunk.writeInt32LE(value, this.used);
  }

  private put64(value: bigint): void {
    this.makeRoom(8);
    this.used = this.chunk.writeBigUInt64LE(BigInt.asUintN(64, value), this.used);
  }

  private put(source: Uint8Array, offset: number, length: number): void {
    this.makeRoom(length);
    this.chunk.set(source.subarray(offset, offset + length), this.used);
    this.used += length;
  }

  private makeRoom(length: number): void {
    if (this.used + length > chunkCapacity) this.flush();
  }
}

/** The parts of a command record behind the key that its kind reads. */
export function afterKey(view: DataView, at: number): { readonly offset: number; readonly length: number }[] {
  switch (view.getUint8(at + abi.COMMAND_KIND)) {
    case abi.Command.SetInterface:
      return [{ offset: abi.COMMAND_MAC, length: abi.COMMAND_ADDRESSES4 - abi.COMMAND_MAC }];
    case abi.Command.SetAddresses: {
      const count4 = Math.min(view.getUint16(at + abi.COMMAND_COUNT4, true), abi.ADDRESS_CAPACITY);
      const count6 = Math.min(view.getUint16(at + abi.COMMAND_COUNT6, true), abi.ADDRESS_CAPACITY);
      return [
        { offset: abi.COMMAND_ADDRESSES4, length: 4 * count4 },
        { offset: abi.COMMAND_ADDRESSES6, length: 16 * count6 },
      ];
    }
    default:
      return [];
  }
}
