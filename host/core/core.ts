import * as abi from "../../assembly/abi.ts";
import type { CallLog } from "./call-log.ts";
import { anotherInstance, type CoreExports, instantiate, type Variant } from "./load.ts";
import {
  type CoreEvent,
  type InstanceRecord,
  readEvent,
  readInstance,
  readStatistics,
  type Statistics,
} from "./records.ts";
import { ReceiveSlots, TransmitSlots } from "./rings.ts";
import { trapping } from "./trap.ts";

/** The parameters of a virtual host; those that are left out stay as they are. */
export interface VirtualHostParameters {
  /** Seconds, 1..255; 0 with an advskew, for intervals below a second. */
  readonly advbase?: number;
  /** 1/256 s, 0..254. */
  readonly advskew?: number;
  /** The pass phrase, 0..20 bytes. */
  readonly key?: Uint8Array;
  /** InstanceFlag bits. */
  readonly flags?: number;
  /** 64 random bits, once for each virtual host. */
  readonly entropy?: bigint;
}

/** What the core has to know of an interface. */
export interface InterfaceParameters {
  /** InterfaceFlag bits. */
  readonly flags: number;
  readonly mac: Uint8Array;
  /** The source addresses of advertisements, 4 and 16 bytes; all zero where there is none. */
  readonly source4: Uint8Array;
  readonly source6: Uint8Array;
}

/**
 * The WebAssembly core with its memory, its calls and its commands by name. After every `handle…` or command: read
 * `events()`, then send what `pollTransmit()` offers until it is 0. A call that traps throws a CoreTrap; after one,
 * nothing but `renew` makes sense.
 */
export class Core {
  /** Of the present instance: `renew` replaces it, and the slots with it. */
  memory: Uint8Array;
  transmitSlots: TransmitSlots;
  /** Which build of the core this is. */
  readonly variant: Variant;
  private view: DataView;
  private wasm: CoreExports;
  private readonly makeAnother: () => CoreExports;
  private nowNs = 0n;
  private calls: CallLog | undefined;

  /** `makeAnother` gives the instance that `renew` goes on with. */
  constructor(wasm: CoreExports = instantiate(), makeAnother = () => anotherInstance(wasm)) {
    this.variant = wasm.laneCount() > 1 ? "simd" : "baseline";
    this.wasm = trapping(wasm);
    this.memory = new Uint8Array(wasm.memory.buffer);
    this.view = new DataView(wasm.memory.buffer);
    this.transmitSlots = new TransmitSlots(this.memory);
    this.makeAnother = makeAnother;
  }

  /** Goes on with a new instance of the module, which knows nothing: `reset` and every command have to come again. */
  renew(): void {
    const wasm = this.makeAnother();
    this.wasm = trapping(wasm);
    this.memory = new Uint8Array(wasm.memory.buffer);
    this.view = new DataView(wasm.memory.buffer);
    this.transmitSlots = new TransmitSlots(this.memory);
    this.calls?.renewed(this.memory);
  }

  /** From now on every call is told to the log as well. */
  logCalls(log: CallLog): void {
    this.calls = log;
  }

  /** What the host calls an interface, for whoever reads the log of calls. */
  nameInterface(interfaceIndex: number, name: string): void {
    this.calls?.named(interfaceIndex, name);
  }

  /** Begins anew at monotonic time `nowNs`; `utcMs` is the wall clock then, from which counters are made. */
  reset(nowNs: bigint, utcMs: number): void {
    this.nowNs = nowNs;
    const utcAtZeroNs = BigInt(Math.round(utcMs)) * 1_000_000n - nowNs;
    const counterBase = BigInt.asUintN(64, (utcAtZeroNs << 32n) / 1_000_000_000n);
    this.calls?.reset(nowNs, counterBase);
    this.wasm.reset(nowNs, counterBase);
  }

  /** The receive slots for frames of that interface. */
  receiveSlots(interfaceIndex: number): ReceiveSlots {
    return new ReceiveSlots(this.memory, interfaceIndex);
  }

  handleFrames(nowNs: bigint, count: number): void {
    this.nowNs = nowNs;
    this.calls?.frames(nowNs, count);
    this.wasm.handleFrames(nowNs, count);
  }

  handleTimeout(nowNs: bigint): void {
    this.nowNs = nowNs;
    this.calls?.timeout(nowNs);
    this.wasm.handleTimeout(nowNs);
  }

  handleSent(nowNs: bigint, count: number): void {
    this.nowNs = nowNs;
    this.calls?.sent(nowNs, count);
    this.wasm.handleSent(nowNs, count);
  }

  /** Verdicts alone: nothing but the slots changes. */
  verifyFrames(count: number): void {
    this.wasm.verifyFrames(count);
  }

  /** Frames in the transmit slots, from 0 on. */
  pollTransmit(): number {
    const count = this.wasm.pollTransmit();
    this.calls?.composed(count);
    return count;
  }

  /** The next deadline; the largest i64 where there is none. */
  pollTimeout(): bigint {
    return this.wasm.pollTimeout();
  }

  /** What happened since the last call, oldest first. */
  events(): CoreEvent[] {
    const count = this.wasm.pollEvents();
    this.calls?.events(count);
    const events: CoreEvent[] = [];
    for (let index = 0; index < count; index++) events.push(readEvent(this.view, index));
    return events;
  }

  /** Time for the commands that follow. */
  advance(nowNs: bigint): void {
    this.nowNs = nowNs;
  }

  setInterface(interfaceIndex: number, parameters: InterfaceParameters): abi.CommandResult {
    this.view.setUint8(abi.COMMAND_OFFSET + abi.COMMAND_FLAGS, parameters.flags);
    this.memory.set(parameters.mac, abi.COMMAND_OFFSET + abi.COMMAND_MAC);
    this.memory.set(parameters.source4, abi.COMMAND_OFFSET + abi.COMMAND_SOURCE4);
    this.memory.set(parameters.source6, abi.COMMAND_OFFSET + abi.COMMAND_SOURCE6);
    return this.command(abi.Command.SetInterface, interfaceIndex, 0);
  }

  removeInterface(interfaceIndex: number): abi.CommandResult {
    return this.command(abi.Command.RemoveInterface, interfaceIndex, 0);
  }

  setVirtualHost(interfaceIndex: number, vhid: number, parameters: VirtualHostParameters): abi.CommandResult {
    const { advbase, advskew, key, flags, entropy } = parameters;
    let fields = 0;
    if (advbase !== undefined) fields |= this.field(abi.Field.Advbase, abi.COMMAND_ADVBASE, advbase);
    if (advskew !== undefined) fields |= this.field(abi.Field.Advskew, abi.COMMAND_ADVSKEW, advskew);
    if (flags !== undefined) fields |= this.field(abi.Field.Flags, abi.COMMAND_FLAGS, flags);
    if (key !== undefined) {
      fields |= this.field(abi.Field.Key, abi.COMMAND_KEY_LENGTH, Math.min(key.length, 255));
      this.memory.set(key.subarray(0, abi.KEY_CAPACITY), abi.COMMAND_OFFSET + abi.COMMAND_KEY);
    }
    if (entropy !== undefined) {
      fields |= abi.Field.Entropy;
      this.view.setBigUint64(abi.COMMAND_OFFSET + abi.COMMAND_ENTROPY, entropy, true);
    }
    this.view.setUint32(abi.COMMAND_OFFSET + abi.COMMAND_FIELDS, fields, true);
    return this.command(abi.Command.SetVirtualHost, interfaceIndex, vhid);
  }

  /** The whole set of addresses, 4 or 16 bytes each, in any order. */
  setAddresses(interfaceIndex: number, vhid: number, addresses: readonly Uint8Array[]): abi.CommandResult {
    const list4 = addresses.filter((address) => address.length === 4);
    const list6 = addresses.filter((address) => address.length === 16);
    this.view.setUint16(abi.COMMAND_OFFSET + abi.COMMAND_COUNT4, list4.length, true);
    this.view.setUint16(abi.COMMAND_OFFSET + abi.COMMAND_COUNT6, list6.length, true);
    for (const [index, address] of list4.slice(0, abi.ADDRESS_CAPACITY).entries()) {
      this.memory.set(address, abi.COMMAND_OFFSET + abi.COMMAND_ADDRESSES4 + index * 4);
    }
    for (const [index, address] of list6.slice(0, abi.ADDRESS_CAPACITY).entries()) {
      this.memory.set(address, abi.COMMAND_OFFSET + abi.COMMAND_ADDRESSES6 + index * 16);
    }
    return this.command(abi.Command.SetAddresses, interfaceIndex, vhid);
  }

  removeVirtualHost(interfaceIndex: number, vhid: number): abi.CommandResult {
    return this.command(abi.Command.RemoveVirtualHost, interfaceIndex, vhid);
  }

  /** The operator's `state backup` or `state master`. */
  setState(interfaceIndex: number, vhid: number, state: abi.State): abi.CommandResult {
    return this.command(abi.Command.SetState, interfaceIndex, vhid, state);
  }

  setOption(option: abi.Option, value: number): abi.CommandResult {
    this.view.setUint32(abi.COMMAND_OFFSET + abi.COMMAND_FIELDS, option, true);
    return this.command(abi.Command.SetOption, 0, 0, value);
  }

  addDemotion(value: number): abi.CommandResult {
    return this.command(abi.Command.AddDemotion, 0, 0, value);
  }

  applied(interfaceIndex: number, vhid: number): abi.CommandResult {
    return this.command(abi.Command.Applied, interfaceIndex, vhid);
  }

  applyFailed(interfaceIndex: number, vhid: number): abi.CommandResult {
    return this.command(abi.Command.ApplyFailed, interfaceIndex, vhid);
  }

  /** The lease of the addresses ran out. */
  leaseExpired(interfaceIndex: number, vhid: number): abi.CommandResult {
    return this.command(abi.Command.LeaseExpired, interfaceIndex, vhid);
  }

  /** No counter that is sent from now on is below this one. */
  advanceCounters(counter: bigint): abi.CommandResult {
    this.view.setBigUint64(abi.COMMAND_OFFSET + abi.COMMAND_ENTROPY, counter, true);
    return this.command(abi.Command.AdvanceCounters, 0, 0);
  }

  /** The largest counter that any virtual host has sent since `reset`; 0 where none has. */
  largestCounter(): bigint {
    return this.view.getBigUint64(abi.SETTINGS_OFFSET + abi.SETTINGS_COUNTER_LARGEST, true);
  }

  leave(interfaceIndex: number, vhid: number): abi.CommandResult {
    return this.command(abi.Command.Leave, interfaceIndex, vhid);
  }

  get demotion(): number {
    return this.view.getInt32(abi.SETTINGS_OFFSET + abi.SETTINGS_DEMOTION, true);
  }

  /** The present value of a host-wide option. */
  option(option: abi.Option): number {
    switch (option) {
      case abi.Option.Allow:
        return this.view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_ALLOW);
      case abi.Option.Preempt:
        return this.view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_PREEMPT);
      case abi.Option.Dscp:
        return this.view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_DSCP);
      case abi.Option.IfdownDemotionFactor:
        return this.view.getInt32(abi.SETTINGS_OFFSET + abi.SETTINGS_IFDOWN_FACTOR, true);
      case abi.Option.SenderrDemotionFactor:
        return this.view.getInt32(abi.SETTINGS_OFFSET + abi.SETTINGS_SENDERR_FACTOR, true);
      case abi.Option.Replay:
        return this.view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_REPLAY);
      case abi.Option.Freshness:
        return this.view.getUint32(abi.SETTINGS_OFFSET + abi.SETTINGS_FRESHNESS, true);
      case abi.Option.Lease:
        return this.view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_LEASE);
    }
  }

  /** The host's statistics, over all virtual hosts and what belongs to none. */
  statistics(): Statistics {
    return readStatistics(this.view, abi.STATISTICS_OFFSET);
  }

  /** The record of that virtual host, or undefined where there is none. */
  instance(interfaceIndex: number, vhid: number): InstanceRecord | undefined {
    const entry = this.view.getUint16(abi.LOOKUP_OFFSET + (interfaceIndex * 256 + vhid) * 2, true);
    return entry === 0 ? undefined : readInstance(this.view, entry - 1);
  }

  private field(field: abi.Field, offset: number, value: number): abi.Field {
    this.view.setUint8(abi.COMMAND_OFFSET + offset, value);
    return field;
  }

  private command(kind: abi.Command, interfaceIndex: number, vhid: number, value = 0): abi.CommandResult {
    this.view.setUint8(abi.COMMAND_OFFSET + abi.COMMAND_KIND, kind);
    this.view.setUint8(abi.COMMAND_OFFSET + abi.COMMAND_INTERFACE, interfaceIndex);
    this.view.setUint8(abi.COMMAND_OFFSET + abi.COMMAND_VHID, vhid);
    this.view.setInt32(abi.COMMAND_OFFSET + abi.COMMAND_VALUE, value, true);
    this.calls?.command(this.nowNs);
    return this.wasm.handleCommand(this.nowNs);
  }
}
