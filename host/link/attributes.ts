/** A netlink attribute to be written: its type and its value, which nests where it is a list. */
export type Attribute = readonly [type: number, value: Uint8Array | readonly Attribute[]];

const headerLength = 4;
const typeMask = 0x3fff;

/** The attributes one after the other, each aligned to four bytes. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const values = attributes.map(([, value]) =>
    value instanceof Uint8Array ? value : encodeAttributes(value),
  );
  const bytes = new Uint8Array(values.reduce((sum, value) => sum + align(headerLength + value.length), 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  attributes.forEach(([type], index) => {
    const value = values[index];
    view.setUint16(offset, headerLength + value.length, true);
    view.setUint16(offset + 2, type, true);
    bytes.set(value, offset + headerLength);
    offset += align(headerLength + value.length);
  });
  return bytes;
}

/** The attributes in `bytes` by type; the last of a type wins, and what does not fit any more ends the list. */
export function decodeAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = new Map<number, Uint8Array>();
  let offset = 0;
  while (offset + headerLength <= bytes.length) {
    const length = view.getUint16(offset, true);
    if (length < headerLength || offset + length > bytes.length) break;
    const type = view.getUint16(offset + 2, true) & typeMask;
    found.set(type, bytes.subarray(offset + headerLength, offset + length));
    offset += align(length);
  }
  return found;
}

/** A value of 32 bits in the machine's order. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** A zero-terminated string. */
export function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

/** The number in an attribute of 32 bits, or `absent` where there is none. */
export function readU32(value: Uint8Array | undefined, absent = 0): number {
  if (value === undefined || value.length < 4) return absent;
  return new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
}

/** The string in an attribute, without its terminating zero; empty where there is none. */
export function readText(value: Uint8Array | undefined): string {
  if (value === undefined) return "";
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}

/** The bytes of both, one after the other. */
export function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/** A view of the same bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function align(length: number): number {
  return (length + 3) & ~3;
}
