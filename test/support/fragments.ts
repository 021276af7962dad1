import { resealed } from "./frames.ts";

const headerEnd = 34;

/**
 * An IPv4 frame without options as `count` fragments (RFC 791), each but the last of a multiple of eight bytes. With an
 * overlap each begins so many bytes before the one before it ends.
 */
export function fragments(frame: Uint8Array, count: number, overlap = 0): Uint8Array[] {
  const payload = frame.subarray(headerEnd);
  const step = Math.ceil(payload.length / count / 8) * 8;
  return Array.from({ length: count }, (_, index) => {
    const from = Math.max(0, index * step - (index > 0 ? overlap : 0));
    const isLast = index === count - 1;
    const piece = payload.subarray(from, isLast ? payload.length : (index + 1) * step);
    const result = new Uint8Array(headerEnd + piece.length);
    result.set(frame.subarray(0, headerEnd));
    result.set(piece, headerEnd);
    const length = 20 + piece.length;
    result.set([length >> 8, length & 255], 16);
    result.set([(isLast ? 0 : 0x20) | (from >> 11), (from >> 3) & 255], 20);
    return withHeaderChecksum(result);
  });
}

/** The payload's checksum belongs to the whole packet, so only the header's is made anew. */
function withHeaderChecksum(frame: Uint8Array): Uint8Array {
  const sealed = resealed(frame);
  const result = Uint8Array.from(frame);
  result.set(sealed.subarray(24, 26), 24);
  return result;
}
