import { FrameKind, Verdict } from "../../assembly/abi.ts";
import type { ReceiveSlots, TransmitSlots } from "../core/rings.ts";

/** What became of a frame: it was sent (or should have been), taken in, or refused. */
export enum Fate {
  Sent = 0,
  Accepted = 1,
  Refused = 2,
}

/** How many frames the ring remembers, and how many of each fate the others can never drive out. */
export const frameCapacity = 4096;
export const frameQuotas: Readonly<Record<Fate, number>> = {
  [Fate.Sent]: 1024,
  [Fate.Accepted]: 2048,
  [Fate.Refused]: 1024,
};

/** Of each frame this much is kept: an advertisement, with IPv4 options too. */
export const snapLength = 112;

/** A copy of the ring as it crosses threads; `readSnapshot` reads it. */
export interface RingSnapshot {
  /** Entries in the order of their places. */
  readonly entries: Uint8Array<ArrayBuffer>;
  /** The places, oldest first. */
  readonly order: Uint16Array<ArrayBuffer>;
  /** Refused frames that were not kept because too many came. */
  readonly unrecorded: number;
}

/** One frame of the ring. */
export interface RecordedFrame {
  /** Monotonic. */
  readonly timeNs: bigint;
  readonly interfaceIndex: number;
  readonly fate: Fate;
  /** A Verdict, or for a frame that was sent the errno of sending, 0 where that went well. */
  readonly outcome: number;
  /** As packet(7); 4 for what was sent. */
  readonly packetType: number;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
}

// An entry, little-endian: time i64, captured length, interface, fate and packet type u8, wire length and outcome u16, frame.
const CAPTURED = 8;
const INTERFACE = 9;
const FATE = 10;
const PACKET_TYPE = 11;
const WIRE = 12;
const OUTCOME = 14;
const FRAME = 16;
const entrySize = FRAME + snapLength;
const entryWords = entrySize / 4;
const HEADER_WORDS = FRAME / 4;
const none = 0xffff;
const outgoing = 4;

/**
 * Refused frames are kept as long as tokens last: a thousand at once, then a hundred a second. So a flood costs the
 * packet thread next to nothing here, and what is kept of it spans ten seconds instead of two milliseconds.
 */
const burst = frameQuotas[Fate.Refused];
const tokenNs = 10_000_000n;

/**
 * The last CARP frames in and out, each with its time, its interface and what became of it. When all places are taken, a
 * new frame gets that of the oldest refused one while those have more than their quota, else of the oldest of a fate that
 * has more than its own. So whatever floods the network, the ring still has the last 3072 good frames, of which neither
 * what was sent nor what was heard can be all. Nothing is allocated for a frame.
 */
export class FrameRing {
  private readonly words = new Int32Array(frameCapacity * entryWords);
  /** The frames of each fate are a chain from its oldest to its newest; `numbers` count all frames. */
  private readonly next = new Uint16Array(frameCapacity);
  private readonly numbers = new Float64Array(frameCapacity);
  private readonly heads = new Uint16Array(3).fill(none);
  private readonly tails = new Uint16Array(3).fill(none);
  private readonly counts = new Int32Array(3);
  private used = 0;
  private noted = 0;
  private tokens = burst;
  private refilledNs = 0n;
  private unrecorded = 0;
  private memory: Int32Array = new Int32Array(0);

  /** Takes note of the judged frames in slots 0 to `count - 1`. Those that are no CARP at all are left out. */
  noteReceived(slots: ReceiveSlots, interfaceIndex: number, count: number, nowNs: bigint): void {
    this.refill(nowNs);
    const low = Number(nowNs & 0xffffffffn);
    const high = Number(nowNs >> 32n);
    for (let slot = 0; slot < count; slot++) {
      const verdict = slots.verdict(slot);
      if (verdict === Verdict.NotCarp || verdict === Verdict.NotForUs) continue;
      const fate = isAccepted(verdict) ? Fate.Accepted : Fate.Refused;
      if (fate === Fate.Refused) {
        if (this.tokens === 0) {
          this.unrecorded++;
          continue;
        }
        this.tokens--;
      }
      const at = this.claim(fate) * entryWords;
      const captured = Math.min(slots.capturedLength(slot), snapLength);
      this.words[at] = low;
      this.words[at + 1] = high;
      this.words[at + 2] = captured | (interfaceIndex << 8) | (fate << 16) | (slots.packetType(slot) << 24);
      this.words[at + 3] = slots.wireLength(slot) | (verdict << 16);
      this.copy(slots.memory, slots.frameOffset(slot), captured, at + HEADER_WORDS);
    }
  }

  /** Takes note of the advertisements in slots 0 to `count - 1`, which have been sent, or should have been. */
  noteSent(slots: TransmitSlots, count: number, nowNs: bigint): void {
    const low = Number(nowNs & 0xffffffffn);
    const high = Number(nowNs >> 32n);
    for (let slot = 0; slot < count; slot++) {
      if (slots.kind(slot) > FrameKind.Advertisement6) continue;
      const at = this.claim(Fate.Sent) * entryWords;
      const length = slots.frameLength(slot);
      const captured = Math.min(length, snapLength);
      this.words[at] = low;
      this.words[at + 1] = high;
      this.words[at + 2] =
        captured | (slots.interfaceIndex(slot) << 8) | (Fate.Sent << 16) | (outgoing << 24);
      this.words[at + 3] = length | (slots.errno(slot) << 16);
      this.copy(slots.memory, slots.frameOffset(slot), captured, at + HEADER_WORDS);
    }
  }

  snapshot(): RingSnapshot {
    const order = new Uint16Array(this.used);
    const heads = this.heads.slice();
    for (let index = 0; index < order.length; index++) {
      const fate = this.oldest(heads, -1);
      order[index] = heads[fate];
      heads[fate] = heads[fate] === this.tails[fate] ? none : this.next[heads[fate]];
    }
    return {
      entries: new Uint8Array(this.words.buffer.slice(0, this.used * entrySize)),
      order,
      unrecorded: this.unrecorded,
    };
  }

  private refill(nowNs: bigint): void {
    const elapsed = nowNs - this.refilledNs;
    if (elapsed < tokenNs) return;
    const earned = elapsed / tokenNs;
    this.refilledNs += earned * tokenNs;
    this.tokens = Math.min(burst, this.tokens + Number(earned));
  }

  /** Appends a place to the chain of a fate: a free one, or the oldest that may be taken. */
  private claim(fate: Fate): number {
    let place = this.used;
    if (place < frameCapacity) this.used++;
    else {
      const victim = this.victim(fate);
      place = this.heads[victim];
      this.heads[victim] = place === this.tails[victim] ? none : this.next[place];
      this.counts[victim]--;
    }
    if (this.heads[fate] === none) this.heads[fate] = place;
    else this.next[this.tails[fate]] = place;
    this.tails[fate] = place;
    this.counts[fate]++;
    this.numbers[place] = this.noted++;
    return place;
  }

  /** The fate that gives up its oldest frame for one of `newcomer`. */
  private victim(newcomer: Fate): Fate {
    const claimed = this.counts[Fate.Refused] + (newcomer === Fate.Refused ? 1 : 0);
    return claimed > frameQuotas[Fate.Refused] ? Fate.Refused : this.oldest(this.heads, newcomer);
  }

  /**
   * The fate whose chain in `heads` begins with the oldest frame. With a `newcomer`, of those that have more than their
   * quota, or that the newcomer itself fills.
   */
  private oldest(heads: Uint16Array, newcomer: number): Fate {
    let found: Fate = Fate.Sent;
    let least = Number.POSITIVE_INFINITY;
    for (let fate: Fate = Fate.Sent; fate <= Fate.Refused; fate++) {
      if (heads[fate] === none) continue;
      const claimed = this.counts[fate] + (fate === newcomer ? 1 : 0);
      if (newcomer >= 0 && claimed <= frameQuotas[fate]) continue;
      const number = this.numbers[heads[fate]];
      if (number >= least) continue;
      least = number;
      found = fate;
    }
    return found;
  }

  /** Slots and entries begin at multiples of four, so whole words are copied; a view of the frame would be garbage. */
  private copy(memory: Uint8Array, offset: number, length: number, target: number): void {
    if (this.memory.buffer !== memory.buffer) this.memory = new Int32Array(memory.buffer);
    const source = offset >> 2;
    const count = (length + 3) >> 2;
    for (let word = 0; word < count; word++) this.words[target + word] = this.memory[source + word];
  }
}

/** The frames of a snapshot, oldest first. */
export function readSnapshot({ entries, order }: RingSnapshot): RecordedFrame[] {
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  return Array.from(order, (place) => {
    const at = place * entrySize;
    return {
      timeNs: view.getBigInt64(at, true),
      interfaceIndex: view.getUint8(at + INTERFACE),
      fate: view.getUint8(at + FATE),
      outcome: view.getUint16(at + OUTCOME, true),
      packetType: view.getUint8(at + PACKET_TYPE),
      wireLength: view.getUint16(at + WIRE, true),
      bytes: entries.subarray(at + FRAME, at + FRAME + view.getUint8(at + CAPTURED)),
    };
  });
}

function isAccepted(verdict: Verdict): boolean {
  return verdict === Verdict.Ok || verdict === Verdict.Refreshed;
}
