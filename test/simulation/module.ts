import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as abi from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { type CoreExports, instantiate, type Variant } from "../../host/core/load.ts";

/** Why the core is called. */
export type Cause =
  | "frames"
  | "timeout"
  | "link"
  | "addresses"
  | "allow"
  | "state backup"
  | "state master"
  | "demote"
  | "reload"
  | "applied"
  | "apply failed"
  | "lease over"
  | "leave";

/** The folder that has package.json, wherever this file was compiled to. */
export const root = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** The module that a run is to use. */
export function pathOf(variant: Variant): string {
  return join(root, "build", variant === "simd" ? "carp.wasm" : "carp.baseline.wasm");
}

/** What the core reports, read before the next call. */
export interface CoreEvent {
  readonly kind: number;
  readonly reason: number;
  readonly from: number;
  readonly to: number;
  readonly total: number;
  /** What the core was called for. */
  readonly cause: Cause;
}

/** One instance of the real module, with its calls in numbers. */
export class Door {
  readonly core: Core;
  readonly view: DataView;
  readonly memory: Uint8Array;
  private readonly wasm: CoreExports;

  constructor(path: string) {
    this.wasm = instantiate(path);
    this.core = new Core(this.wasm);
    this.memory = new Uint8Array(this.wasm.memory.buffer);
    this.view = new DataView(this.wasm.memory.buffer);
  }

  handleFrames(now: number, count: number): void {
    this.wasm.handleFrames(BigInt(now), count);
  }

  handleTimeout(now: number): void {
    this.wasm.handleTimeout(BigInt(now));
  }

  handleSent(now: number, count: number): void {
    this.wasm.handleSent(BigInt(now), count);
  }

  pollTransmit(): number {
    return this.wasm.pollTransmit();
  }

  /** The next deadline; beyond all times where there is none. */
  pollTimeout(): number {
    return Number(this.wasm.pollTimeout());
  }

  /** Adds what the core has to say to `events`. */
  pollEvents(events: CoreEvent[], cause: Cause): void {
    const count = this.wasm.pollEvents();
    for (let index = 0; index < count; index++) {
      const at = abi.EVENTS_OFFSET + index * abi.EVENT_SIZE;
      events.push({
        kind: this.memory[at + abi.EVENT_KIND],
        reason: this.memory[at + abi.EVENT_REASON],
        from: this.memory[at + abi.EVENT_FROM],
        to: this.memory[at + abi.EVENT_TO],
        total: this.view.getInt32(at + abi.EVENT_TOTAL, true),
        cause,
      });
    }
    if (count > 1) dropCancelled(events, events.length - count);
  }

  /** Lays a frame of interface 0 into a receive slot. */
  write(slot: number, frame: Uint8Array): void {
    const at = abi.RECEIVE_OFFSET + slot * abi.RECEIVE_SLOT_SIZE;
    this.view.setUint32(at, frame.length | (frame.length << 16), true);
    this.view.setUint16(at + abi.RECEIVE_INTERFACE, 2 << 8, true);
    this.memory.set(frame, at + abi.RECEIVE_FRAME);
  }

  verdict(slot: number): abi.Verdict {
    return this.memory[abi.RECEIVE_OFFSET + slot * abi.RECEIVE_SLOT_SIZE + abi.RECEIVE_VERDICT];
  }

  /** The state of the one virtual host, INIT where there is none. */
  get state(): abi.State {
    return this.memory[abi.INSTANCES_OFFSET + abi.INSTANCE_STATE];
  }

  /** State, promotion and timers, to see whether they change. */
  record(): number[] {
    const at = abi.INSTANCES_OFFSET;
    const words = [this.memory[at + abi.INSTANCE_STATE], this.memory[at + abi.INSTANCE_PROMOTING]];
    const end = abi.INSTANCE_ADVERTISE_DEADLINE + 8;
    for (let offset = abi.INSTANCE_MASTER_DOWN_DEADLINE; offset < end; offset += 4)
      words.push(this.view.getUint32(at + offset, true));
    return words;
  }

  get masterDownDeadline(): number {
    return Number(this.view.getBigInt64(abi.INSTANCES_OFFSET + abi.INSTANCE_MASTER_DOWN_DEADLINE, true));
  }
}

/** Modules are instantiated once and begun anew for every run. */
export class DoorPool {
  private readonly doors: Door[] = [];
  private readonly path: string;

  constructor(path: string) {
    if (!existsSync(path)) throw new Error(`${path} is missing: build it with npm run build`);
    this.path = path;
  }

  at(index: number): Door {
    this.doors[index] ??= new Door(this.path);
    return this.doors[index];
  }

  /** After a trap the memory is not to be trusted. */
  discard(): void {
    this.doors.length = 0;
  }
}

function rootAbove(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : rootAbove(dirname(folder));
}

/** Of the events from `first` on: an Apply that a later Withdraw takes back is not obeyed (as host/node does). */
function dropCancelled(events: CoreEvent[], first: number): void {
  const last = events.findLastIndex(({ kind }, at) => at >= first && kind === abi.Event.Withdraw);
  for (let at = last - 1; at >= first; at--) {
    if (events[at].kind === abi.Event.Apply) events.splice(at, 1);
  }
}
