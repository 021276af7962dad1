import { isIP } from "node:net";
import type { PrefixedAddress } from "../link/link.ts";

/** An IP address; the text is canonical (RFC 5952 for IPv6, in lower case). */
export interface Address {
  readonly family: 4 | 6;
  readonly address: string;
}

/** Reads an IPv4 or IPv6 address in any of its spellings; undefined for anything else, zone ids included. */
export function parseAddress(text: string): Address | undefined {
  const family = text.includes("%") ? 0 : isIP(text);
  if (family === 4) return { family: 4, address: text };
  if (family === 6) return { family: 6, address: fromBytes(readIpv6(text)) };
  return undefined;
}

/** Reads `ADDRESS/LENGTH`; undefined when either half is wrong or the length is too long for the family. */
export function parsePrefixed(text: string): PrefixedAddress | undefined {
  const slash = text.lastIndexOf("/");
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefixLength = Number(length);
  return prefixLength <= widthOf(address.family) ? { ...address, prefixLength } : undefined;
}

/** The prefix length of an IPv4 netmask, dotted or as `0xffffff00`; undefined when it is no netmask. */
export function parseNetmask(text: string): number | undefined {
  let mask: number;
  if (/^0x[0-9a-f]{1,8}$/i.test(text)) mask = Number(text);
  else if (isIP(text) === 4) mask = new DataView(toBytes(text).buffer).getUint32(0);
  else return undefined;
  const zeros = 2 ** 32 - mask;
  return Number.isInteger(Math.log2(zeros)) ? 32 - Math.log2(zeros) : undefined;
}

/** The 4 or 16 bytes of an address that `parseAddress` accepts, in network order. */
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

/** Orders addresses as numbers in network order, shorter ones first: negative, 0 or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  if (left.length !== right.length) return left.length - right.length;
  const index = left.findIndex((byte, place) => byte !== right[place]);
  return index < 0 ? 0 : left[index] - right[index];
}

/** Whether `address` lies in the subnet that `own` spans. Both texts are canonical. */
export function subnetContains(own: PrefixedAddress, address: Address): boolean {
  if (own.family !== address.family) return false;
  const left = toBytes(own.address);
  const right = toBytes(address.address);
  return left.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, own.prefixLength - 8 * index));
    return (byte ^ right[index]) >> (8 - bits) === 0;
  });
}

/** Why an address cannot be a virtual one, as the second half of a sentence; undefined when it can. */
export function explainUnusable(address: PrefixedAddress): string | undefined {
  const bytes = toBytes(address.address);
  if (bytes.every((byte) => byte === 0)) return "is the unspecified address";
  if (address.prefixLength < 1) return "needs a prefix length of at least 1";
  if (address.family === 6) {
    if (bytes[0] === 0xff) return "is a multicast address";
    if (isMapped(bytes)) return "is an IPv4 address in IPv6 form";
    return address.address === "::1" ? "is the loopback address" : undefined;
  }
  if (bytes[0] === 127) return "is a loopback address";
  if (bytes[0] >= 224 && bytes[0] < 240) return "is a multicast address";
  if (bytes.every((byte) => byte === 255)) return "is the broadcast address";
  const host = new DataView(bytes.buffer).getUint32(0) % 2 ** (32 - address.prefixLength);
  if (address.prefixLength <= 30 && host === 2 ** (32 - address.prefixLength) - 1)
    return "is the broadcast address of its subnet";
  return undefined;
}

/** How many bits an address of the family has. */
export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
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

/** ::ffff:0:0/96, which RFC 5952 section 5 writes with a dotted tail. */
function isMapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 12).every((byte, index) => byte === (index < 10 ? 0 : 255));
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
