import { isIPv6 } from "node:net";

/** The 4 or 16 bytes of an address that is already known to be valid. */
export function addressBytes(address: string): Uint8Array {
  return isIPv6(address) ? ipv6Bytes(address) : Uint8Array.from(address.split("."), Number);
}

/** The canonical text (RFC 5952 for IPv6) of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array): string {
  return bytes.length === 4 ? bytes.join(".") : ipv6Text(bytes);
}

function ipv6Bytes(address: string): Uint8Array {
  const [head, tail] = withoutDottedQuad(address).split("::");
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((group) => [group >> 8, group & 0xff]));
}

function withoutDottedQuad(address: string): string {
  const quad = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (quad === null) return address;
  const [a, b, c, d] = quad.slice(1).map(Number);
  return `${address.slice(0, quad.index)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function groups(part: string): number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}

function ipv6Text(bytes: Uint8Array): string {
  const values = Array.from({ length: 8 }, (_, index) => (bytes[2 * index] << 8) | bytes[2 * index + 1]);
  const isMapped = values.slice(0, 5).every((value) => value === 0) && values[5] === 0xffff;
  if (isMapped) return `::ffff:${bytes.slice(12).join(".")}`;
  const gap = longestZeros(values);
  const part = (from: number, to: number) =>
    values
      .slice(from, to)
      .map((value) => value.toString(16))
      .join(":");
  return gap.length < 2 ? part(0, 8) : `${part(0, gap.start)}::${part(gap.start + gap.length, 8)}`;
}

function longestZeros(values: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < values.length; start++) {
    let length = 0;
    while (values[start + length] === 0) length++;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}
