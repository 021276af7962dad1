import { addressBytes, addressText } from "./address.ts";
import {
  type Attribute,
  decodeAttributes,
  encodeAttributes,
  readText,
  readU32,
  text,
  u32,
} from "./attributes.ts";
import type { InterfaceAddress, InterfaceState, PrefixedAddress } from "./link.ts";

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_EXCL = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLM_F_DUMP_INTR = 0x10;

const NLMSGERR_ATTR_MSG = 1;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;

const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;
const ARPHRD_ETHER = 1;

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const IFAPROT_CARP = 112;

const AF_INET = 2;
const AF_INET6 = 10;
const AF_BRIDGE = 7;

const messageHeaderLength = 16;
const linkHeaderLength = 16;
const addressHeaderLength = 8;
const scopes: ReadonlyMap<number, InterfaceAddress["scope"]> = new Map([
  [0, "global"],
  [253, "link"],
  [254, "host"],
]);

/** One message out of a datagram: its header's fields and what follows the header. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/** An interface as a link message tells it; its addresses come in messages of their own. */
export interface LinkRecord extends Omit<InterfaceState, "addresses"> {
  readonly alias: string;
  readonly isPrivate: boolean;
}

/** An address as an address message tells it, and the interface that has it. */
export interface AddressRecord extends InterfaceAddress {
  readonly index: number;
}

/** A message of `type` with a payload (a fixed header and attributes); its length is that of the whole. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(messageHeaderLength + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(payload, messageHeaderLength);
  return bytes;
}

/** The messages of a datagram, in order; one that does not fit ends the list. */
export function* decodeMessages(datagram: Uint8Array): Generator<Message> {
  const view = viewOf(datagram);
  let offset = 0;
  while (offset + messageHeaderLength <= datagram.length) {
    const length = view.getUint32(offset, true);
    if (length < messageHeaderLength || offset + length > datagram.length) return;
    yield {
      type: view.getUint16(offset + 4, true),
      flags: view.getUint16(offset + 6, true),
      sequence: view.getUint32(offset + 8, true),
      payload: datagram.subarray(offset + messageHeaderLength, offset + length),
    };
    offset += (length + 3) & ~3;
  }
}

/** Whether a dump was taken while its subject changed, so that it may be incomplete. */
export function wasInterrupted(message: Message): boolean {
  return (message.flags & NLM_F_DUMP_INTR) !== 0;
}

/**
 * The errno of an error message or of the end of a dump (0: acknowledged), and the kernel's explanation, empty
 * where it gave none.
 */
export function decodeError(message: Message): { errno: number; explanation: string } {
  const { payload, flags, type } = message;
  if (payload.length < 4) return { errno: 0, explanation: "" };
  const view = viewOf(payload);
  const errno = -view.getInt32(0, true);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, explanation: "" };
  // An error quotes the request, or where it is capped its header, before the attributes.
  const isCapped = (flags & NLM_F_CAPPED) !== 0 || payload.length < 8;
  const quoted = isCapped ? messageHeaderLength : view.getUint32(4, true);
  const start = type === NLMSG_ERROR ? 4 + ((quoted + 3) & ~3) : 4;
  return { errno, explanation: readText(decodeAttributes(payload.subarray(start)).get(NLMSGERR_ATTR_MSG)) };
}

/** The payload that asks for an interface by name, or for all of them. */
export function linkQuery(name?: string): Uint8Array {
  return linkPayload(0, 0, 0, name === undefined ? [] : [[IFLA_IFNAME, text(name)]]);
}

/** The payload that asks for addresses, of one interface (where the kernel filters) or of all (0). */
export function addressQuery(index: number): Uint8Array {
  return addressPayload(0, 0, 0, index, []);
}

/** The payload that adds or removes an address with CARP's mark, and without duplicate address detection. */
export function addressChange(index: number, address: PrefixedAddress): Uint8Array {
  const bytes = addressBytes(address.address);
  const isIpv6 = address.family === 6;
  const flags = isIpv6 ? IFA_F_NODAD : 0;
  return addressPayload(isIpv6 ? AF_INET6 : AF_INET, address.prefixLength, flags, index, [
    [IFA_LOCAL, bytes],
    [IFA_ADDRESS, bytes],
    [IFA_PROTO, Uint8Array.of(IFAPROT_CARP)],
  ]);
}

/** The payload that creates a macvlan in private mode above `parent`; it starts out down. */
export function macvlanCreation(parent: number, name: string, mac: Uint8Array): Uint8Array {
  return linkPayload(0, 0, 0, [
    [IFLA_IFNAME, text(name)],
    [IFLA_ADDRESS, mac],
    [IFLA_LINK, u32(parent)],
    [
      IFLA_LINKINFO,
      [
        [IFLA_INFO_KIND, text("macvlan")],
        [IFLA_INFO_DATA, [[IFLA_MACVLAN_MODE, u32(MACVLAN_MODE_PRIVATE)]]],
      ],
    ],
  ]);
}

/** The payload that sets an interface up. */
export function linkUp(index: number): Uint8Array {
  return linkPayload(index, IFF_UP, IFF_UP, []);
}

/** The payload that writes a note of up to 255 bytes on an interface. */
export function linkAlias(index: number, alias: string): Uint8Array {
  return linkPayload(index, 0, 0, [[IFLA_IFALIAS, new TextEncoder().encode(alias)]]);
}

/** The payload that removes an interface. */
export function linkRemoval(index: number): Uint8Array {
  return linkPayload(index, 0, 0, []);
}

/** The interface that a link message is about, or undefined for a bridge port's or an unreadable message. */
export function decodeLink(payload: Uint8Array): LinkRecord | undefined {
  if (payload.length < linkHeaderLength || payload[0] === AF_BRIDGE) return undefined;
  const view = viewOf(payload);
  const flags = view.getUint32(8, true);
  const attributes = decodeAttributes(payload.subarray(linkHeaderLength));
  const information = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array(0));
  const mode = decodeAttributes(information.get(IFLA_INFO_DATA) ?? new Uint8Array(0)).get(IFLA_MACVLAN_MODE);
  const ethernet = view.getUint16(2, true) === ARPHRD_ETHER;
  const kind = readText(information.get(IFLA_INFO_KIND));
  return {
    name: readText(attributes.get(IFLA_IFNAME)),
    index: view.getInt32(4, true),
    mac: ethernet ? Uint8Array.from(attributes.get(IFLA_ADDRESS) ?? []) : new Uint8Array(0),
    ethernet,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    kind,
    parent: readU32(attributes.get(IFLA_LINK)),
    alias: readText(attributes.get(IFLA_IFALIAS)),
    isPrivate: kind === "macvlan" && readU32(mode) === MACVLAN_MODE_PRIVATE,
  };
}

/** The address that an address message is about, or undefined for another family. */
export function decodeAddress(payload: Uint8Array): AddressRecord | undefined {
  if (payload.length < addressHeaderLength) return undefined;
  const [family, prefixLength, shortFlags, scope] = payload;
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const attributes = decodeAttributes(payload.subarray(addressHeaderLength));
  // IFA_ADDRESS is the peer's address on a point-to-point link; IFA_LOCAL, where present, is the own one.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes === undefined || bytes.length !== (family === AF_INET ? 4 : 16)) return undefined;
  const flags = readU32(attributes.get(IFA_FLAGS), shortFlags);
  return {
    index: viewOf(payload).getUint32(4, true),
    family: family === AF_INET ? 4 : 6,
    address: addressText(bytes),
    prefixLength,
    ours: attributes.get(IFA_PROTO)?.[0] === IFAPROT_CARP,
    scope: scopes.get(scope) ?? "other",
    tentative: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
  };
}

/** struct ifinfomsg and attributes. */
function linkPayload(
  index: number,
  flags: number,
  change: number,
  attributes: readonly Attribute[],
): Uint8Array {
  const header = new Uint8Array(linkHeaderLength);
  const view = new DataView(header.buffer);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, change, true);
  return concatenate(header, encodeAttributes(attributes));
}

/** struct ifaddrmsg and attributes. */
function addressPayload(
  family: number,
  prefixLength: number,
  flags: number,
  index: number,
  attributes: readonly Attribute[],
): Uint8Array {
  const header = Uint8Array.of(family, prefixLength, flags, 0, 0, 0, 0, 0);
  new DataView(header.buffer).setUint32(4, index, true);
  return concatenate(header, encodeAttributes(attributes));
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
