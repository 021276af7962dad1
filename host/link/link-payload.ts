import {
  type Attribute,
  concatenate,
  decodeAttributes,
  encodeAttributes,
  readText,
  readU32,
  text,
  u32,
  viewOf,
} from "./attributes.ts";
import type { InterfaceState } from "./link.ts";

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_LINK = 5;
const IFLA_LINKINFO = 18;
const IFLA_IFALIAS = 20;
const IFLA_GROUP = 27;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_MACVLAN_MODE = 1;
const MACVLAN_MODE_PRIVATE = 1;

const IFF_UP = 0x1;
const IFF_LOWER_UP = 0x10000;
const ARPHRD_ETHER = 1;
const AF_BRIDGE = 7;

const linkHeaderLength = 16;

/** An interface as a link message tells it; its addresses come in messages of their own. */
export interface LinkRecord extends Omit<InterfaceState, "addresses"> {
  readonly alias: string;
  readonly isPrivate: boolean;
  /** The group that `ip link set … group` puts it in, 0 by default. */
  readonly group: number;
}

/** The payload that asks for an interface by name, or for all of them. */
export function linkQuery(name?: string): Uint8Array {
  return linkPayload(0, 0, 0, name === undefined ? [] : [[IFLA_IFNAME, text(name)]]);
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

/** The payload that asks for an interface by its index. */
export function linkQueryAt(index: number): Uint8Array {
  return linkPayload(index, 0, 0, []);
}

/** The payload that puts an interface into a group. */
export function linkGroup(index: number, group: number): Uint8Array {
  return linkPayload(index, 0, 0, [[IFLA_GROUP, u32(group)]]);
}

/** The payload that removes all interfaces of a group at once. */
export function groupRemoval(group: number): Uint8Array {
  return linkPayload(0, 0, 0, [[IFLA_GROUP, u32(group)]]);
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
    group: readU32(attributes.get(IFLA_GROUP)),
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
