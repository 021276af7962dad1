import { internetChecksum } from "./frames.ts";

/** Every field of a frame that the core can send, read by the RFCs; shares no code with the core or the builder. */
export type Decoded = Ethernet & (Advertisement4 | Advertisement6 | Arp | NeighborAdvertisement);

interface Ethernet {
  readonly targetMac: string;
  readonly sourceMac: string;
  readonly length: number;
}

interface CarpFields {
  readonly version: number;
  readonly type: number;
  readonly vhid: number;
  readonly advskew: number;
  readonly authlen: number;
  readonly pad: number;
  readonly advbase: number;
  readonly counter: bigint;
  readonly digest: string;
  /** Whether the checksum over the 36 bytes is right. */
  readonly isSealed: boolean;
}

interface Advertisement4 extends CarpFields {
  readonly kind: "advertisement4";
  readonly ihl: number;
  readonly trafficClass: number;
  readonly totalLength: number;
  readonly identity: number;
  readonly flagsAndOffset: number;
  readonly timeToLive: number;
  readonly hasHeaderChecksum: boolean;
  readonly source: string;
  readonly target: string;
}

interface Advertisement6 extends CarpFields {
  readonly kind: "advertisement6";
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly payloadLength: number;
  readonly hopLimit: number;
  readonly source: string;
  readonly target: string;
}

interface Arp {
  readonly kind: "arp";
  readonly hardware: number;
  readonly protocol: number;
  readonly operation: number;
  readonly senderMac: string;
  readonly sender: string;
  readonly targetHardware: string;
  readonly targetAddress: string;
}

interface NeighborAdvertisement {
  readonly kind: "neighbor";
  readonly hopLimit: number;
  readonly source: string;
  readonly target: string;
  readonly code: number;
  readonly flags: number;
  readonly announced: string;
  readonly option: string;
  readonly isSealed: boolean;
}

/** @throws Error where the frame is none of those. */
export function decode(frame: Uint8Array): Decoded {
  const bytes = Buffer.from(frame);
  const ethernet = { targetMac: mac(bytes, 0), sourceMac: mac(bytes, 6), length: bytes.length };
  const body = bytes.subarray(14);
  const type = bytes.readUInt16BE(12);
  if (type === 0x0806) return { ...ethernet, ...arp(body) };
  if (type === 0x0800 && body[0] >> 4 === 4 && body[9] === 112)
    return { ...ethernet, ...advertisement4(body) };
  if (type === 0x86dd && body[0] >> 4 === 6 && body[6] === 112)
    return { ...ethernet, ...advertisement6(body) };
  if (type === 0x86dd && body[6] === 58 && body[40] === 136) return { ...ethernet, ...neighbor(body) };
  throw new Error(`cannot decode ${bytes.toString("hex")}`);
}

function arp(body: Buffer): Arp {
  return {
    kind: "arp",
    hardware: body.readUInt16BE(0),
    protocol: body.readUInt16BE(2),
    operation: body.readUInt16BE(6),
    senderMac: mac(body, 8),
    sender: body.subarray(14, 18).join("."),
    targetHardware: mac(body, 18),
    targetAddress: body.subarray(24, 28).join("."),
  };
}

function advertisement4(body: Buffer): Advertisement4 {
  return {
    kind: "advertisement4",
    ihl: body[0] & 15,
    trafficClass: body[1],
    totalLength: body.readUInt16BE(2),
    identity: body.readUInt16BE(4),
    flagsAndOffset: body.readUInt16BE(6),
    timeToLive: body[8],
    hasHeaderChecksum: internetChecksum(body.subarray(0, 20)) === 0,
    source: body.subarray(12, 16).join("."),
    target: body.subarray(16, 20).join("."),
    ...carp(body.subarray(20)),
  };
}

function advertisement6(body: Buffer): Advertisement6 {
  return {
    kind: "advertisement6",
    trafficClass: (body.readUInt32BE(0) >>> 20) & 0xff,
    flowLabel: body.readUInt32BE(0) & 0xfffff,
    payloadLength: body.readUInt16BE(4),
    hopLimit: body[7],
    source: body.subarray(8, 24).toString("hex"),
    target: body.subarray(24, 40).toString("hex"),
    ...carp(body.subarray(40)),
  };
}

function carp(header: Buffer): CarpFields {
  return {
    version: header[0] >> 4,
    type: header[0] & 15,
    vhid: header[1],
    advskew: header[2],
    authlen: header[3],
    pad: header[4],
    advbase: header[5],
    counter: header.readBigUInt64BE(8),
    digest: header.subarray(16, 36).toString("hex"),
    isSealed: internetChecksum(header) === 0 && header.length === 36,
  };
}

function neighbor(body: Buffer): NeighborAdvertisement {
  const message = body.subarray(40);
  const pseudo = Buffer.alloc(40);
  body.copy(pseudo, 0, 8, 40);
  pseudo.writeUInt32BE(message.length, 32);
  pseudo.writeUInt32BE(58, 36);
  return {
    kind: "neighbor",
    hopLimit: body[7],
    source: body.subarray(8, 24).toString("hex"),
    target: body.subarray(24, 40).toString("hex"),
    code: message[1],
    flags: message.readUInt32BE(4),
    announced: message.subarray(8, 24).toString("hex"),
    option: message.subarray(24).toString("hex"),
    isSealed:
      internetChecksum(Buffer.concat([pseudo, message])) === 0 && body.readUInt16BE(4) === message.length,
  };
}

function mac(bytes: Buffer, at: number): string {
  return [...bytes.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
