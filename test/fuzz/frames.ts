import type { Chance } from "./chance.ts";
import type { ReferenceHost, ReferenceNode } from "./reference.ts";
import { composeAdvertisement, digestOf, internetChecksum, type ReferenceFrame } from "./reference.ts";

/** Received frames of every kind: valid, valid but for one thing or a few, foreign, mutated, cut, and noise. */

/** The largest part of a frame that is captured. */
export const captureCapacity = 288;

/** A frame in the making: a change may ask for checksums and digest to be made right afterwards. */
interface Draft {
  bytes: Uint8Array;
  readonly is4: boolean;
  readonly host: ReferenceHost;
  interfaceIndex: number;
  packetType: number;
  /** What is made right when all changes are made. */
  mended: "nothing" | "checksums" | "digest";
}

type Change = (draft: Draft, chance: Chance, node: ReferenceNode) => void;

const IP = 14;

/** A change for every check of the receive path, and for every field that no check looks at. */
export const changes: Readonly<Record<string, Change>> = {
  packetType: (draft, chance) => {
    draft.packetType = chance.pick([0, 1, 2, 3, 4, 5, 255]);
  },
  interface: (draft, chance) => {
    draft.interfaceIndex = chance.below(16);
  },
  etherType: (draft, chance) => {
    draft.bytes.set(
      chance.pick([
        [0x08, 0x00],
        [0x86, 0xdd],
        [0x08, 0x06],
        [0x88, 0xa8],
        [0, 46],
      ]),
      12,
    );
  },
  vlan: (draft, chance) => {
    const tag = chance.pick([
      [0x81, 0x00, 0, 5],
      [0x88, 0xa8, 0, 5],
    ]);
    draft.bytes = joined(draft.bytes.subarray(0, 12), tag, draft.bytes.subarray(12));
  },
  ipVersion: (draft, chance) => {
    draft.bytes[IP] = (chance.below(16) << 4) | (draft.bytes[IP] & 15);
  },
  headerLength: (draft, chance) => {
    if (draft.is4) draft.bytes[IP] = 0x40 | chance.below(16);
  },
  options: (draft, chance) => {
    if (!draft.is4) return;
    const words = chance.between(1, 10);
    const options = chance.once(2) ? chance.bytes(4 * words) : new Uint8Array(4 * words).fill(1);
    draft.bytes = joined(draft.bytes.subarray(0, IP + 20), options, draft.bytes.subarray(IP + 20));
    draft.bytes[IP] += words;
    put16(draft.bytes, IP + 2, get16(draft.bytes, IP + 2) + 4 * words);
  },
  extensionHeader: (draft, chance) => {
    if (draft.is4) return;
    const length = 8 * chance.between(1, 3);
    const header = joined([112, length / 8 - 1], new Uint8Array(length - 2));
    draft.bytes = joined(draft.bytes.subarray(0, IP + 40), header, draft.bytes.subarray(IP + 40));
    draft.bytes[IP + 6] = chance.pick([0, 43, 44, 60, 51]);
    put16(draft.bytes, IP + 4, 36 + length);
  },
  protocol: (draft, chance) => {
    draft.bytes[IP + (draft.is4 ? 9 : 6)] = chance.pick([1, 2, 6, 17, 58, 111, 113, 240]);
  },
  fragment: (draft, chance) => {
    if (draft.is4)
      put16(draft.bytes, IP + 6, chance.pick([0x2000, 1, 0x1fff, 0x3fff, 0x4000, 0x8000, 0x6000, 0]));
  },
  timeToLive: (draft, chance) => {
    draft.bytes[IP + (draft.is4 ? 8 : 7)] = chance.pick([0, 1, 64, 254]);
  },
  unlooked: (draft, chance) => {
    if (draft.is4) draft.bytes.set(chance.bytes(chance.once(2) ? 1 : 2), IP + chance.pick([1, 4]));
    else draft.bytes.set(chance.bytes(3), IP + 1);
  },
  length: (draft, chance) => {
    const at = IP + (draft.is4 ? 2 : 4);
    const near = get16(draft.bytes, at) + chance.between(-40, 40);
    put16(draft.bytes, at, chance.pick([near, chance.below(0x10000), chance.below(64), 0xffff, 0]) & 0xffff);
  },
  source: (draft, chance, node) => {
    const [at, length] = sourceOf(draft);
    const virtual = node.hosts.flatMap(({ addresses }) => addresses).filter((one) => one.length === length);
    draft.bytes.set(virtual.length === 0 || chance.once(3) ? chance.bytes(length) : chance.pick(virtual), at);
  },
  loop: (draft, _chance, node) => {
    const [at, length] = sourceOf(draft);
    const own = node.hosts.filter(({ interfaceIndex }) => interfaceIndex === draft.interfaceIndex);
    const virtual = own.flatMap(({ addresses }) => addresses).find((one) => one.length === length);
    if (virtual !== undefined) draft.bytes.set(virtual, at);
    draft.bytes[carpOf(draft) + 1] = 0;
  },
  target: (draft, chance) => {
    draft.bytes.set(chance.bytes(draft.is4 ? 4 : 16), IP + (draft.is4 ? 16 : 24));
  },
  version: (draft, chance) => {
    draft.bytes[carpOf(draft)] = chance.once(2)
      ? chance.below(256)
      : chance.pick([0x31, 0x21, 0x22, 0x20, 0x11]);
  },
  vhid: (draft, chance, node) => {
    const known = node.hosts.map(({ vhid }) => vhid);
    draft.bytes[carpOf(draft) + 1] = chance.pick([0, 255, chance.below(256), chance.pick(known)]);
  },
  uncovered: (draft, chance) => {
    draft.bytes[carpOf(draft) + chance.pick([2, 3, 4, 5])] = chance.below(256);
  },
  counter: (draft, chance) => {
    draft.bytes[carpOf(draft) + 8 + chance.below(8)] ^= 1 << chance.below(8);
  },
  digest: (draft, chance) => {
    draft.bytes[carpOf(draft) + 16 + chance.below(20)] ^= 1 << chance.below(8);
    if (draft.mended === "digest") draft.mended = "checksums";
  },
  badChecksum: (draft, chance) => {
    draft.bytes[carpOf(draft) + 6 + chance.below(2)] ^= 1 << chance.below(8);
    draft.mended = "nothing";
  },
  badIpChecksum: (draft, chance) => {
    if (draft.is4) draft.bytes[IP + 10 + chance.below(2)] ^= 1 << chance.below(8);
    draft.mended = "nothing";
  },
  trailer: (draft, chance) => {
    const trailer = chance.bytes(chance.between(1, 100));
    if (chance.once(3)) trailer.fill(0);
    draft.bytes = joined(draft.bytes, trailer);
    const at = IP + (draft.is4 ? 2 : 4);
    put16(draft.bytes, at, get16(draft.bytes, at) + trailer.length);
  },
  padding: (draft, chance) => {
    draft.bytes = joined(draft.bytes, chance.bytes(chance.between(1, 120)));
  },
  shortPayload: (draft, chance) => {
    const length = chance.below(36);
    draft.bytes = draft.bytes.slice(0, carpOf(draft) + length);
    put16(draft.bytes, IP + (draft.is4 ? 2 : 4), length + (draft.is4 ? carpOf(draft) - IP : 0));
  },
  cut: (draft, chance) => {
    draft.bytes = draft.bytes.slice(0, chance.below(draft.bytes.length + 1));
    if (chance.once(2)) draft.mended = "nothing";
  },
  vrrp2: (draft, chance) => replacePayload(draft, vrrp2(chance, draft)),
  vrrp3: (draft, chance) =>
    replacePayload(draft, joined([0x31, draft.host.vhid, 100, 1, 0, 100], chance.bytes(6))),
  mutated: (draft, chance) => {
    for (let times = chance.between(1, 6); times > 0 && draft.bytes.length > 0; times--) {
      draft.bytes[chance.below(draft.bytes.length)] = chance.below(256);
    }
    draft.mended = chance.pick(["nothing", "nothing", "checksums", "digest"]);
  },
  noise: (draft, chance) => {
    const from = chance.pick([0, IP, carpOf(draft)]);
    draft.bytes = joined(draft.bytes.subarray(0, from), chance.bytes(chance.below(captureCapacity - from)));
    draft.mended = chance.pick(["nothing", "checksums"]);
  },
};

const kinds = Object.keys(changes);

/** An advertisement of `host` that its peers accept. */
export function validFrame(chance: Chance, host: ReferenceHost, counter = chance.bytes(8)): ReferenceFrame {
  const is4 = host.addresses.length > 0 ? chance.pick(host.addresses).length === 4 : chance.once(2);
  const announced = {
    advbase: chance.below(256),
    advskew: chance.below(256),
    dscp: chance.below(64),
    source: chance.bytes(is4 ? 4 : 16),
    sourceMac: Uint8Array.of(0, 0, 0x5e, 0, 1, host.vhid),
  };
  const bytes = new Uint8Array(composeAdvertisement(host, announced, counter));
  return { bytes, interfaceIndex: host.interfaceIndex, packetType: 2 };
}

/** A frame of any kind, and the names of the changes that made it. */
export function anyFrame(chance: Chance, node: ReferenceNode): { frame: ReferenceFrame; made: string[] } {
  const made = Array.from({ length: chance.pick([0, 1, 1, 1, 1, 2, 2, 3]) }, () => chance.pick(kinds));
  return { frame: changedFrame(chance, node, chance.pick(node.hosts), made), made };
}

/** A valid frame of the host with these changes, made in this order. */
export function changedFrame(
  chance: Chance,
  node: ReferenceNode,
  host: ReferenceHost,
  made: readonly string[],
): ReferenceFrame {
  const frame = validFrame(chance, host);
  const is4 = frame.bytes[12] === 0x08;
  const mended = chance.pick(["checksums", "digest", "digest", "nothing"] as const);
  const draft: Draft = { ...frame, is4, host, mended };
  for (const name of made) if (draft.bytes.length >= (is4 ? 70 : 90)) changes[name](draft, chance, node);
  mend(draft);
  const { interfaceIndex, packetType } = draft;
  return { bytes: draft.bytes.slice(0, captureCapacity), interfaceIndex, packetType };
}

/** Makes right what the draft asks for, as far as it is there. */
function mend({ bytes, is4, host, mended }: Draft): void {
  const header = is4 ? (bytes[IP] & 15) * 4 : 40;
  if (mended === "nothing" || bytes.length < IP + header || header < 20) return;
  if (is4) store(bytes.subarray(IP, IP + header), 10);
  const payload = bytes.subarray(IP + header);
  if (mended === "digest" && payload.length >= 36) payload.set(digestOf(host, payload.slice(8, 16)), 16);
  const length = is4 ? get16(bytes, IP + 2) - header : 36;
  if (payload.length >= 8) store(payload.subarray(0, Math.max(8, length)), 6);
}

function store(bytes: Uint8Array, at: number): void {
  put16(bytes, at, 0);
  put16(bytes, at, internetChecksum(bytes));
}

/** VRRPv2 (RFC 3768): with five addresses it has the length of a CARP advertisement, and its first byte. */
function vrrp2(chance: Chance, { host }: Draft): Uint8Array {
  const count = chance.pick([1, 5, 5, 6, 20]);
  const packet = joined(
    [0x21, host.vhid, 100, count, 0, 1, 0, 0],
    chance.bytes(4 * count),
    new Uint8Array(8),
  );
  put16(packet, 6, internetChecksum(packet));
  return packet;
}

function replacePayload(draft: Draft, payload: Uint8Array): void {
  const header = carpOf(draft) - IP;
  draft.bytes = joined(draft.bytes.subarray(0, IP + header), payload);
  put16(draft.bytes, IP + (draft.is4 ? 2 : 4), payload.length + (draft.is4 ? header : 0));
  if (draft.mended === "digest") draft.mended = "checksums";
}

/** Where the CARP header of a draft begins that still has its IP header. */
function carpOf({ bytes, is4 }: Draft): number {
  const at = IP + (is4 ? Math.max(20, (bytes[IP] & 15) * 4) : 40);
  return Math.min(at, bytes.length - 36);
}

function sourceOf({ is4 }: Draft): [at: number, length: number] {
  return is4 ? [IP + 12, 4] : [IP + 8, 16];
}

function joined(...parts: readonly ArrayLike<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

function get16(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1];
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = (value >> 8) & 0xff;
  bytes[at + 1] = value & 0xff;
}
