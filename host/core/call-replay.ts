import * as abi from "../../assembly/abi.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { afterKey } from "./call-encoder.ts";
import { anotherInstance, type CoreExports, instantiate } from "./load.ts";
import { type CoreNews, readEvent, readEventAt } from "./records.ts";
import { Entry, runFormat, runHeaderLength, runMagic } from "./run-format.ts";

export type Transition = Extract<CoreNews, { kind: "transition" }>;

/** What came of feeding a recorded run to a fresh core. */
export interface Replay {
  /** Those that the core made, up to the first difference. */
  readonly transitions: readonly ReplayedTransition[];
  readonly calls: number;
  readonly frames: number;
  /** Where the core went another way than the run says, in words; undefined where it never did. */
  readonly difference: Difference | undefined;
  /** Bytes at the end that are no whole entry: the writer was killed. */
  readonly leftOver: number;
}

export interface ReplayedTransition extends Transition {
  readonly interfaceName: string;
  /** The time of day, as it was known at the reset. */
  readonly utcMs: number;
}

export interface Difference {
  /** The call after which it was seen; the first is 1. */
  readonly call: number;
  readonly recorded: ReplayedTransition | string | undefined;
  readonly replayed: ReplayedTransition | string | undefined;
}

/** The pass phrase of a virtual host, which no run has in it. */
export type KeyOf = (interfaceName: string, vhid: number) => Uint8Array;

/**
 * Makes the calls of a recorded run on a fresh core and compares its transitions. Throws OperatorError where the file is no
 * run of this version; and what `keyOf` throws.
 */
export function replayRun(file: Uint8Array, keyOf: KeyOf, exports: CoreExports = instantiate()): Replay {
  return new Replayer(file, keyOf, exports).run();
}

/** A whole entry is not there any more. */
class EndOfRun extends Error {}

class Replayer {
  private readonly file: Buffer;
  private readonly keyOf: KeyOf;
  private wasm: CoreExports;
  private memory: Uint8Array;
  private view: DataView;
  private readonly names = new Map<number, string>();
  private readonly transitions: ReplayedTransition[] = [];
  private readonly handlers: Readonly<Partial<Record<number, () => void>>> = {
    [Entry.Named]: () => this.name(),
    [Entry.Reset]: () => this.reset(),
    [Entry.Frames]: () => this.handleFrames(),
    [Entry.Timeout]: () => this.call(this.read64(), (now) => this.wasm.handleTimeout(now)),
    [Entry.Command]: () => this.handleCommand(),
    [Entry.Sent]: () => this.handleSent(),
    [Entry.Composed]: () => this.compareComposed(),
    [Entry.Events]: () => this.compareTransitions(),
    [Entry.Renewed]: () => this.renew(),
  };
  private at = runHeaderLength;
  private calls = 0;
  private frames = 0;
  private utcAtZeroNs = 0n;
  private difference: Difference | undefined;
  /** What trapped last, until a new instance has taken over. */
  private trap: string | undefined;

  constructor(file: Uint8Array, keyOf: KeyOf, exports: CoreExports) {
    this.file = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
    this.keyOf = keyOf;
    this.wasm = exports;
    this.memory = new Uint8Array(exports.memory.buffer);
    this.view = new DataView(exports.memory.buffer);
    checkHeader(this.file);
  }

  run(): Replay {
    let whole = this.at;
    try {
      let last = Entry.Named;
      while (this.at < this.file.length && this.difference === undefined) {
        last = this.read8();
        this.replay(last);
        whole = this.at;
      }
      // A host that asks what to send has heard everything: what is still to be told was never told in the run.
      if (this.trap !== undefined && this.difference === undefined)
        this.differ("the end of the run", this.trap);
      if (last === Entry.Composed && this.difference === undefined) this.compare(Buffer.alloc(0));
    } catch (error) {
      if (!(error instanceof EndOfRun)) throw error;
    }
    const { transitions, calls, frames, difference } = this;
    const leftOver = difference === undefined ? this.file.length - whole : 0;
    return { transitions, calls, frames, difference, leftOver };
  }

  private replay(entry: Entry): void {
    const handle = this.handlers[entry];
    if (handle === undefined)
      throw refuse(`byte ${this.at - 1} begins no entry that is known: the file is damaged`);
    if (this.trap !== undefined && entry !== Entry.Renewed) this.differ("a call that returned", this.trap);
    else handle();
  }

  /** Where the run had a trap that no call has shown, it was in composing frames. */
  private renew(): void {
    if (this.trap === undefined) this.attempt(() => this.wasm.pollTransmit());
    if (this.trap === undefined) this.differ("a trap", "a call that returned");
    this.trap = undefined;
    this.use(anotherInstance(this.wasm));
  }

  private use(exports: CoreExports): void {
    this.wasm = exports;
    this.memory = new Uint8Array(exports.memory.buffer);
    this.view = new DataView(exports.memory.buffer);
  }

  private name(): void {
    const index = this.read8();
    this.names.set(index, this.take(this.read8()).toString());
  }

  private reset(): void {
    const now = this.read64();
    const counterBase = BigInt.asUintN(64, this.read64());
    this.utcAtZeroNs = (counterBase * 1_000_000_000n) >> 32n;
    this.call(now, () => this.wasm.reset(now, counterBase));
  }

  private handleFrames(): void {
    const now = this.read64();
    const count = this.bounded(this.read16(), abi.RECEIVE_CAPACITY);
    for (let slot = 0; slot < count; slot++) {
      const slotAt = abi.RECEIVE_OFFSET + slot * abi.RECEIVE_SLOT_SIZE;
      const captured = this.bounded(this.file.readUInt16LE(this.peek(2)), abi.RECEIVE_FRAME_CAPACITY);
      this.memory.set(this.take(6), slotAt);
      this.memory.set(this.take(captured), slotAt + abi.RECEIVE_FRAME);
    }
    this.frames += count;
    this.call(now, () => this.wasm.handleFrames(now, count));
  }

  private handleCommand(): void {
    const now = this.read64();
    const at = abi.COMMAND_OFFSET;
    this.memory.set(this.take(abi.COMMAND_KEY), at);
    for (const { offset, length } of afterKey(this.view, at)) this.memory.set(this.take(length), at + offset);
    const fields = this.view.getUint32(at + abi.COMMAND_FIELDS, true);
    const hasKey = this.view.getUint8(at + abi.COMMAND_KIND) === abi.Command.SetVirtualHost;
    if (hasKey && (fields & abi.Field.Key) !== 0) {
      const interfaceIndex = this.view.getUint8(at + abi.COMMAND_INTERFACE);
      const key = this.keyOf(this.nameOf(interfaceIndex), this.view.getUint8(at + abi.COMMAND_VHID));
      this.view.setUint8(at + abi.COMMAND_KEY_LENGTH, key.length);
      this.memory.set(key.subarray(0, abi.KEY_CAPACITY), at + abi.COMMAND_KEY);
    }
    this.call(now, () => this.wasm.handleCommand(now));
  }

  private handleSent(): void {
    const now = this.read64();
    const count = this.bounded(this.read16(), abi.TRANSMIT_CAPACITY);
    const failures = this.read16();
    const errnoAt = (slot: number) =>
      abi.TRANSMIT_OFFSET + slot * abi.TRANSMIT_SLOT_SIZE + abi.TRANSMIT_ERRNO;
    for (let slot = 0; slot < count; slot++) this.view.setInt32(errnoAt(slot), 0, true);
    for (let failure = 0; failure < failures; failure++) {
      const slot = this.bounded(this.read16(), abi.TRANSMIT_CAPACITY - 1);
      this.view.setInt32(errnoAt(slot), this.take(4).readInt32LE(), true);
    }
    this.call(now, () => this.wasm.handleSent(now, count));
  }

  private compareComposed(): void {
    const recorded = this.read16();
    let replayed = 0;
    this.attempt(() => {
      replayed = this.wasm.pollTransmit();
    });
    if (recorded === replayed || this.trap !== undefined) return;
    const inWords = (count: number) => `${count} frames to send`;
    this.differ(inWords(recorded), inWords(replayed));
  }

  private compareTransitions(): void {
    this.compare(this.take(this.read16() * abi.EVENT_SIZE));
  }

  private compare(recorded: Buffer): void {
    const places = this.transitionPlaces(this.wasm.pollEvents());
    const recordedCount = recorded.length / abi.EVENT_SIZE;
    for (let index = 0; index < Math.max(places.length, recordedCount); index++) {
      const mine = places[index] === undefined ? undefined : this.bytesOfEvent(places[index]);
      const theirs = index < recordedCount ? recorded.subarray(index * abi.EVENT_SIZE) : undefined;
      const isSame =
        mine !== undefined && theirs !== undefined && mine.equals(theirs.subarray(0, mine.length));
      const replayed = mine && this.describe(mine);
      if (!isSame) {
        this.differ(theirs && this.describe(theirs.subarray(0, abi.EVENT_SIZE)), replayed);
        return;
      }
      if (replayed !== undefined) this.transitions.push(replayed);
    }
  }

  private transitionPlaces(count: number): number[] {
    const places: number[] = [];
    for (let index = 0; index < count; index++)
      if (readEvent(this.view, index).kind === "transition") places.push(index);
    return places;
  }

  private bytesOfEvent(index: number): Buffer {
    const at = abi.EVENTS_OFFSET + index * abi.EVENT_SIZE;
    return Buffer.from(this.memory.subarray(at, at + abi.EVENT_SIZE));
  }

  private describe(bytes: Buffer): ReplayedTransition {
    const event = readEventAt(new DataView(Uint8Array.from(bytes).buffer), 0);
    if (event?.kind !== "transition") throw refuse("an event in it is no transition: the file is damaged");
    const utcMs = Number((event.timeNs + this.utcAtZeroNs) / 1000n) / 1000;
    return { ...event, interfaceName: this.nameOf(event.interfaceIndex), utcMs };
  }

  private nameOf(interfaceIndex: number): string {
    return this.names.get(interfaceIndex) ?? `interface ${interfaceIndex}`;
  }

  private call(now: bigint, make: (now: bigint) => void): void {
    this.calls++;
    this.attempt(() => make(now));
  }

  private attempt(make: () => void): void {
    try {
      make();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.trap = `a trap: ${error.message}`;
    }
  }

  private differ(recorded: Difference["recorded"], replayed: Difference["replayed"]): void {
    this.difference = { call: this.calls, recorded, replayed };
  }

  private bounded(value: number, most: number): number {
    if (value <= most) return value;
    throw refuse(`byte ${this.at} has ${value} where at most ${most} is possible: the file is damaged`);
  }

  private peek(length: number): number {
    if (this.at + length > this.file.length) throw new EndOfRun();
    return this.at;
  }

  private take(length: number): Buffer {
    const at = this.peek(length);
    this.at += length;
    return this.file.subarray(at, this.at);
  }

  private read8(): number {
    return this.take(1)[0];
  }

  private read16(): number {
    return this.take(2).readUInt16LE();
  }

  private read64(): bigint {
    return this.take(8).readBigInt64LE();
  }
}

function checkHeader(file: Buffer): void {
  const isRun = file.length >= runHeaderLength && file.toString("latin1", 0, runMagic.length) === runMagic;
  if (!isRun) throw refuse("it is no recorded run: give a file that carp up --record-run wrote");
  const [format, version] = [file.readUInt16LE(8), file.readUInt16LE(10)];
  if (format !== runFormat || version !== abi.ABI_VERSION)
    throw refuse(
      `it is of format ${format} and ABI ${version}, and this carp reads format ${runFormat} and ABI ${abi.ABI_VERSION}: replay it with the carp that recorded it`,
    );
}

function refuse(message: string): OperatorError {
  return new OperatorError(ExitCode.Failed, message);
}
