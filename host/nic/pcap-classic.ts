import type { CaptureFailure, CaptureRecord } from "./pcap.ts";

const fileHeaderLength = 24;
const linkTypeOffset = 20;
const recordHeaderLength = 16;
const longestFrame = 262_144;

/** The records of a pcap file (the libpcap format, pcap-savefile(5)) whose magic number has been read. */
export function* readClassic(
  file: Uint8Array,
  littleEndian: boolean,
  nanoseconds: boolean,
  fail: CaptureFailure,
): Generator<CaptureRecord> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < fileHeaderLength) {
    throw fail(file.length, "the file ends within its header", "capture again");
  }
  // The upper half tells of a frame check sequence, which is not part of the link type.
  const linkType = view.getUint32(linkTypeOffset, littleEndian) & 0xffff;
  const unitNs = nanoseconds ? 1n : 1000n;
  let offset = fileHeaderLength;
  for (let index = 1; offset < file.length; index++) {
    if (offset + recordHeaderLength > file.length) throw cutShort(file, index, fail);
    const seconds = view.getUint32(offset, littleEndian);
    const fraction = view.getUint32(offset + 4, littleEndian);
    const capturedLength = view.getUint32(offset + 8, littleEndian);
    const wireLength = view.getUint32(offset + 12, littleEndian);
    if (capturedLength > longestFrame) {
      const trouble = `frame ${index} claims ${capturedLength} bytes, so the file is damaged`;
      throw fail(offset, trouble, "capture again");
    }
    const start = offset + recordHeaderLength;
    const end = start + capturedLength;
    if (end > file.length) throw cutShort(file, index, fail);
    const timeNs = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) * unitNs;
    yield { timeNs, wireLength, bytes: file.subarray(start, end), linkType, offset: start };
    offset = end;
  }
}

function cutShort(file: Uint8Array, index: number, fail: CaptureFailure) {
  const whole = index === 1 ? "" : `, or keep what is whole with editcap -r FILE OUT 1-${index - 1}`;
  return fail(file.length, `the file is cut short within frame ${index}`, `capture again${whole}`);
}
