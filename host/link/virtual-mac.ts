import { SystemError } from "../errors.ts";
import { EEXIST, EINVAL, ENETDOWN, ENODEV } from "../system/errno.ts";
import { systemError } from "../system/libc.ts";
import type { PrefixedAddress } from "./link.ts";
import {
  groupRemoval,
  type LinkRecord,
  linkAlias,
  linkGroup,
  linkRemoval,
  linkUp,
  macvlanCreation,
} from "./link-payload.ts";
import * as messages from "./messages.ts";
import type { RouteRequests } from "./requests.ts";
import { readSetting, writeSetting } from "./sysctl.ts";

/** Only the parent's own addresses are answered for on the parent, and only with the parent's own MAC. */
const parentSettings: Readonly<Record<string, string>> = {
  arp_ignore: "1",
  arp_filter: "1",
  arp_announce: "2",
};
/** The first address of a subnet may go without taking the others along, as it does by the kernel's default. */
const macvlanSettings: Readonly<Record<string, string>> = {
  arp_ignore: "1",
  rp_filter: "0",
  accept_local: "1",
  promote_secondaries: "1",
};
/** No link-local address of its own, no router's advice: only the addresses that are put there. */
const macvlanIpv6Settings: Readonly<Record<string, string>> = {
  addr_gen_mode: "1",
  accept_dad: "0",
  accept_ra: "0",
};
const everyInterface = "all.rp_filter";
const aliasPrefix = "carp";
const longestName = 15;
/** Far from the numbers that people give to groups. */
const firstGroup = 0x63617270;

interface VirtualMac {
  readonly parent: number;
  readonly name: string;
  up: boolean;
  ipv6: boolean;
}

/** The values that settings had before the first virtual MAC; by name, and `all.rp_filter` among them. */
type Originals = ReadonlyMap<string, string>;

/**
 * The name of the macvlan that carries the virtual MAC of `vhid` above interface `parent`: always the same, so
 * that one which a crash left behind is recognised.
 */
export function virtualMacName(parent: number, vhid: number): string {
  const plain = `carp${parent}.${vhid}`;
  return plain.length <= longestName ? plain : `carpx${parent.toString(36)}.${vhid}`;
}

/**
 * The macvlans that carry virtual MACs, with the settings they need around them: made once, kept up, with IPv6
 * on only while there is an IPv6 address. What the settings were before is noted in each macvlan's alias, so
 * that it can be restored after a crash as well.
 */
export class VirtualMacs {
  readonly #requests: RouteRequests;
  readonly #members = new Map<number, VirtualMac>();
  readonly #originals = new Map<number, Originals>();

  constructor(requests: RouteRequests) {
    this.#requests = requests;
  }

  /** Creates or adopts the macvlan and returns its index. Throws SystemError, having undone what it did. */
  create(parent: number, name: string, mac: Uint8Array): number {
    if (!this.#originals.has(parent)) this.settle();
    const below = this.#requests.linkAt(parent);
    if (below === undefined) throw systemError("RTM_NEWLINK", ENODEV, `there is no interface ${parent}`);
    const present = this.#requests.link(name);
    if (present !== undefined && !isEqual(present, parent, mac)) {
      throw systemError("RTM_NEWLINK", EEXIST, `${name} is there and is not the macvlan that is wanted`);
    }
    if (present === undefined) {
      const flags = messages.NLM_F_CREATE | messages.NLM_F_EXCL;
      this.#requests.change(messages.RTM_NEWLINK, flags, macvlanCreation(parent, name, mac));
    }
    const index = present?.index ?? this.#indexOf(name);
    try {
      this.#prepare(index, name, below, present);
    } catch (error) {
      if (present === undefined) this.remove([index]);
      throw error;
    }
    return index;
  }

  /** Removes macvlans, and restores the settings around them when they were the last. */
  remove(indexes: readonly number[]): void {
    const links = this.#requests.links();
    const wanted = new Set(indexes);
    const present = links.filter((link) => wanted.has(link.index));
    const other = present.find((link) => link.kind !== "macvlan");
    if (other !== undefined) throw systemError("RTM_DELLINK", EINVAL, `${other.name} is no macvlan`);
    for (const link of present) this.#adoptOriginals(link);
    if (present.length === 1) this.#requests.change(messages.RTM_DELLINK, 0, linkRemoval(present[0].index));
    else if (present.length > 1) this.#removeTogether(present, freeGroup(links));
    for (const index of indexes) this.#members.delete(index);
    this.settle(links);
  }

  /** The kernel waits some 20 ms for each interface that goes by itself, and once for those of a group. */
  #removeTogether(present: readonly LinkRecord[], group: number): void {
    for (const { index } of present) {
      this.#requests.change(messages.RTM_NEWLINK, 0, linkGroup(index, group));
    }
    this.#requests.change(messages.RTM_DELLINK, 0, groupRemoval(group));
  }

  /** Forgets macvlans that went away with their parent, and restores the settings that none needs any more. */
  settle(links = this.#requests.links()): void {
    const present = new Set(links.map((link) => link.index));
    for (const index of this.#members.keys()) {
      if (!present.has(index)) this.#members.delete(index);
    }
    const needed = new Set([...this.#members.values()].map((member) => member.parent));
    for (const parent of this.#originals.keys()) {
      if (!needed.has(parent)) this.#restore(parent, links.find((link) => link.index === parent)?.name);
    }
  }

  /** To be called before an address is added; interfaces that are no virtual MAC are left alone. */
  beforeAdding(index: number, address: PrefixedAddress): void {
    const member = this.#members.get(index);
    if (member === undefined) return;
    if (!member.up) member.up = this.#setUp(index);
    if (address.family === 6 && !member.ipv6) {
      writeSetting(`ipv6/conf/${member.name}/disable_ipv6`, "0");
      member.ipv6 = true;
    }
  }

  /** To be called after an address has been removed. */
  afterRemoving(index: number, address: PrefixedAddress): void {
    const member = this.#members.get(index);
    if (member === undefined || address.family !== 6 || !member.ipv6 || this.#hasIpv6(index)) return;
    writeSetting(`ipv6/conf/${member.name}/disable_ipv6`, "1");
    member.ipv6 = false;
  }

  #indexOf(name: string): number {
    const created = this.#requests.link(name);
    if (created === undefined) throw systemError("RTM_NEWLINK", ENODEV, `${name} went away`);
    return created.index;
  }

  #prepare(index: number, name: string, parent: LinkRecord, present: LinkRecord | undefined): void {
    const ipv6 = present !== undefined && this.#hasIpv6(index);
    const member = { parent: parent.index, name, up: present?.up ?? false, ipv6 };
    this.#members.set(index, member);
    if (present !== undefined) this.#adoptOriginals(present);
    this.#noteOriginals(index, parent);
    for (const [setting, value] of Object.entries(macvlanIpv6Settings)) {
      writeSetting(`ipv6/conf/${name}/${setting}`, value);
    }
    if (!ipv6) writeSetting(`ipv6/conf/${name}/disable_ipv6`, "1");
    for (const [setting, value] of Object.entries(macvlanSettings)) {
      writeSetting(`ipv4/conf/${name}/${setting}`, value);
    }
    for (const [setting, value] of Object.entries(parentSettings)) {
      writeSetting(`ipv4/conf/${parent.name}/${setting}`, value);
    }
    writeSetting("ipv4/conf/all/rp_filter", "0");
    if (!member.up) member.up = this.#setUp(index);
  }

  /** False while the parent is down, above which a macvlan cannot be up. */
  #setUp(index: number): boolean {
    try {
      this.#requests.change(messages.RTM_NEWLINK, 0, linkUp(index));
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.errno === ENETDOWN) return false;
      throw error;
    }
  }

  #hasIpv6(index: number): boolean {
    return this.#requests.addresses(index).some((address) => address.family === 6);
  }

  #noteOriginals(index: number, parent: LinkRecord): void {
    const known = this.#originals.get(parent.index);
    const originals = known ?? new Map(this.#currentSettings(parent.name));
    this.#originals.set(parent.index, originals);
    this.#requests.change(messages.RTM_NEWLINK, 0, linkAlias(index, encodeOriginals(originals)));
  }

  *#currentSettings(parentName: string): Generator<[string, string]> {
    for (const setting of Object.keys(parentSettings)) {
      yield [setting, readSetting(`ipv4/conf/${parentName}/${setting}`) ?? "0"];
    }
    const [first] = this.#originals.values();
    const current = readSetting("ipv4/conf/all/rp_filter") ?? "0";
    yield [everyInterface, first?.get(everyInterface) ?? current];
  }

  #adoptOriginals(present: LinkRecord): void {
    if (this.#originals.has(present.parent)) return;
    const noted = decodeOriginals(present.alias);
    if (noted !== undefined) this.#originals.set(present.parent, noted);
  }

  #restore(parent: number, parentName: string | undefined): void {
    const originals = this.#originals.get(parent);
    if (originals === undefined) return;
    this.#originals.delete(parent);
    for (const [setting, value] of originals) {
      if (setting === everyInterface) {
        if (this.#originals.size === 0) writeSetting("ipv4/conf/all/rp_filter", value);
      } else if (parentName !== undefined) {
        writeSetting(`ipv4/conf/${parentName}/${setting}`, value);
      }
    }
  }
}

/** A group that no interface is in. */
function freeGroup(links: readonly LinkRecord[]): number {
  const taken = new Set(links.map((link) => link.group));
  let group = firstGroup;
  while (taken.has(group)) group++;
  return group;
}

function isEqual(link: LinkRecord, parent: number, mac: Uint8Array): boolean {
  const sameMac = link.mac.length === mac.length && link.mac.every((byte, index) => byte === mac[index]);
  return link.isPrivate && link.parent === parent && sameMac;
}

function encodeOriginals(originals: Originals): string {
  const settings = [...originals].map(([setting, value]) => `${setting}=${value}`);
  return [aliasPrefix, ...settings].join(" ");
}

function decodeOriginals(alias: string): Originals | undefined {
  const [prefix, ...settings] = alias.split(" ");
  if (prefix !== aliasPrefix) return undefined;
  const originals = new Map<string, string>();
  for (const setting of settings) {
    const match = /^(arp_ignore|arp_filter|arp_announce|all\.rp_filter)=(\d)$/.exec(setting);
    if (match !== null) originals.set(match[1], match[2]);
  }
  return originals;
}
