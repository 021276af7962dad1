import { PacketType } from "./nic.ts";

/** A frame as a pcapng file is to show it. */
export interface AnnotatedFrame {
  /** Since 1970. */
  readonly timeNs: bigint;
  /** Its interface's place in the list. */
  readonly interfaceIndex: number;
  readonly packetType: PacketType;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
  readonly comment: string;
}

export interface AnnotatedCapture {
  /** The program that wrote it. */
  readonly application: string;
  readonly comment: string;
  /** Ethernet interfaces, by name. */
  readonly interfaces: readonly string[];
  readonly snapLength: number;
  readonly frames: readonly AnnotatedFrame[];
}

// Blocks and options of pcapng (draft-ietf-opsawg-pcapng).
const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const byteOrderMagic = 0x1a2b3c4d;
const unknownLength = 0xffffffffffffffffn;
const LINKTYPE_ETHERNET = 1;

const OPTION_COMMENT = 1;
const OPTION_NAME = 2;
const OPTION_FLAGS = 2;
const OPTION_APPLICATION = 4;
const OPTION_TIME_RESOLUTION = 9;
const nanoseconds = 9;

/** The direction, and how the frame was received (epb_flags). */
const flagsOf: Readonly<Record<PacketType, number>> = {
  [PacketType.Host]: 0b001_01,
  [PacketType.Multicast]: 0b010_01,
  [PacketType.Broadcast]: 0b011_01,
  [PacketType.OtherHost]: 0b100_01,
  [PacketType.Outgoing]: 0b10,
};

/** A pcapng file with one section: an interface block for each interface, an enhanced packet block for each frame. */
export function encodeAnnotated(capture: AnnotatedCapture): Buffer {
  return Buffer.concat([
    block(SECTION_HEADER, sectionBody(), [
      [OPTION_APPLICATION, Buffer.from(capture.application)],
      [OPTION_COMMENT, Buffer.from(capture.comment)],
    ]),
    ...capture.interfaces.map((name) =>
      block(INTERFACE_DESCRIPTION, interfaceBody(capture.snapLength), [
        [OPTION_NAME, Buffer.from(name)],
        [OPTION_TIME_RESOLUTION, Buffer.of(nanoseconds)],
      ]),
    ),
    ...capture.frames.map((frame) =>
      block(ENHANCED_PACKET, packetBody(frame), [
        [OPTION_FLAGS, flagBytes(frame.packetType)],
        [OPTION_COMMENT, Buffer.from(frame.comment)],
      ]),
    ),
  ]);
}

type Option = readonly [code: number, value: Buffer];

/** A block of that type; the end of its options is an option of its own. */
function block(type: number, body: Buffer, options: readonly Option[]): Buffer {
  const length = options.reduce((sum, [, value]) => sum + 4 + padded(value.length), 12 + body.length + 4);
  const bytes = Buffer.alloc(length);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(length, 4);
  body.copy(bytes, 8);
  let at = 8 + body.length;
  for (const [code, value] of options) {
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt16LE(value.length, at + 2);
    value.copy(bytes, at + 4);
    at += 4 + padded(value.length);
  }
  bytes.writeUInt32LE(length, length - 4);
  return bytes;
}

function sectionBody(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt32LE(byteOrderMagic, 0);
  body.writeUInt16LE(1, 4);
  body.writeBigUInt64LE(unknownLength, 8);
  return body;
}

function interfaceBody(snapLength: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeUInt16LE(LINKTYPE_ETHERNET, 0);
  body.writeUInt32LE(snapLength, 4);
  return body;
}

function packetBody({ timeNs, interfaceIndex, wireLength, bytes }: AnnotatedFrame): Buffer {
  const body = Buffer.alloc(20 + padded(bytes.length));
  body.writeUInt32LE(interfaceIndex, 0);
  body.writeUInt32LE(Number(timeNs >> 32n), 4);
  body.writeUInt32LE(Number(timeNs & 0xffffffffn), 8);
  body.writeUInt32LE(bytes.length, 12);
  body.writeUInt32LE(wireLength, 16);
  body.set(bytes, 20);
  return body;
}

function flagBytes(packetType: PacketType): Buffer {
  const value = Buffer.alloc(4);
  value.writeUInt32LE(flagsOf[packetType]);
  return value;
}

/** Everything in a block begins at a multiple of four bytes. */
function padded(length: number): number {
  return (length + 3) & ~3;
}
