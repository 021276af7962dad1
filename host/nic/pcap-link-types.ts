const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
const LINKTYPE_LINUX_SLL = 113;
const LINKTYPE_IPV4 = 228;
const LINKTYPE_IPV6 = 229;
const LINKTYPE_LINUX_SLL2 = 276;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ethernetHeaderLength = 14;
const noAddress = new Uint8Array(6);

/**
 * The frame as an Ethernet frame: as it is, or with an Ethernet header in the place of the header that a cooked
 * capture (`tcpdump -i any`) or a capture of bare IP has. Its target is the group's address for a multicast
 * packet and zero otherwise. Undefined for other link types.
 */
export function toEthernet(linkType: number, bytes: Uint8Array): Uint8Array | undefined {
  switch (linkType) {
    case LINKTYPE_ETHERNET:
      return bytes;
    case LINKTYPE_LINUX_SLL:
      return fromCooked(bytes, { length: 16, protocol: 14, addressLength: 5, address: 6 });
    case LINKTYPE_LINUX_SLL2:
      return fromCooked(bytes, { length: 20, protocol: 0, addressLength: 11, address: 12 });
    case LINKTYPE_RAW:
      return compose((bytes[0] ?? 0) >> 4 === 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4, noAddress, bytes);
    case LINKTYPE_IPV4:
      return compose(ETHERTYPE_IPV4, noAddress, bytes);
    case LINKTYPE_IPV6:
      return compose(ETHERTYPE_IPV6, noAddress, bytes);
    default:
      return undefined;
  }
}

/** Where a cooked header keeps what: its length and the offsets of its fields. */
interface CookedHeader {
  readonly length: number;
  readonly protocol: number;
  readonly addressLength: number;
  readonly address: number;
}

function fromCooked(bytes: Uint8Array, header: CookedHeader): Uint8Array {
  if (bytes.length < header.length) return compose(0, noAddress, new Uint8Array(0));
  const etherType = (bytes[header.protocol] << 8) | bytes[header.protocol + 1];
  const isEthernet = bytes[header.addressLength] === 6;
  const source = isEthernet ? bytes.subarray(header.address, header.address + 6) : noAddress;
  return compose(etherType, source, bytes.subarray(header.length));
}

function compose(etherType: number, source: Uint8Array, packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ethernetHeaderLength + packet.length);
  frame.set(targetOf(etherType, packet), 0);
  frame.set(source, 6);
  frame.set([etherType >> 8, etherType & 0xff], 12);
  frame.set(packet, ethernetHeaderLength);
  return frame;
}

function targetOf(etherType: number, packet: Uint8Array): ArrayLike<number> {
  if (etherType === ETHERTYPE_IPV4 && packet.length >= 20 && packet[16] >> 4 === 14) {
    return [0x01, 0x00, 0x5e, packet[17] & 0x7f, packet[18], packet[19]];
  }
  if (etherType === ETHERTYPE_IPV6 && packet.length >= 40 && packet[24] === 0xff) {
    return [0x33, 0x33, packet[36], packet[37], packet[38], packet[39]];
  }
  return noAddress;
}
