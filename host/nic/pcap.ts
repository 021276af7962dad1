import { ExitCode, OperatorError } from "../errors.ts";
import { readClassic } from "./pcap-classic.ts";
import { toEthernet } from "./pcap-link-types.ts";
import { readNextGeneration } from "./pcap-ng.ts";

/** One frame of a capture file, as an Ethernet frame whatever the file's link type was. */
export interface CapturedFrame {
  /** The number that tshark and tcpdump give it; the first is 1. */
  readonly index: number;
  /** Since 1970; 0 where the file does not tell. */
  readonly timeNs: bigint;
  readonly timeSeconds: number;
  readonly capturedLength: number;
  readonly wireLength: number;
  /** `capturedLength` bytes; a view of the file's where the file has Ethernet frames. */
  readonly bytes: Uint8Array;
  /** The file's own link type (LINKTYPE_*). */
  readonly linkType: number;
}

/** A frame as it stands in the file, with the file offset of its first byte. */
export interface CaptureRecord {
  readonly timeNs: bigint;
  readonly wireLength: number;
  readonly bytes: Uint8Array;
  readonly linkType: number;
  readonly offset: number;
}

/** Trouble with a capture: what is wrong where, and what to do about it. */
export type CaptureFailure = (offset: number, trouble: string, remedy: string) => OperatorError;

const nanosecondMagic = 0xa1b23c4d;
const fileHeaderLength = 24;
const recordHeaderLength = 16;
const snapLength = 262_144;
const LINKTYPE_ETHERNET = 1;

/**
 * The frames of a capture file (pcap in either byte order with micro- or nanoseconds, or pcapng), read as far as
 * they are asked for. `fileName` is for messages. Throws OperatorError, where the trouble is met, for a file
 * that is none, is damaged or cut short, or has frames of a link without an Ethernet equivalent.
 */
export function* readCapture(file: Uint8Array, fileName: string): Generator<CapturedFrame> {
  const fail: CaptureFailure = (offset, trouble, remedy) =>
    new OperatorError(ExitCode.Failed, `${fileName}: byte ${offset}: ${trouble}: ${remedy}`);
  let index = 0;
  for (const record of records(file, fail)) {
    index++;
    const frame = toEthernet(record.linkType, record.bytes);
    if (frame === undefined) {
      const trouble = `frame ${index} has link type ${record.linkType}, which is neither Ethernet, cooked nor raw IP`;
      throw fail(record.offset, trouble, "capture on an Ethernet interface");
    }
    yield {
      index,
      timeNs: record.timeNs,
      timeSeconds: Number(record.timeNs) / 1e9,
      capturedLength: frame.length,
      wireLength: record.wireLength + frame.length - record.bytes.length,
      bytes: frame,
      linkType: record.linkType,
    };
  }
}

/** A pcap file with nanoseconds that holds the frames. */
export function encodeCapture(
  frames: readonly { readonly timeNs: bigint; readonly bytes: Uint8Array; readonly wireLength?: number }[],
  linkType = LINKTYPE_ETHERNET,
): Uint8Array {
  const length = frames.reduce((sum, { bytes }) => sum + recordHeaderLength + bytes.length, fileHeaderLength);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  view.setUint32(0, nanosecondMagic, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, snapLength, true);
  view.setUint32(20, linkType, true);
  let offset = fileHeaderLength;
  for (const { timeNs, bytes, wireLength } of frames) {
    view.setUint32(offset, Number(timeNs / 1_000_000_000n), true);
    view.setUint32(offset + 4, Number(timeNs % 1_000_000_000n), true);
    view.setUint32(offset + 8, bytes.length, true);
    view.setUint32(offset + 12, wireLength ?? bytes.length, true);
    file.set(bytes, offset + recordHeaderLength);
    offset += recordHeaderLength + bytes.length;
  }
  return file;
}

function records(file: Uint8Array, fail: CaptureFailure): Generator<CaptureRecord> {
  if (file.length < 4) {
    throw fail(0, `the file has ${file.length} bytes and is no capture`, "give a pcap or pcapng file");
  }
  const magic = new DataView(file.buffer, file.byteOffset, 4).getUint32(0, false);
  if (magic >>> 16 === 0x1f8b) throw fail(0, "the file is compressed", "unpack it first with gunzip");
  switch (magic) {
    case 0x0a0d0d0a:
      return readNextGeneration(file, fail);
    case 0xa1b2c3d4:
    case nanosecondMagic:
      return readClassic(file, false, magic === nanosecondMagic, fail);
    case 0xd4c3b2a1:
    case 0x4d3cb2a1:
      return readClassic(file, true, magic === 0x4d3cb2a1, fail);
    default:
      throw fail(0, "the file is no capture", "give a pcap or pcapng file, as tcpdump -w writes it");
  }
}
