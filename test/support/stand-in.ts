import { FrameKind, InstanceFlag, InterfaceFlag, Option, type Reason, State } from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { type StateWord, stateWord } from "../../host/core/words.ts";
import type { CapturedFrame } from "../../host/nic/pcap.ts";
import type { RecordedNode, Timeline, TimelineEntry } from "./timeline.ts";

/** A change of state in seconds after the timeline's start. */
export interface Transition {
  readonly seconds: number;
  readonly to: StateWord;
  readonly reason?: Reason;
}

/** An advertisement of the core. */
export interface Sent {
  readonly seconds: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly bytes: Uint8Array;
}

/** What a recorded node did, and how long it lived. */
export interface RecordedLife {
  readonly transitions: readonly Transition[];
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/** An advertisement of the capture; `injected` by the recorder, whatever its source says. */
export interface Advertisement {
  readonly seconds: number;
  readonly source: string;
  readonly injected: boolean;
  readonly bytes: Uint8Array;
}

const carpAt = 34;
const counterAt = carpAt + 8;
const interfaceIndex = 0;

/** The node's states until it died or the recording ended; where it was stopped, the last is INIT. */
export function recordOf(timeline: Timeline, node: RecordedNode): RecordedLife {
  const mine = timeline.entries.filter((entry) => entry.kind === "state" && entry.node === node.name);
  const fromSeconds = mine[0].seconds;
  const end = timeline.entries.find(
    (entry) => entry.seconds > fromSeconds && entry.kind === "action" && endOf(node, entry) !== undefined,
  );
  const last = timeline.entries[timeline.entries.length - 1].seconds;
  const transitions = mine.flatMap((entry) =>
    entry.kind === "state" ? [{ seconds: entry.seconds, to: entry.to }] : [],
  );
  if (transitions[0].to === "INIT") transitions.shift();
  if (end !== undefined && endOf(node, end) === "stop" && transitions.length > 0) {
    transitions.push({ seconds: end.seconds, to: "INIT" });
  }
  return { transitions, fromSeconds, untilSeconds: end?.seconds ?? last };
}

/** The CARP frames of a capture. */
export function advertisementsOf(timeline: Timeline, frames: Iterable<CapturedFrame>): Advertisement[] {
  const injections = timeline.entries
    .filter((entry) => entry.kind === "action" && /^(inject|replay)/.test(entry.action))
    .map((entry) => entry.seconds);
  const known = new Set<string>();
  const advertisements: Advertisement[] = [];
  for (const { bytes, timeNs } of frames) {
    if (bytes[12] !== 0x08 || bytes[13] !== 0 || bytes[23] !== 112) continue;
    const seconds = Number(timeNs - timeline.startNs) / 1e9;
    const source = bytes.subarray(26, 30).join(".");
    const identity = `${source} ${bytes.subarray(counterAt, counterAt + 8).join(".")}`;
    const injected = known.has(identity) && injections.length > 0 && injections[0] < seconds;
    if (injected) injections.shift();
    known.add(identity);
    advertisements.push({ seconds, source, injected, bytes });
  }
  return advertisements;
}

/**
 * Puts a core in the place of a node: it starts when the node did, hears what the node heard, and is done to what
 * was done to the node. The host answers at once that the addresses are in place. An injected frame that imitates
 * the node is the core's own last advertisement instead, rewritten alike, since that is what was on the wire.
 */
export function standIn(
  timeline: Timeline,
  node: RecordedNode,
  advertisements: readonly Advertisement[],
): { transitions: readonly Transition[]; sent: readonly Sent[] } {
  const { fromSeconds, untilSeconds } = recordOf(timeline, node);
  const linkBefore = timeline.entries.findLast(
    (entry) => entry.seconds < fromSeconds && linkOf(node, entry) !== undefined,
  );
  const hadLink = linkBefore === undefined || linkOf(node, linkBefore) === "up";
  const stand = new StandIn(node, fromSeconds, hadLink);
  let cut = false;
  const happenings = [...timeline.entries, ...advertisements].sort(
    (one, other) => one.seconds - other.seconds,
  );
  for (const happening of happenings) {
    if (happening.seconds < fromSeconds || happening.seconds > untilSeconds) continue;
    stand.wait(happening.seconds);
    if ("bytes" in happening) {
      const own = happening.source === node.source;
      if (!cut && (!own || happening.injected)) stand.hear(own ? stand.imitate(happening) : happening.bytes);
    } else if (happening.kind === "action") {
      if (/^LAN split/.test(happening.action)) cut = true;
      if (/^LAN healed/.test(happening.action)) cut = false;
      stand.suffer(happening);
    }
  }
  return { transitions: stand.transitions, sent: stand.sent };
}

class StandIn {
  readonly transitions: Transition[] = [];
  readonly sent: Sent[] = [];
  private readonly core = new Core();
  private readonly node: RecordedNode;
  private nowSeconds: number;

  constructor(node: RecordedNode, seconds: number, hasLink: boolean) {
    this.node = node;
    this.nowSeconds = seconds;
    this.core.reset(toNs(seconds), 1_000_000_000_000);
    this.core.setOption(Option.Preempt, node.preempt ? 1 : 0);
    this.setLink(hasLink);
    this.core.setVirtualHost(interfaceIndex, node.vhid, {
      advbase: node.advbase,
      // Only ucarp can be told 255, which is the bow-out's.
      advskew: Math.min(node.advskew, 254),
      key: new TextEncoder().encode(node.pass),
      flags: InstanceFlag.VirtualMac,
      entropy: 0x9e37_79b9_7f4a_7c15n,
    });
    this.setAddresses(node.addresses);
  }

  /** Until that time, with every timer on the way. */
  wait(seconds: number): void {
    const untilNs = toNs(seconds);
    for (let due = this.core.pollTimeout(); due <= untilNs; due = this.core.pollTimeout()) {
      this.nowSeconds = Number(due) / 1e9;
      this.core.handleTimeout(due);
      this.settle();
    }
    this.nowSeconds = seconds;
    this.core.advance(untilNs);
  }

  hear(frame: Uint8Array): void {
    this.core.receiveSlots(interfaceIndex).write(0, frame, frame.length, 2);
    this.core.handleFrames(toNs(this.nowSeconds), 1);
    this.settle();
  }

  /** The core's last advertisement with the interval fields of the injected one. */
  imitate({ bytes }: Advertisement): Uint8Array {
    const last = this.sent.at(-1);
    if (last === undefined) return bytes;
    const frame = last.bytes.slice();
    frame[carpAt + 2] = bytes[carpAt + 2];
    frame[carpAt + 5] = bytes[carpAt + 5];
    frame.fill(0, carpAt + 6, carpAt + 8);
    let sum = 0;
    for (let at = carpAt; at < carpAt + 36; at += 2) sum += frame[at] * 256 + frame[at + 1];
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    frame.set([(~sum >>> 8) & 255, ~sum & 255], carpAt + 6);
    return frame;
  }

  suffer(entry: TimelineEntry & { kind: "action" }): void {
    const { vhid } = this.node;
    if (endOf(this.node, entry) === "stop") this.core.leave(interfaceIndex, vhid);
    else if (entry.node === this.node.name) this.obey(entry.action);
    else if (linkOf(this.node, entry) !== undefined) this.setLink(linkOf(this.node, entry) === "up");
    else if (/^SIGUSR2/.test(entry.action) && entry.action.includes(hostOf(this.node))) {
      this.core.setState(interfaceIndex, vhid, State.Backup);
    }
    this.settle();
  }

  private obey(action: string): void {
    const { vhid } = this.node;
    const [verb, , argument] = action.split(" ");
    if (verb === "down") this.core.leave(interfaceIndex, vhid);
    if (verb === "up") {
      this.setLink(false);
      this.setLink(true);
    }
    if (verb === "pass")
      this.core.setVirtualHost(interfaceIndex, vhid, { key: new TextEncoder().encode(argument) });
    if (verb === "setstate") {
      this.core.setState(interfaceIndex, vhid, argument === "master" ? State.Master : State.Backup);
    }
    if (verb === "sysctl") this.core.setOption(Option.Preempt, Number(argument));
    if (verb === "deladdr") this.setAddresses(this.node.addresses.filter((address) => address !== argument));
  }

  private setLink(up: boolean): void {
    this.core.setInterface(interfaceIndex, {
      flags: up ? InterfaceFlag.Up | InterfaceFlag.Carrier : InterfaceFlag.Up,
      mac: new Uint8Array([2, 0, 0, 0, 0, 1]),
      source4: toBytes(this.node.source),
      source6: new Uint8Array(16),
    });
  }

  private setAddresses(addresses: readonly string[]): void {
    this.core.setAddresses(interfaceIndex, this.node.vhid, addresses.map(toBytes));
    this.settle();
  }

  /** Answers what the core asks, takes what it sends, and notes its transitions. */
  private settle(): void {
    for (let events = this.core.events(); events.length > 0; events = this.core.events()) {
      for (const event of events) {
        if (event.kind === "apply") this.core.applied(interfaceIndex, this.node.vhid);
        if (event.kind === "transition") {
          const seconds = Number(event.timeNs) / 1e9;
          this.transitions.push({ seconds, to: stateWord(event.to), reason: event.reason });
        }
      }
    }
    for (let count = this.core.pollTransmit(); count > 0; count = this.core.pollTransmit()) {
      for (let slot = 0; slot < count; slot++) {
        if (this.core.transmitSlots.kind(slot) !== FrameKind.Advertisement4) continue;
        const bytes = this.core.transmitSlots.frame(slot);
        const [advbase, advskew] = [bytes[carpAt + 5], bytes[carpAt + 2]];
        this.sent.push({ seconds: this.nowSeconds, advbase, advskew, bytes });
      }
      this.core.handleSent(toNs(this.nowSeconds), count);
    }
  }
}

/** Whether the action ends the node: a polite stop, or a death that nobody hears of. */
function endOf(node: RecordedNode, entry: TimelineEntry): "stop" | "kill" | undefined {
  if (entry.kind !== "action") return undefined;
  if (entry.node === node.name)
    return entry.action === "stop" ? "stop" : entry.action === "signal 9" ? "kill" : undefined;
  if (node.kind !== "ucarp" || !entry.action.includes(hostOf(node)) || node.name.endsWith("(2nd run)"))
    return undefined;
  if (/^(kill -TERM|SIGHUP)/.test(entry.action)) return "stop";
  return /^kill -KILL/.test(entry.action) || /^ip .* link del/.test(entry.action) ? "kill" : undefined;
}

/** What the action does to the link of a host of ucarp's captures: its own end is uc-a, its cable p-a. */
function linkOf(node: RecordedNode, entry: TimelineEntry): "up" | "down" | undefined {
  if (node.kind !== "ucarp" || entry.kind !== "action") return undefined;
  const letter = hostOf(node).at(-1);
  const match = new RegExp(`(?:uc-${letter} link set eth0|\\bp-${letter}) (up|down)`).exec(entry.action);
  return match?.[1] as "up" | "down" | undefined;
}

/** `hosta` of `hosta/vhid1`. */
function hostOf(node: RecordedNode): string {
  return node.name.split("/")[0];
}

function toNs(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e9));
}

/** 4 bytes, or 16 of an IPv6 address with one `::`. */
function toBytes(address: string): Uint8Array {
  if (!address.includes(":")) return Uint8Array.from(address.split("."), Number);
  const [head, tail] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const groups = [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
