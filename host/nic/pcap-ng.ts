import type { CaptureFailure, CaptureRecord } from "./pcap.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const byteOrderMagic = 0x1a2b3c4d;

const OPTION_END = 0;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;

const blockOverhead = 12;
const bodyOffset = 8;

interface CaptureInterface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** The packets of a pcapng file: sections in either byte order, with any number of interfaces. */
export function* readNextGeneration(file: Uint8Array, fail: CaptureFailure): Generator<CaptureRecord> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let littleEndian = true;
  let interfaces: CaptureInterface[] = [];
  let offset = 0;
  while (offset < file.length) {
    if (offset + blockOverhead > file.length) throw cutShort(file, fail);
    const type = view.getUint32(offset, littleEndian);
    if (type === SECTION_HEADER) {
      littleEndian = view.getUint32(offset + bodyOffset, true) === byteOrderMagic;
      if (!littleEndian && view.getUint32(offset + bodyOffset, false) !== byteOrderMagic) {
        throw damaged(offset, fail);
      }
      interfaces = [];
    }
    const length = view.getUint32(offset + 4, littleEndian);
    if (length < blockOverhead || length % 4 !== 0) throw damaged(offset, fail);
    if (offset + length > file.length) throw cutShort(file, fail);
    const body = new DataView(view.buffer, view.byteOffset + offset + bodyOffset, length - blockOverhead);
    const place = { body, littleEndian, offset: offset + bodyOffset, fail };
    if (type === INTERFACE_DESCRIPTION) interfaces.push(readInterface(place));
    if (type === ENHANCED_PACKET) yield readEnhancedPacket(place, interfaces);
    if (type === SIMPLE_PACKET) yield readSimplePacket(place, interfaces);
    offset += length;
  }
}

/** A block's body, how its numbers are written, and where in the file it is. */
interface Place {
  readonly body: DataView;
  readonly littleEndian: boolean;
  readonly offset: number;
  readonly fail: CaptureFailure;
}

function readInterface({ body, littleEndian, offset, fail }: Place): CaptureInterface {
  if (body.byteLength < 8) throw damaged(offset, fail);
  let unitsPerSecond = 1_000_000n;
  let offsetSeconds = 0n;
  let position = 8;
  while (position + 4 <= body.byteLength) {
    const code = body.getUint16(position, littleEndian);
    const length = body.getUint16(position + 2, littleEndian);
    const value = position + 4;
    if (code === OPTION_END || value + length > body.byteLength) break;
    if (code === OPTION_TIME_RESOLUTION && length >= 1) unitsPerSecond = resolution(body.getUint8(value));
    if (code === OPTION_TIME_OFFSET && length >= 8) offsetSeconds = body.getBigInt64(value, littleEndian);
    position = value + ((length + 3) & ~3);
  }
  const linkType = body.getUint16(0, littleEndian);
  const snapLength = body.getUint32(4, littleEndian);
  return { linkType, snapLength, unitsPerSecond, offsetSeconds };
}

/** A negative power of two where the highest bit is set, of ten otherwise. */
function resolution(code: number): bigint {
  return (code & 0x80) !== 0 ? 1n << BigInt(code & 0x7f) : 10n ** BigInt(code);
}

function readEnhancedPacket(place: Place, interfaces: readonly CaptureInterface[]): CaptureRecord {
  const { body, littleEndian, offset, fail } = place;
  if (body.byteLength < 20) throw damaged(offset, fail);
  const from = interfaces[body.getUint32(0, littleEndian)];
  if (from === undefined) throw damaged(offset, fail);
  const high = BigInt(body.getUint32(4, littleEndian));
  const low = BigInt(body.getUint32(8, littleEndian));
  const timeNs = (((high << 32n) | low) * 1_000_000_000n) / from.unitsPerSecond;
  const capturedLength = body.getUint32(12, littleEndian);
  return {
    timeNs: timeNs + from.offsetSeconds * 1_000_000_000n,
    wireLength: body.getUint32(16, littleEndian),
    bytes: bytesOf(place, 20, capturedLength),
    linkType: from.linkType,
    offset: offset + 20,
  };
}

function readSimplePacket(place: Place, interfaces: readonly CaptureInterface[]): CaptureRecord {
  const { body, littleEndian, offset, fail } = place;
  const [from] = interfaces;
  if (from === undefined || body.byteLength < 4) throw damaged(offset, fail);
  const wireLength = body.getUint32(0, littleEndian);
  const capturedLength = from.snapLength === 0 ? wireLength : Math.min(wireLength, from.snapLength);
  const bytes = bytesOf(place, 4, capturedLength);
  return { timeNs: 0n, wireLength, bytes, linkType: from.linkType, offset: offset + 4 };
}

function bytesOf({ body, offset, fail }: Place, start: number, length: number): Uint8Array {
  if (start + length > body.byteLength) throw damaged(offset, fail);
  return new Uint8Array(body.buffer, body.byteOffset + start, length);
}

function damaged(offset: number, fail: CaptureFailure) {
  return fail(offset, "the pcapng block there is damaged", "capture again");
}

function cutShort(file: Uint8Array, fail: CaptureFailure) {
  return fail(
    file.length,
    "the file is cut short within a block",
    "capture again, or repair it with editcap",
  );
}
