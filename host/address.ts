/** The 4 or 16 bytes of an address that `parseAddress` accepts (host/config/address), in network order. */
export function toBytes(address: string): Uint8Array<ArrayBuffer> {
  if (address.includes(":")) return readIpv6(address);
  const [a, b, c, d] = address.split(".");
  return Uint8Array.of(Number(a), Number(b), Number(c), Number(d));
}

/** The canonical text of 4 or 16 bytes in network order; throws RangeError for any other count. */
export function fromBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  if (isMapped(bytes)) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, index) => (bytes[2 * index] << 8) | bytes[2 * index + 1]);
  const zeros = longestZeros(groups);
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return zeros.count < 2 ? text(0, 8) : `${text(0, zeros.start)}::${text(zeros.start + zeros.count, 8)}`;
}

/** ::ffff:0:0/96, which RFC 5952 section 5 writes with a dotted tail. */
export function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255));
}

/** The text must be an IPv6 address without a zone. */
function readIpv6(text: string): Uint8Array<ArrayBuffer> {
  const [head, tail] = text.split("::");
  const front = readGroups(head);
  const back = tail === undefined ? [] : readGroups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(front);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function readGroups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

/** The first of the longest runs of zero groups (RFC 5952 section 4.2.3). */
function longestZeros(groups: readonly number[]): { start: number; count: number } {
  let best = { start: 0, count: 0 };
  for (let start = 0; start < groups.length; start++) {
    let count = 0;
    while (groups[start + count] === 0) count++;
    if (count > best.count) best = { start, count };
  }
  return best;
}
