import { SystemError } from "../errors.ts";
import { EADDRNOTAVAIL, ENODEV } from "../system/errno.ts";
import { NetlinkSocket } from "../system/netlink.ts";
import { attachFilter, bindAbstract, closeSocket, setReceiveBuffer } from "../system/socket.ts";
import { type AddressRecord, addressChange, decodeAddress } from "./address-payload.ts";
import { eventFilter } from "./event-filter.ts";
import type {
  InterfaceState,
  Link,
  LinkEvent,
  PlacedAddress,
  PrefixedAddress,
  Renewal,
  RenewalFailure,
} from "./link.ts";
import { decodeLink, type LinkRecord } from "./link-payload.ts";
import * as messages from "./messages.ts";
import { RouteRequests } from "./requests.ts";
import { readSetting, writeSetting } from "./sysctl.ts";
import { VirtualMacs } from "./virtual-mac.ts";

const NETLINK_ROUTE = 0;
const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
const mostDatagramsPerCall = 1024;
/** Room for the events of some thousand addresses that are taken at once; it is used only while they wait. */
const eventBufferLength = 4 * 1024 * 1024;

/** The interfaces of this machine (of the calling thread's network namespace). Throws SystemError. */
export function openNetlinkLink(): Link {
  return new NetlinkLink();
}

class NetlinkLink implements Link {
  readonly descriptor: number;
  readonly #requests = new RouteRequests();
  readonly #virtualMacs = new VirtualMacs(this.#requests);
  readonly #events: NetlinkSocket;
  /** What settings were before they were changed. */
  readonly #originals = new Map<string, string>();
  /** Sockets whose names are taken as long as they are open. */
  readonly #claims = new Map<string, number>();
  /** The messages of renewals, which come again and again; they differ in their sequence number only. */
  readonly #renewals = new WeakMap<Renewal, Uint8Array>();
  #closed = false;

  constructor() {
    try {
      const groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
      this.#events = new NetlinkSocket(NETLINK_ROUTE, groups, false);
    } catch (error) {
      this.#requests.close();
      throw error;
    }
    this.descriptor = this.#events.descriptor;
    setReceiveBuffer(this.descriptor, eventBufferLength);
    attachFilter(this.descriptor, eventFilter());
  }

  interfaces(): InterfaceState[] {
    const addresses = new Map<number, AddressRecord[]>();
    for (const address of this.#requests.addresses(0)) {
      const list = addresses.get(address.index);
      if (list === undefined) addresses.set(address.index, [address]);
      else list.push(address);
    }
    return this.#requests.links().map((link) => interfaceState(link, addresses.get(link.index) ?? []));
  }

  find(name: string): InterfaceState | undefined {
    const link = this.#requests.link(name);
    return link === undefined ? undefined : interfaceState(link, this.#requests.addresses(link.index));
  }

  addAddress(index: number, address: PlacedAddress): void {
    this.#virtualMacs.beforeAdding(index, address);
    const flags = messages.NLM_F_CREATE | messages.NLM_F_EXCL;
    this.#requests.change(messages.RTM_NEWADDR, flags, addressChange(index, address));
  }

  renewAddresses(renewals: readonly Renewal[]): RenewalFailure[] {
    const failures: RenewalFailure[] = [];
    const orders = renewals.map((renewal) => this.#encode(renewal));
    this.#requests.changeMany(orders, (position, error) =>
      failures.push({ renewal: renewals[position], error }),
    );
    return failures;
  }

  removeAddress(index: number, address: PrefixedAddress): void {
    try {
      this.#requests.change(messages.RTM_DELADDR, 0, addressChange(index, address));
    } catch (error) {
      const isGone = error instanceof SystemError && [EADDRNOTAVAIL, ENODEV].includes(error.errno);
      if (!isGone) throw error;
    }
    this.#virtualMacs.afterRemoving(index, address);
  }

  prepare(name: string): void {
    const setting = `ipv4/conf/${name}/promote_secondaries`;
    const current = readSetting(setting);
    if (current === undefined) return;
    if (!this.#originals.has(setting)) this.#originals.set(setting, current);
    writeSetting(setting, "1");
  }

  claim(name: string): void {
    if (!this.#claims.has(name)) this.#claims.set(name, bindAbstract(`carp/${name}`));
  }

  unclaim(name: string): void {
    const descriptor = this.#claims.get(name);
    if (descriptor !== undefined) closeSocket(descriptor);
    this.#claims.delete(name);
  }

  createVirtualMac(parent: number, name: string, mac: Uint8Array): number {
    return this.#virtualMacs.create(parent, name, mac);
  }

  removeInterface(index: number): void {
    this.#virtualMacs.remove([index]);
  }

  removeInterfaces(indexes: readonly number[]): void {
    this.#virtualMacs.remove(indexes);
  }

  events(): LinkEvent[] {
    const events: LinkEvent[] = [];
    // Bounded, so that a storm of events cannot hold the caller; what is left keeps the descriptor readable.
    for (let count = 0; count < mostDatagramsPerCall; count++) {
      const datagram = this.#events.receive();
      if (datagram === "empty") break;
      if (datagram === "overrun") {
        events.push({ kind: "overrun" });
        continue;
      }
      for (const message of messages.decodeMessages(datagram)) {
        const event = decodeEvent(message);
        if (event !== undefined) events.push(event);
      }
    }
    return events;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const name of [...this.#claims.keys()]) this.unclaim(name);
    this.#events.close();
    try {
      this.#virtualMacs.settle();
      for (const [setting, original] of this.#originals) writeSetting(setting, original);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    } finally {
      this.#requests.close();
    }
  }

  #encode(renewal: Renewal): Uint8Array {
    const known = this.#renewals.get(renewal);
    if (known !== undefined) return known;
    const payload = addressChange(renewal.index, renewal.address);
    const order = messages.encodeMessage(messages.RTM_NEWADDR, messages.NLM_F_REPLACE, 0, payload);
    this.#renewals.set(renewal, order);
    return order;
  }
}

function interfaceState(link: LinkRecord, addresses: readonly AddressRecord[]): InterfaceState {
  const { alias: _alias, isPrivate: _isPrivate, group: _group, ...state } = link;
  return { ...state, addresses: addresses.map(({ index: _index, ...address }) => address) };
}

function decodeEvent(message: messages.Message): LinkEvent | undefined {
  switch (message.type) {
    case messages.RTM_NEWLINK:
      return linkEvent("link", message);
    case messages.RTM_DELLINK:
      return linkEvent("gone", message);
    case messages.RTM_NEWADDR:
      return addressEvent("address-added", message);
    case messages.RTM_DELADDR:
      return addressEvent("address-removed", message);
    default:
      return undefined;
  }
}

function linkEvent(kind: "link" | "gone", message: messages.Message): LinkEvent | undefined {
  const link = decodeLink(message.payload);
  return link && { kind, name: link.name, index: link.index };
}

function addressEvent(
  kind: "address-added" | "address-removed",
  message: messages.Message,
): LinkEvent | undefined {
  const record = decodeAddress(message.payload);
  if (record === undefined) return undefined;
  const { index, family, address, prefixLength, ours } = record;
  return { kind, index, address: { family, address, prefixLength }, ours };
}
