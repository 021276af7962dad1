import { fromBytes } from "../address.ts";

/** What a CARP or VRRP packet of a capture says, as far as it was captured; nothing of it is verified. */
export interface Advertisement {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  /** To a group or to all, or to one host. */
  readonly isMulticast: boolean;
  /** Null where the packet ends before it, and, but for the VHID, where it is not of CARP's version. */
  readonly vhid: number | null;
  readonly advbase: number | null;
  readonly advskew: number | null;
  /** 16 hexadecimal digits. */
  readonly counter: string | null;
}

const ethernetLength = 14;
const protocolCarp = 112;
const carpVersion = 2;

/** The frame without its VLAN tags (802.1Q and 802.1ad), which the core does not know. */
export function withoutTags(frame: Uint8Array): Uint8Array {
  let untagged = frame;
  while (untagged.length >= ethernetLength + 4 && [0x8100, 0x88a8].includes(etherType(untagged))) {
    const shorter = new Uint8Array(untagged.length - 4);
    shorter.set(untagged.subarray(0, 12));
    shorter.set(untagged.subarray(16), 12);
    untagged = shorter;
  }
  return untagged;
}

/** Reads an Ethernet frame; undefined where it is not IP protocol 112. */
export function readAdvertisement(frame: Uint8Array): Advertisement | undefined {
  const packet = frame.subarray(ethernetLength);
  switch (frame.length >= ethernetLength ? etherType(frame) : 0) {
    case 0x0800:
      if (packet.length < 20 || packet[0] >> 4 !== 4 || packet[9] !== protocolCarp) return undefined;
      return {
        family: 4,
        source: fromBytes(packet.subarray(12, 16)),
        destination: fromBytes(packet.subarray(16, 20)),
        isMulticast: packet[16] >= 224,
        ...readHeader(packet.subarray((packet[0] & 15) * 4)),
      };
    case 0x86dd:
      if (packet.length < 40 || packet[0] >> 4 !== 6 || packet[6] !== protocolCarp) return undefined;
      return {
        family: 6,
        source: fromBytes(packet.subarray(8, 24)),
        destination: fromBytes(packet.subarray(24, 40)),
        isMulticast: packet[24] === 0xff,
        ...readHeader(packet.subarray(40)),
      };
    default:
      return undefined;
  }
}

/** The fields of the CARP header (protocol §1.4); in VRRPv3 the VHID's place is the virtual router's number. */
function readHeader(header: Uint8Array): Pick<Advertisement, "vhid" | "advbase" | "advskew" | "counter"> {
  const isCarp = header[0] >> 4 === carpVersion;
  const byte = (index: number) => (isCarp ? (header[index] ?? null) : null);
  const counter = isCarp && header.length >= 16 ? Buffer.from(header.subarray(8, 16)).toString("hex") : null;
  return { vhid: header[1] ?? null, advbase: byte(5), advskew: byte(2), counter };
}

function etherType(frame: Uint8Array): number {
  return (frame[12] << 8) | frame[13];
}
