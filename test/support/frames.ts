import { createHmac } from "node:crypto";

/**
 * CARP advertisements by the book (protocol §1, §2), written in plain TypeScript on node:crypto. It shares no code
 * with the core, so that the two can be held against each other.
 */
export interface Advertisement {
  readonly vhid: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly key: string | Uint8Array;
  /** All virtual addresses of the virtual host, of both families, in any order. */
  readonly addresses: readonly string[];
  readonly counter: bigint;
  /** The transport; left out, it is that of the first address. */
  readonly family?: 4 | 6;
  /** The sender's address. */
  readonly source?: string;
  /** Of the IP header; the group of CARP where it is left out. */
  readonly target?: string;
  readonly timeToLive?: number;
  /** The TOS byte or the traffic class. */
  readonly trafficClass?: number;
  readonly identity?: number;
  /** IPv4 options, a multiple of four bytes. */
  readonly options?: Uint8Array;
  /** Bytes after the 36, covered by the length and, over IPv4, by the checksum. */
  readonly trailer?: Uint8Array;
  readonly sourceMac?: Uint8Array;
  readonly targetMac?: Uint8Array;
  /** Byte 4 of the header: OpenBSD's demotion. */
  readonly demote?: number;
  readonly version?: number;
}

/** The whole Ethernet frame, without padding and FCS. */
export function advertisementFrame(advertisement: Advertisement): Uint8Array {
  const { vhid, trailer = new Uint8Array() } = advertisement;
  const family = advertisement.family ?? (addressBytes(advertisement.addresses[0]).length === 4 ? 4 : 6);
  const payload = join(carpHeader(advertisement), trailer);
  const summed = family === 4 ? payload : payload.subarray(0, 36);
  put16(payload, 6, internetChecksum(summed));
  const source = addressBytes(advertisement.source ?? (family === 4 ? "10.0.0.2" : "fe80::2"));
  const target = addressBytes(advertisement.target ?? (family === 4 ? "224.0.0.18" : "ff02::12"));
  const header = family === 4 ? ipv4Header : ipv6Header;
  const targetMac = family === 4 ? [1, 0, 0x5e, 0, 0, 0x12] : [0x33, 0x33, 0, 0, 0, 0x12];
  return join(
    advertisement.targetMac ?? Uint8Array.from(targetMac),
    advertisement.sourceMac ?? Uint8Array.of(0, 0, 0x5e, 0, 1, vhid),
    Uint8Array.from(family === 4 ? [0x08, 0x00] : [0x86, 0xdd]),
    header(advertisement, payload.length, source, target),
    payload,
  );
}

/** The 36 bytes with their digest; the checksum field is 0. */
export function carpHeader(advertisement: Advertisement): Uint8Array {
  const { vhid, advbase, advskew, demote = 0, version = 2 } = advertisement;
  const header = new Uint8Array(36);
  header.set([(version << 4) | 1, vhid, advskew, 7, demote, advbase], 0);
  header.set(counterBytes(advertisement.counter), 8);
  header.set(digest(advertisement), 16);
  return header;
}

/** HMAC-SHA1 over 02 01, VHID, the distinct addresses in order, and the counter (protocol §2.1). */
export function digest({
  key,
  vhid,
  addresses,
  counter,
}: Pick<Advertisement, "key" | "vhid" | "addresses" | "counter">): Uint8Array {
  const hmac = createHmac("sha1", typeof key === "string" ? Buffer.from(key) : key);
  hmac.update(Uint8Array.of(2, 1, vhid));
  const hashed = [...new Set(addresses.map((address) => hex(scopeless(addressBytes(address)))))];
  for (const length of [8, 32]) {
    for (const address of hashed.filter((digits) => digits.length === length).sort())
      hmac.update(address, "hex");
  }
  return new Uint8Array(hmac.update(counterBytes(counter)).digest());
}

/** Computes the checksums of a frame anew, after a test has changed something that they cover. */
export function resealed(frame: Uint8Array): Uint8Array {
  const result = Uint8Array.from(frame);
  const is4 = result[12] === 0x08;
  const headerLength = is4 ? (result[14] & 15) * 4 : 40;
  const ip = result.subarray(14, 14 + headerLength);
  if (is4) {
    put16(ip, 10, 0);
    put16(ip, 10, internetChecksum(ip));
  }
  const payload = result.subarray(14 + headerLength, is4 ? 14 + get16(ip, 2) : 14 + 40 + 36);
  if (payload.length < 8) return result;
  put16(payload, 6, 0);
  put16(payload, 6, internetChecksum(payload));
  return result;
}

/** RFC 1071, one word after the other: the value to store. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at] * 256 + (at + 1 < bytes.length ? bytes[at + 1] : 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

/** An IPv4 or IPv6 address in text, without a zone, as its 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
  if (!text.includes(":")) return Uint8Array.from(text.split(".").map(Number));
  const [front, back] = text.split("::");
  const groups = (part: string | undefined) =>
    part ? part.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [first, last] = [groups(front), groups(back)];
  const all = [...first, ...new Array<number>(8 - first.length - last.length).fill(0), ...last];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

/** A frame that the packet filter takes for CARP: IPv4 to 224.0.0.18 with protocol 112, or the IPv6 like. */
export function carpFrame({ family = 4, length = 70, vhid = 1, target = "group" } = {}): Uint8Array {
  const frame = new Uint8Array(length);
  frame.set(family === 4 ? [0x01, 0, 0x5e, 0, 0, 0x12] : [0x33, 0x33, 0, 0, 0, 0x12], 0);
  if (target === "broadcast") frame.fill(0xff, 0, 6);
  if (target === "other") frame.set([2, 0, 0, 0, 0, 99], 0);
  frame.set([0, 0, 0x5e, 0, 1, vhid], 6);
  if (family === 4) {
    frame.set([0x08, 0x00, 0x45, 0xe0, 0, length - 14, 0, 0, 0x40, 0, 255, 112, 0, 0], 12);
    frame.set([10, 0, 0, 1, 224, 0, 0, 18, 0x21, vhid, 0, 7], 26);
  } else {
    frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, length - 54, 112, 255], 12);
    frame.set([0xfe, 0x80], 22);
    frame.set([0xff, 2], 38);
    frame[53] = 0x12;
    frame.set([0x21, vhid, 0, 7], 54);
  }
  return frame;
}

/** The frame with an 802.1Q tag. */
export function tagged(frame: Uint8Array, vlan: number): Uint8Array {
  const result = new Uint8Array(frame.length + 4);
  result.set(frame.subarray(0, 12), 0);
  result.set([0x81, 0x00, vlan >> 8, vlan & 0xff], 12);
  result.set(frame.subarray(12), 16);
  return result;
}

function ipv4Header(
  advertisement: Advertisement,
  payloadLength: number,
  source: Uint8Array,
  target: Uint8Array,
): Uint8Array {
  const { timeToLive = 255, trafficClass = 0xe0, identity = 0, options = new Uint8Array() } = advertisement;
  const header = new Uint8Array(20 + options.length);
  header[0] = 0x40 | (header.length / 4);
  header[1] = trafficClass;
  put16(header, 2, header.length + payloadLength);
  put16(header, 4, identity);
  header.set([0x40, 0, timeToLive, 112], 6);
  header.set(source, 12);
  header.set(target, 16);
  header.set(options, 20);
  put16(header, 10, internetChecksum(header));
  return header;
}

function ipv6Header(
  { timeToLive = 255, trafficClass = 0xe0 }: Advertisement,
  payloadLength: number,
  source: Uint8Array,
  target: Uint8Array,
): Uint8Array {
  const header = new Uint8Array(40);
  header.set([0x60 | (trafficClass >> 4), (trafficClass & 15) << 4], 0);
  put16(header, 4, payloadLength);
  header.set([112, timeToLive], 6);
  header.set(source, 8);
  header.set(target, 24);
  return header;
}

/** Link-local addresses, and multicast of interface or link scope, enter the digest with bytes 2 and 3 zero. */
export function scopeless(address: Uint8Array): Uint8Array {
  const result = Uint8Array.from(address);
  const isUnicast = result[0] === 0xfe && (result[1] & 0xc0) === 0x80;
  const isMulticast = result[0] === 0xff && ((result[1] & 15) === 1 || (result[1] & 15) === 2);
  if (result.length === 16 && (isUnicast || isMulticast)) result.fill(0, 2, 4);
  return result;
}

function counterBytes(counter: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(counter.toString(16).padStart(16, "0"), "hex"));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}

function get16(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}
