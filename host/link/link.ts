import type { SystemError } from "../errors.ts";

/** An address with its prefix, `192.0.2.1` and 24, or `2001:db8::1` and 64; text in canonical form. */
export interface PrefixedAddress {
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefixLength: number;
}

/** How an address is put on an interface. */
export interface PlacedAddress extends PrefixedAddress {
  /** The kernel takes it away so many seconds after it was put there or renewed last; left out: never. */
  readonly leaseSeconds?: number;
  /** It brings no route to its subnet: the interface has one of its own, which must not end with the lease. */
  readonly routeless?: boolean;
}

/** An address whose lease begins anew, on the interface that carries it. */
export interface Renewal {
  readonly index: number;
  readonly address: PlacedAddress;
}

/** An address that sits on an interface. `ours` is true when its protocol mark (IFA_PROTO) is CARP's 112. */
export interface InterfaceAddress extends PrefixedAddress {
  readonly ours: boolean;
  readonly scope: "global" | "link" | "host" | "other";
  /** An IPv6 address that is not usable yet (tentative or failed duplicate address detection). */
  readonly tentative: boolean;
}

/** What the kernel says of one interface. `up` is administrative, `carrier` is IFF_LOWER_UP. */
export interface InterfaceState {
  readonly name: string;
  readonly index: number;
  /** Six bytes; empty where the interface has no Ethernet address. */
  readonly mac: Uint8Array;
  readonly ethernet: boolean;
  readonly up: boolean;
  readonly carrier: boolean;
  /** `macvlan` and the like, or an empty string for a plain device. */
  readonly kind: string;
  /** The index of the interface below (of a VLAN, a macvlan), or 0. */
  readonly parent: number;
  readonly addresses: readonly InterfaceAddress[];
}

/** An address that came or went; `ours` is as in InterfaceAddress. That one of ours came, or was renewed, is not told. */
export interface AddressEvent {
  readonly kind: "address-added" | "address-removed";
  readonly index: number;
  readonly address: PrefixedAddress;
  readonly ours: boolean;
}

/** A renewal that the kernel refused, and why. */
export interface RenewalFailure {
  readonly renewal: Renewal;
  readonly error: SystemError;
}

/** Something that changed: of the interface itself (`link`, `gone`) or of its addresses. */
export type LinkEvent =
  | { readonly kind: "link"; readonly name: string; readonly index: number }
  | { readonly kind: "gone"; readonly name: string; readonly index: number }
  | AddressEvent
  /** The kernel lost events (ENOBUFS): whatever is known has to be read again. */
  | { readonly kind: "overrun" };

/** The interfaces of a machine, and what may be changed on them. Every method is synchronous and short. */
export interface Link {
  /** The descriptor to poll for events, or -1. */
  readonly descriptor: number;
  interfaces(): InterfaceState[];
  /** The interface of that name, or undefined. */
  find(name: string): InterfaceState | undefined;
  /** Adds an address with CARP's protocol mark and without duplicate address detection. Throws SystemError. */
  addAddress(index: number, address: PlacedAddress): void;
  /**
   * Begins the leases of addresses anew, and puts the rest of how they are placed in force; one that is not there is put
   * there. Many go to the kernel in one call. Returns what could not be renewed, in its order.
   */
  renewAddresses(renewals: readonly Renewal[]): RenewalFailure[];
  /** Removes an address; one that is not there is no error. Throws SystemError. */
  removeAddress(index: number, address: PrefixedAddress): void;
  /**
   * Prepares an interface for virtual addresses of a subnet in which it has none of its own: when one of them is taken
   * away the kernel keeps the others (promote_secondaries). `close` restores the setting.
   */
  prepare(name: string): void;
  /**
   * Creates a macvlan in private mode, named `name`, with the given MAC above interface `parent`, prepared to
   * carry virtual addresses, and sets it up. Returns its index. An equal one that is already there is reused.
   */
  createVirtualMac(parent: number, name: string, mac: Uint8Array): number;
  /**
   * Takes a name that only one process of this machine (of its network namespace) can have, until it is given back or
   * the process ends. Throws SystemError, EADDRINUSE where another has it.
   */
  claim(name: string): void;
  unclaim(name: string): void;
  /** Removes such an interface; one that is not there is no error. */
  removeInterface(index: number): void;
  /** Removes such interfaces together, in a fraction of the time that one after the other takes. */
  removeInterfaces(indexes: readonly number[]): void;
  /** The events since the last call, oldest first; empty when there are none. */
  events(): LinkEvent[];
  close(): void;
}
