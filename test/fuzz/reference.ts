import { createHmac } from "node:crypto";
import { Verdict } from "../../assembly/abi.ts";

/**
 * The receive path once more, as slowly and plainly as the protocol's page tells it (protocol §3.1), on node:crypto. It
 * shares nothing with the core but the names of the verdicts, so that the two can be held against each other.
 */

/** A virtual host as it was configured. */
export interface ReferenceHost {
  readonly interfaceIndex: number;
  readonly vhid: number;
  readonly key: Uint8Array;
  /** 4 or 16 bytes each, in any order; the same one may come twice. */
  readonly addresses: readonly Uint8Array[];
  /** Whether it advertises to a peer over IPv4, and over IPv6. */
  readonly unicast4?: boolean;
  readonly unicast6?: boolean;
}

export interface ReferenceNode {
  readonly allow: boolean;
  /** The interfaces that are the node's. */
  readonly interfaces: readonly number[];
  readonly hosts: readonly ReferenceHost[];
}

export interface ReferenceFrame {
  /** What was captured. */
  readonly bytes: Uint8Array;
  readonly interfaceIndex: number;
  /** As packet(7). */
  readonly packetType: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** 4 or 6 when the frame came to CARP at all, else 0. */
  readonly family: 0 | 4 | 6;
  /** Where the CARP header begins, when at least 8 bytes of it are there, else 0. */
  readonly carpOffset: number;
  /** Whose VHID it is, as soon as the header is there. */
  readonly host: ReferenceHost | undefined;
}

interface Packet {
  readonly family: 4 | 6;
  /** Where in the frame the payload begins, and how long it is by the IP header. */
  readonly at: number;
  readonly length: number;
  readonly hopLimit: number;
  readonly source: Uint8Array;
}

/** The verdict of one frame, and what was told of it on the way. Pure: a reflection is not recognised here. */
export function judge(node: ReferenceNode, frame: ReferenceFrame): Judgement {
  if (![0, 1, 2].includes(frame.packetType)) return dropped(Verdict.NotForUs);
  const packet = ipPacket(frame.bytes);
  if (typeof packet === "number") return dropped(packet);
  const { family, at } = packet;
  if (!node.allow) return dropped(Verdict.NotAllowed, family);
  if (!node.interfaces.includes(frame.interfaceIndex)) return dropped(Verdict.BadInterface, family);
  if (packet.length < 8) return dropped(Verdict.BadLength, family);
  if (at + packet.length > frame.bytes.length) return dropped(Verdict.BadLength, family);
  const payload = frame.bytes.slice(at, at + packet.length);
  const onInterface = node.hosts.filter(({ interfaceIndex }) => interfaceIndex === frame.interfaceIndex);
  const host = onInterface.find(({ vhid }) => vhid === payload[1]);
  return { verdict: judgePayload(payload, packet, host, onInterface), family, carpOffset: at, host };
}

/** Checks 8 to 14, for a payload that is all there. */
function judgePayload(
  payload: Uint8Array,
  packet: Packet,
  host: ReferenceHost | undefined,
  onInterface: readonly ReferenceHost[],
): Verdict {
  const { family } = packet;
  const version = Math.floor(payload[0] / 16);
  if (version !== 2 && version !== 3) return Verdict.BadVersion;
  if (version === 2 && payload.length < 36) return Verdict.BadLength;
  if (version === 2 && !isSealed(family === 4 ? payload : payload.slice(0, 36))) return Verdict.BadChecksum;
  if (host === undefined) {
    const virtual = onInterface.flatMap(({ addresses }) => addresses.map(scopeless));
    const isOurs = virtual.some((address) => isEqual(address, packet.source));
    return payload[1] === 0 && isOurs ? Verdict.Loop : Verdict.BadVhid;
  }
  const addressLength = family === 4 ? 4 : 16;
  if (!host.addresses.some(({ length }) => length === addressLength)) return Verdict.BadVhid;
  if (version !== 2) return Verdict.BadVersion;
  const isFarAway = family === 4 ? host.unicast4 : host.unicast6;
  if (packet.hopLimit !== 255 && isFarAway !== true) return Verdict.BadTtl;
  return isEqual(digestOf(host, payload.slice(8, 16)), payload.slice(16, 36)) ? Verdict.Ok : Verdict.BadAuth;
}

/** The IP packet in a frame, or the verdict of checks 2 to 4. */
function ipPacket(bytes: Uint8Array): Packet | Verdict {
  if (bytes.length < 14) return Verdict.NotCarp;
  const type = bytes[12] * 256 + bytes[13];
  const ip = bytes.slice(14);
  if (type === 0x0800) return ipv4Packet(ip);
  if (type === 0x86dd) return ipv6Packet(ip);
  return Verdict.NotCarp;
}

function ipv4Packet(ip: Uint8Array): Packet | Verdict {
  if (ip.length < 20) return Verdict.NotCarp;
  const headerLength = (ip[0] % 16) * 4;
  if (Math.floor(ip[0] / 16) !== 4) return Verdict.NotCarp;
  if (headerLength < 20 || headerLength > ip.length) return Verdict.NotCarp;
  if (ip[9] !== 112) return Verdict.NotCarp;
  if (!isSealed(ip.slice(0, headerLength))) return Verdict.BadIpChecksum;
  const flagsAndOffset = ip[6] * 256 + ip[7];
  const moreFragments = Math.floor(flagsAndOffset / 0x2000) % 2 === 1;
  if (moreFragments || flagsAndOffset % 0x2000 !== 0) return Verdict.Fragment;
  const length = ip[2] * 256 + ip[3] - headerLength;
  if (length < 0) return Verdict.NotCarp;
  return { family: 4, at: 14 + headerLength, length, hopLimit: ip[8], source: ip.slice(12, 16) };
}

function ipv6Packet(ip: Uint8Array): Packet | Verdict {
  if (ip.length < 40) return Verdict.NotCarp;
  if (Math.floor(ip[0] / 16) !== 6) return Verdict.NotCarp;
  if (ip[6] !== 112) return Verdict.NotCarp;
  return { family: 6, at: 54, length: ip[4] * 256 + ip[5], hopLimit: ip[7], source: ip.slice(8, 24) };
}

/** HMAC-SHA1 over 02 01, the VHID, the distinct addresses in order, and the eight bytes of the counter (protocol §2.1). */
export function digestOf(
  host: Pick<ReferenceHost, "key" | "vhid" | "addresses">,
  counter: Uint8Array,
): Buffer {
  const hmac = createHmac("sha1", host.key);
  hmac.update(Uint8Array.of(2, 1, host.vhid));
  for (const length of [4, 16]) {
    const ofFamily = host.addresses.filter((address) => address.length === length);
    const distinct = new Set(ofFamily.map((address) => Buffer.from(scopeless(address)).toString("hex")));
    for (const digits of [...distinct].sort()) hmac.update(Buffer.from(digits, "hex"));
  }
  return hmac.update(counter).digest();
}

/** What an advertisement says, apart from its counter and digest. */
export interface Announced {
  readonly advbase: number;
  readonly advskew: number;
  readonly dscp: number;
  /** 4 or 16 bytes; this is the family too. */
  readonly source: Uint8Array;
  readonly sourceMac: Uint8Array;
}

/** The whole frame that a virtual host advertises with (protocol §1). */
export function composeAdvertisement(host: ReferenceHost, announced: Announced, counter: Uint8Array): Buffer {
  const is4 = announced.source.length === 4;
  const carp = Buffer.alloc(36);
  carp.set([0x21, host.vhid, announced.advskew, 7, 0, announced.advbase]);
  carp.set(counter, 8);
  carp.set(digestOf(host, counter), 16);
  carp.writeUInt16BE(internetChecksum(carp), 6);
  const header = is4 ? ipv4Header(announced) : ipv6Header(announced);
  const group = is4 ? "01005e000012" : "333300000012";
  const type = is4 ? "0800" : "86dd";
  return Buffer.concat([hex(group), announced.sourceMac, hex(type), header, carp]);
}

function ipv4Header({ dscp, source }: Announced): Buffer {
  const header = hex("4500 0038 0000 4000 ff70 0000 00000000 e0000012");
  header[1] = dscp * 4;
  header.set(source, 12);
  header.writeUInt16BE(internetChecksum(header), 10);
  return header;
}

function ipv6Header({ dscp, source }: Announced): Buffer {
  const header = hex(`60000000 0024 70 ff ${"00".repeat(16)} ff020000000000000000000000000012`);
  header.writeUInt32BE(0x60000000 + dscp * 4 * 0x100000, 0);
  header.set(source, 8);
  return header;
}

/** RFC 1071: the value to store where the field was 0 while summing. */
export function internetChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += at % 2 === 0 ? bytes[at] * 256 : bytes[at];
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return 0xffff - sum;
}

function isSealed(bytes: Uint8Array): boolean {
  return internetChecksum(bytes) === 0;
}

/** Link-local addresses, and multicast of interface or link scope, have no scope in bytes 2 and 3. */
export function scopeless(address: Uint8Array): Uint8Array {
  if (address.length !== 16) return address;
  const isUnicast = address[0] === 0xfe && address[1] >= 0x80 && address[1] <= 0xbf;
  const isMulticast = address[0] === 0xff && [1, 2].includes(address[1] % 16);
  if (!isUnicast && !isMulticast) return address;
  return Uint8Array.from([...address.slice(0, 2), 0, 0, ...address.slice(4)]);
}

function dropped(verdict: Verdict, family: 0 | 4 | 6 = 0): Judgement {
  return { verdict, family, carpOffset: 0, host: undefined };
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}
