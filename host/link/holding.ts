import { toBytes } from "../address.ts";
import { SystemError } from "../errors.ts";
import { EEXIST } from "../system/errno.ts";
import type { InterfaceState, Link, PlacedAddress, PrefixedAddress, Renewal } from "./link.ts";
import { virtualMacName } from "./virtual-mac.ts";

/** Where the addresses of a virtual host are put: on the interface itself, or on a macvlan with the virtual MAC. */
export interface HoldingPlan {
  readonly vhid: number;
  readonly addresses: readonly PrefixedAddress[];
  readonly virtualMac: boolean;
}

/** For how long addresses are put in place, and beside which ones. Whoever changes them makes others. */
export interface Terms {
  /** Whole seconds without a renewal; left out: until they are taken away. */
  readonly leaseSeconds?: number;
  /** Whether this is so for the IPv6 addresses too. */
  readonly leasesIpv6: boolean;
  /** The own addresses of the interface that the virtual host is on. */
  readonly own: readonly PrefixedAddress[];
}

/** The addresses of one virtual host in the machine's address table: held all, or not at all. */
export class Holding {
  readonly plan: HoldingPlan;
  private readonly link: Link;
  /** The interface that carries the addresses, or 0 while it is away. */
  private carrier = 0;
  private present = false;
  private terms: Terms = { leasesIpv6: false, own: [] };
  private renewals: Renewal[] | undefined;

  constructor(link: Link, plan: HoldingPlan) {
    this.link = link;
    this.plan = plan;
  }

  /** Whether the addresses are meant to be there. */
  get held(): boolean {
    return this.present;
  }

  /** The interface index that carries the addresses, 0 where there is none. */
  get carrierIndex(): number {
    return this.carrier;
  }

  /** The index of the macvlan, 0 where there is none. */
  get macvlanIndex(): number {
    return this.plan.virtualMac ? this.carrier : 0;
  }

  /**
   * The interface is there (again): makes the macvlan where one is wanted. Throws SystemError.
   */
  attach(parent: InterfaceState): void {
    this.present = false;
    this.renewals = undefined;
    this.carrier = this.plan.virtualMac
      ? this.link.createVirtualMac(
          parent.index,
          virtualMacName(parent.index, this.plan.vhid),
          virtualMac(this.plan.vhid),
        )
      : parent.index;
  }

  /** The interface is gone, and whatever was on it. */
  detach(): void {
    this.present = false;
    this.carrier = 0;
  }

  /** Puts every address in place, or none: what was added is taken away before the SystemError is thrown. */
  apply(terms: Terms): void {
    this.agree(terms);
    const added: PrefixedAddress[] = [];
    try {
      for (const address of this.plan.addresses) {
        this.add(address);
        added.push(address);
      }
    } catch (error) {
      for (const address of added) this.link.removeAddress(this.carrier, address);
      throw error;
    }
    this.present = true;
  }

  /** What begins the leases of the addresses anew: the same list again, while the terms are the same. */
  leases(terms: Terms): readonly Renewal[] {
    this.agree(terms);
    this.renewals ??= this.plan.addresses
      .map((address) => this.place(address))
      .filter((address) => address.leaseSeconds !== undefined)
      .map((address) => ({ index: this.carrier, address }));
    return this.renewals;
  }

  /** Takes every address away. One that is not there is no error; the first other error is thrown at the end. */
  withdraw(): void {
    this.present = false;
    let failure: unknown;
    for (const address of this.plan.addresses) {
      try {
        if (this.carrier !== 0) this.link.removeAddress(this.carrier, address);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  /** After addresses could not be put in place: takes away what there is of ours, and nothing of anybody else's. */
  withdrawOurs(): void {
    this.present = false;
    for (const address of this.plan.addresses) {
      if (this.isOurs(address)) this.link.removeAddress(this.carrier, address);
    }
  }

  /** Puts an address back that somebody else has taken away. Throws SystemError. */
  restore(address: PrefixedAddress): void {
    this.add(address);
  }

  /** Gives up the macvlan, if there is one. The addresses have been withdrawn. */
  release(): void {
    const macvlan = this.macvlanIndex;
    if (macvlan !== 0) this.link.removeInterface(macvlan);
    this.detach();
  }

  private agree(terms: Terms): void {
    if (terms === this.terms) return;
    this.terms = terms;
    this.renewals = undefined;
  }

  /** An address of ours that is there already is as good as one that was added, once it is there on these terms. */
  private add(address: PrefixedAddress): void {
    const placed = this.place(address);
    try {
      this.link.addAddress(this.carrier, placed);
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EEXIST && this.isOurs(address))) throw error;
      for (const failure of this.link.renewAddresses([{ index: this.carrier, address: placed }]))
        throw failure.error;
    }
  }

  /**
   * An IPv6 address brings a route to its subnet that ends with it. Where the interface itself is in that subnet, the
   * route is the interface's, and the kernel would have it end with our lease. (A route of IPv4 has no end.)
   */
  private place(address: PrefixedAddress): PlacedAddress {
    const { leaseSeconds, leasesIpv6, own } = this.terms;
    if (leaseSeconds === undefined || (address.family === 6 && !leasesIpv6)) return address;
    const routeless =
      address.family === 6 && !this.plan.virtualMac && own.some((other) => isSameSubnet(address, other));
    return { ...address, leaseSeconds, routeless };
  }

  private isOurs(wanted: PrefixedAddress): boolean {
    const carrier = this.link.interfaces().find((state) => state.index === this.carrier);
    return carrier?.addresses.some((address) => address.address === wanted.address && address.ours) ?? false;
  }
}

/** 00:00:5e:00:01:VHID (protocol §1.1). */
export function virtualMac(vhid: number): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x01, vhid);
}

function isSameSubnet(one: PrefixedAddress, other: PrefixedAddress): boolean {
  if (one.family !== other.family || one.prefixLength !== other.prefixLength) return false;
  const [bytes, others] = [toBytes(one.address), toBytes(other.address)];
  const whole = one.prefixLength >> 3;
  const mask = 0xff00 >> (one.prefixLength & 7);
  return (
    bytes.every((byte, index) => index >= whole || byte === others[index]) &&
    ((bytes[whole] ^ others[whole]) & mask & 0xff) === 0
  );
}
