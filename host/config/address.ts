import { isIP } from "node:net";
import { fromBytes, isMapped, toBytes } from "../address.ts";
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
  if (family === 6) return { family: 6, address: fromBytes(toBytes(text)) };
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
export function explainUnusable({ address, family, prefixLength }: PrefixedAddress): string | undefined {
  if (address === "0.0.0.0" || address === "::") return "is the unspecified address";
  if (prefixLength < 1) return "needs a prefix length of at least 1";
  const bytes = toBytes(address);
  if (family === 6) {
    if (bytes[0] === 0xff) return "is a multicast address";
    if (isMapped(bytes)) return "is an IPv4 address in IPv6 form";
    return address === "::1" ? "is the loopback address" : undefined;
  }
  if (bytes[0] === 127) return "is a loopback address";
  if (bytes[0] >= 224 && bytes[0] < 240) return "is a multicast address";
  if (address === "255.255.255.255") return "is the broadcast address";
  const number = ((bytes[0] * 256 + bytes[1]) * 256 + bytes[2]) * 256 + bytes[3];
  const size = 2 ** (32 - prefixLength);
  if (prefixLength <= 30 && number % size === size - 1) return "is the broadcast address of its subnet";
  return undefined;
}

/** How many bits an address of the family has. */
export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128;
}
