import { fromBytes, toBytes } from "../address.ts";
import {
  type Attribute,
  concatenate,
  decodeAttributes,
  encodeAttributes,
  readU32,
  u32,
  viewOf,
} from "./attributes.ts";
import type { InterfaceAddress, PlacedAddress } from "./link.ts";

const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
export const IFA_PROTO = 11;
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_NOPREFIXROUTE = 0x200;
export const IFAPROT_CARP = 112;

const AF_INET = 2;
const AF_INET6 = 10;

export const addressHeaderLength = 8;
const cacheInfoLength = 16;

const scopes: ReadonlyMap<number, InterfaceAddress["scope"]> = new Map([
  [0, "global"],
  [253, "link"],
  [254, "host"],
]);

/** An address as an address message tells it, and the interface that has it. */
export interface AddressRecord extends InterfaceAddress {
  readonly index: number;
}

/** The payload that asks for addresses, of one interface (where the kernel filters) or of all (0). */
export function addressQuery(index: number): Uint8Array {
  return addressPayload(0, 0, 0, index, []);
}

/** The payload that adds or removes an address with CARP's mark, and without duplicate address detection. */
export function addressChange(index: number, address: PlacedAddress): Uint8Array {
  const bytes = toBytes(address.address);
  const isIpv6 = address.family === 6;
  const flags = isIpv6 ? IFA_F_NODAD : 0;
  return addressPayload(isIpv6 ? AF_INET6 : AF_INET, address.prefixLength, flags, index, [
    [IFA_LOCAL, bytes],
    [IFA_ADDRESS, bytes],
    [IFA_PROTO, Uint8Array.of(IFAPROT_CARP)],
    ...(address.leaseSeconds === undefined ? [] : [lifetimes(address.leaseSeconds)]),
    // The header has room for eight flags only; where there are more, all of them stand here.
    ...(address.routeless ? [[IFA_FLAGS, u32(flags | IFA_F_NOPREFIXROUTE)] as const] : []),
  ]);
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
    address: fromBytes(bytes),
    prefixLength,
    ours: attributes.get(IFA_PROTO)?.[0] === IFAPROT_CARP,
    scope: scopes.get(scope) ?? "other",
    tentative: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== 0,
  };
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

/** An address is preferred, so that it may be a source, as long as it is valid. Without this it is both for ever. */
function lifetimes(seconds: number): Attribute {
  const cacheInfo = new Uint8Array(cacheInfoLength);
  viewOf(cacheInfo).setUint32(0, seconds, true);
  viewOf(cacheInfo).setUint32(4, seconds, true);
  return [IFA_CACHEINFO, cacheInfo];
}
