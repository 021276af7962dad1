/** A frame on the wire, and what the simulation knows of it that a receiver does not. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** The station that sent it, or -1. */
  readonly sender: number;
  /** What a receiver must make of it. */
  readonly truth: Truth;
  readonly family: number;
  /** Where the CARP header is. */
  readonly header: number;
  /** When it was sent first. */
  readonly sentAt: number;
  /** The how many-eth it was of its sender. */
  readonly serial: number;
  /** A hash of the bytes. */
  readonly hash: number;
}

export enum Truth {
  /** A member sent it, and this is its first way to here, or a copy that the network made. */
  Genuine = 0,
  /** A member sent these authenticated bytes once; somebody else sends them now, perhaps with other fields. */
  Replayed = 1,
  /** Nobody may accept it. */
  Forged = 2,
  /** A member that has other addresses for a while sent it. */
  Stray = 3,
}

/** Takes in what a member sends, or what an attacker makes. */
export function frameOf(bytes: Uint8Array, sender: number, truth: Truth, sentAt = 0, serial = 0): Frame {
  const family = bytes[12] === 0x08 ? 4 : 6;
  return {
    bytes,
    sender,
    truth,
    family,
    header: family === 4 ? 34 : 54,
    sentAt,
    serial,
    hash: hashOf(bytes),
  };
}

/** Many frames share a buffer, since each buffer of its own costs more than what is in it. */
let slab = new Uint8Array(65536);
let slabUsed = 0;

/** A copy of the frame in a core's memory. */
export function copyOf(memory: Uint8Array, offset: number, length: number): Uint8Array {
  if (slabUsed + length > slab.length) {
    slab = new Uint8Array(65536);
    slabUsed = 0;
  }
  const copy = slab.subarray(slabUsed, slabUsed + length);
  slabUsed += length;
  for (let at = 0; at < length; at++) copy[at] = memory[offset + at];
  return copy;
}

/** FNV-1a over words. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  let at = 0;
  for (; at + 3 < bytes.length; at += 4) {
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    hash = Math.imul(hash ^ word, 0x01000193);
  }
  for (; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
  return hash;
}

export function advskewOf(frame: Frame): number {
  return frame.bytes[frame.header + 2];
}

export function demoteOf(frame: Frame): number {
  return frame.bytes[frame.header + 4];
}

export function advbaseOf(frame: Frame): number {
  return frame.bytes[frame.header + 5];
}

/** The upper half of the counter: seconds, where the sender takes its counters from the clock. */
export function counterHigh(frame: Frame): number {
  return word(frame.bytes, frame.header + 8);
}

export function counterLow(frame: Frame): number {
  return word(frame.bytes, frame.header + 12);
}

export function counterOf(frame: Frame): bigint {
  return (BigInt(counterHigh(frame)) << 32n) | BigInt(counterLow(frame));
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}
