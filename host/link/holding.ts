import { SystemError } from "../errors.ts";
import { EEXIST } from "../system/errno.ts";
import type { InterfaceState, Link, PrefixedAddress } from "./link.ts";
import { virtualMacName } from "./virtual-mac.ts";

/** Where the addresses of a virtual host are put: on the interface itself, or on a macvlan with the virtual MAC. */
export interface HoldingPlan {
  readonly vhid: number;
  readonly addresses: readonly PrefixedAddress[];
  readonly virtualMac: boolean;
}

/** The addresses of one virtual host in the machine's address table: held all, or not at all. */
export class Holding {
  readonly plan: HoldingPlan;
  private readonly link: Link;
  /** The interface that carries the addresses, or 0 while it is away. */
  private carrier = 0;
  private present = false;

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
  apply(): void {
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

  /** An address of ours that is there already is as good as one that was added. */
  private add(address: PrefixedAddress): void {
    try {
      this.link.addAddress(this.carrier, address);
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EEXIST && this.isOurs(address))) throw error;
    }
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
