import * as abi from "../../assembly/abi.ts";
import { Core, type VirtualHostParameters } from "../../host/core/core.ts";
import { instantiate } from "../../host/core/load.ts";
import type { CoreEvent, InstanceRecord } from "../../host/core/records.ts";
import { type Advertisement, addressBytes, advertisementFrame } from "./frames.ts";

export const SECOND = 1_000_000_000n;
/** 1/512 s: every jitter is below it. */
export const JITTER = 1_953_125n;
/** Where every driver begins. */
export const START = 1000n * SECOND;
export const ownMac = Uint8Array.of(2, 0, 0, 0, 0, 1);
export const linkedFlags = abi.InterfaceFlag.Up | abi.InterfaceFlag.Carrier;

export interface SentFrame {
  readonly kind: abi.FrameKind;
  readonly interfaceIndex: number;
  readonly bytes: Uint8Array;
  readonly timeNs: bigint;
}

export interface VirtualHost extends Omit<VirtualHostParameters, "key"> {
  readonly interfaceIndex?: number;
  readonly vhid?: number;
  readonly key?: string;
  readonly addresses?: readonly string[];
}

/** What a peer of the default virtual host sends, unless a test says otherwise. */
export const peer: Advertisement = {
  vhid: 1,
  advbase: 1,
  advskew: 0,
  key: "testpass",
  addresses: ["192.168.1.50"],
  counter: 0x0123456789abcdefn,
  source: "192.168.1.3",
};

/** A core in virtual time, with everything that it reports and sends kept for the test. */
export class Driver {
  readonly core: Core;
  now = START;
  /** Answers Apply events at once, as a host does whose kernel obeys. */
  appliesAtOnce = true;
  /** The errno with which sending ends. */
  errno = 0;
  private heardCount = 0;
  private events: CoreEvent[] = [];
  private frames: SentFrame[] = [];
  private readonly host: number;

  /** `host` is the last part of the addresses that it sends from: no node hears another from its own. */
  constructor(path?: string, host = 2) {
    this.host = host;
    this.core = new Core(instantiate(path));
    this.startOver();
  }

  /** As if it were new, which is cheaper than another. */
  startOver(): void {
    this.now = START;
    this.events = [];
    this.frames = [];
    this.core.reset(START, 1_700_000_000_000);
    this.setLink(linkedFlags);
  }

  setLink(flags: number, interfaceIndex = 0): void {
    this.core.setInterface(interfaceIndex, {
      flags,
      mac: ownMac,
      source4: addressBytes(`192.168.1.${this.host}`),
      source6: addressBytes(`fe80::${this.host}`),
    });
    this.drain();
  }

  /** Adds the default virtual host, or another. */
  add(host: VirtualHost = {}): void {
    const {
      interfaceIndex = 0,
      vhid = 1,
      key = "testpass",
      addresses = ["192.168.1.50"],
      ...parameters
    } = host;
    const entropy = 0x1234_5678_9abc_def0n + (BigInt(vhid) << 48n);
    const all = { entropy, ...parameters, key: new Uint8Array(Buffer.from(key)) };
    this.core.setVirtualHost(interfaceIndex, vhid, all);
    this.core.setAddresses(interfaceIndex, vhid, addresses.map(addressBytes));
    this.drain();
  }

  /** Adds the default virtual host and brings it into that state; what happened on the way is forgotten. */
  addIn(state: abi.State, host: VirtualHost = {}): void {
    if (state === abi.State.Init) this.setLink(0);
    this.add(host);
    if (state === abi.State.Master) this.do(() => this.core.setState(0, host.vhid ?? 1, abi.State.Master));
    if (this.instance(host.vhid).state !== state) throw new Error(`not in state ${state}`);
    this.takeEvents();
    this.takeFrames();
  }

  /** Calls the core, then takes what it has to say. */
  do<T>(call: () => T): T {
    this.core.advance(this.now);
    const result = call();
    this.drain();
    return result;
  }

  /** Hands frames in as one batch and returns their verdicts. */
  receive(...frames: readonly Uint8Array[]): abi.Verdict[] {
    return this.receiveOn(0, ...frames);
  }

  receiveOn(interfaceIndex: number, ...frames: readonly Uint8Array[]): abi.Verdict[] {
    const slots = this.core.receiveSlots(interfaceIndex);
    frames.forEach((frame, slot) => {
      slots.write(slot, frame, frame.length, 2);
    });
    this.do(() => this.core.handleFrames(this.now, frames.length));
    return frames.map((_, slot) => slots.verdict(slot));
  }

  /** Hears an authentic advertisement of the default peer, with a counter of its own, changed by `fields`. */
  hear(fields: Partial<Advertisement> = {}): abi.Verdict {
    const counter = peer.counter + BigInt(this.heardCount++);
    return this.receive(advertisementFrame({ ...peer, counter, ...fields }))[0];
  }

  /** Goes to that time by way of every deadline before it. */
  runUntil(timeNs: bigint): void {
    for (let deadline = this.core.pollTimeout(); deadline <= timeNs; deadline = this.core.pollTimeout()) {
      if (deadline > this.now) this.now = deadline;
      this.do(() => this.core.handleTimeout(this.now));
    }
    this.now = timeNs;
    this.do(() => this.core.handleTimeout(this.now));
  }

  instance(vhid = 1, interfaceIndex = 0): InstanceRecord {
    const record = this.core.instance(interfaceIndex, vhid);
    if (record === undefined) throw new Error(`no vhid ${vhid} on interface ${interfaceIndex}`);
    return record;
  }

  /** What that virtual host sends on becoming MASTER. */
  firstFrames(host: VirtualHost): SentFrame[] {
    const { interfaceIndex = 0, vhid = 1 } = host;
    this.add(host);
    this.takeFrames();
    this.do(() => this.core.setState(interfaceIndex, vhid, abi.State.Master));
    return this.takeFrames();
  }

  /** Makes virtual hosts MASTER without sending anything in between, so that all they have to say comes at once. */
  promoteTogether(vhids: readonly number[]): void {
    for (const vhid of vhids) this.core.setState(0, vhid, abi.State.Master);
    this.core.events();
    for (const vhid of vhids) this.core.applied(0, vhid);
    this.drain();
  }

  takeEvents(): CoreEvent[] {
    return this.events.splice(0);
  }

  takeFrames(): SentFrame[] {
    return this.frames.splice(0);
  }

  private drain(): void {
    for (const event of this.core.events()) {
      this.events.push(event);
      if (event.kind === "apply" && this.appliesAtOnce) {
        this.do(() => this.core.applied(event.interfaceIndex, event.vhid));
      }
    }
    const slots = this.core.transmitSlots;
    for (let count = this.core.pollTransmit(); count > 0; count = this.core.pollTransmit()) {
      if (count > abi.TRANSMIT_CAPACITY) throw new Error(`${count} frames in the transmit ring`);
      for (let slot = 0; slot < count; slot++) {
        const [kind, interfaceIndex] = [slots.kind(slot), slots.interfaceIndex(slot)];
        this.frames.push({ kind, interfaceIndex, bytes: slots.frame(slot), timeNs: this.now });
        slots.setErrno(slot, this.errno);
      }
      this.core.handleSent(this.now, count);
      for (const event of this.core.events()) this.events.push(event);
    }
  }
}

/** Events in one line each, for tables: `apply`, `withdraw`, `BACKUP>MASTER MasterTimedOut`, `demotion +240 Sysctl`. */
export function inWords(events: readonly CoreEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === "transition") {
      const [from, to] = [abi.State[event.from], abi.State[event.to]];
      return `${from}>${to} ${abi.Reason[event.reason]}`;
    }
    if (event.kind === "demotion") {
      return `demotion ${event.delta > 0 ? "+" : ""}${event.delta} ${abi.DemotionReason[event.reason]}`;
    }
    return event.kind;
  });
}

/** Advertisements as `advbase/advskew`, those over IPv6 with `6:` before; other frames by their kind. */
export function inShort(frames: readonly SentFrame[]): string[] {
  return frames.map(({ kind, bytes }) => {
    if (kind === abi.FrameKind.Advertisement4) return `${bytes[39]}/${bytes[36]}`;
    if (kind === abi.FrameKind.Advertisement6) return `6:${bytes[59]}/${bytes[56]}`;
    return abi.FrameKind[kind];
  });
}

/** A skew as time, in whole microseconds as the kernels have it. */
export function skewTime(skew: number): bigint {
  return BigInt(Math.floor((skew * 1_000_000) / 256)) * 1000n;
}

/** A virtual host with addresses of both families, in no order, one of them link-local. */
export const dualHost = {
  vhid: 7,
  advbase: 2,
  advskew: 30,
  key: "mekmitasdigoat",
  addresses: [
    "198.51.100.7",
    "10.0.0.9",
    "192.0.2.1",
    "2001:db8::2",
    "fe80::200:5eff:fe00:107",
    "2001:db8::1",
  ],
};
