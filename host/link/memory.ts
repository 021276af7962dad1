import { SystemError } from "../errors.ts";
import { EEXIST, EINVAL, ENODEV } from "../system/errno.ts";
import type {
  InterfaceAddress,
  InterfaceState,
  Link,
  LinkEvent,
  PlacedAddress,
  PrefixedAddress,
  Renewal,
  RenewalFailure,
} from "./link.ts";

/** The orders that can be made to fail. */
export type LinkOrder =
  | "claim"
  | "addAddress"
  | "renewAddress"
  | "removeAddress"
  | "createVirtualMac"
  | "removeInterface";

/** Interfaces that exist in the process only, and the hands of the world that change them. */
export interface MemoryLink extends Link {
  /** Adds an interface that is up and has carrier unless `state` says otherwise; returns its index. */
  addInterface(state: Partial<InterfaceState> & { readonly name: string }): number;
  /** Changes an interface as the world would, with the event that tells of it. */
  change(index: number, state: Partial<Pick<InterfaceState, "up" | "carrier" | "mac">>): void;
  /** Takes an interface away, with those above it. */
  takeAway(index: number): void;
  /** An address that someone else puts on an interface, or takes from it. */
  addForeignAddress(index: number, address: PrefixedAddress): void;
  removeByHand(index: number, address: PrefixedAddress): void;
  /** How an address of ours was put on an interface or renewed last, while it is there. Leases do not end by themselves. */
  placement(index: number, address: PrefixedAddress): PlacedAddress | undefined;
  /** What was renewed since the last call, in order. */
  takeRenewals(): Renewal[];
  /** The next `times` such orders (by default all that come) fail with `errno`; 0 ends that. */
  fail(order: LinkOrder, errno: number, times?: number): void;
  /** Events were lost: the next that is read says so. */
  overrun(): void;
  onReadable: (() => void) | undefined;
}

/** A link without interfaces. */
export function createMemoryLink(): MemoryLink {
  return new ProcessLink();
}

type Entry = { -readonly [Key in keyof InterfaceState]: InterfaceState[Key] } & {
  addresses: InterfaceAddress[];
};

class ProcessLink implements MemoryLink {
  readonly descriptor = -1;
  onReadable: (() => void) | undefined;
  readonly #interfaces = new Map<number, Entry>();
  readonly #placements = new Map<string, PlacedAddress>();
  #renewals: Renewal[] = [];
  readonly #failures = new Map<LinkOrder, { errno: number; times: number }>();
  #pending: LinkEvent[] = [];
  #nextIndex = 1;

  interfaces(): InterfaceState[] {
    return [...this.#interfaces.values()].map((entry) => ({ ...entry, addresses: [...entry.addresses] }));
  }

  find(name: string): InterfaceState | undefined {
    return this.interfaces().find((entry) => entry.name === name);
  }

  addAddress(index: number, address: PlacedAddress): void {
    this.#mayFail("addAddress", index);
    this.#put(index, address, true);
    this.#placements.set(placeOf(index, address), address);
  }

  renewAddresses(renewals: readonly Renewal[]): RenewalFailure[] {
    return renewals.flatMap((renewal) => {
      const { index, address } = renewal;
      try {
        this.#mayFail("renewAddress", index);
      } catch (error) {
        if (error instanceof SystemError) return [{ renewal, error }];
        throw error;
      }
      if (!this.#entry("renewAddress", index).addresses.some((other) => same(other, address)))
        this.#put(index, address, true);
      this.#placements.set(placeOf(index, address), address);
      this.#renewals.push(renewal);
      return [];
    });
  }

  removeAddress(index: number, address: PrefixedAddress): void {
    this.#mayFail("removeAddress");
    this.removeByHand(index, address);
  }

  prepare(): void {}

  claim(): void {
    this.#mayFail("claim");
  }

  unclaim(): void {}

  createVirtualMac(parent: number, name: string, mac: Uint8Array): number {
    this.#mayFail("createVirtualMac", parent);
    const present = this.find(name);
    if (present === undefined) return this.addInterface({ name, mac, parent, kind: "macvlan" });
    const isEqual = present.kind === "macvlan" && present.parent === parent && equal(present.mac, mac);
    if (!isEqual) throw failure("createVirtualMac", EEXIST);
    return present.index;
  }

  removeInterface(index: number): void {
    this.#mayFail("removeInterface");
    const entry = this.#interfaces.get(index);
    if (entry !== undefined && entry.kind !== "macvlan") throw failure("removeInterface", EINVAL);
    this.takeAway(index);
  }

  removeInterfaces(indexes: readonly number[]): void {
    for (const index of indexes) this.removeInterface(index);
  }

  events(): LinkEvent[] {
    const events = this.#pending;
    this.#pending = [];
    return events;
  }

  close(): void {
    this.#pending = [];
    this.onReadable = undefined;
  }

  addInterface(state: Partial<InterfaceState> & { readonly name: string }): number {
    const index = state.index ?? this.#nextIndex;
    this.#nextIndex = Math.max(this.#nextIndex, index) + 1;
    const mac = state.mac ?? Uint8Array.of(2, 0, 0, 0, 0, index);
    const plain = { ethernet: true, up: true, carrier: true, kind: "", parent: 0 };
    this.#interfaces.set(index, { ...plain, ...state, mac, index, addresses: [...(state.addresses ?? [])] });
    this.#tell({ kind: "link", name: state.name, index });
    return index;
  }

  change(index: number, state: Partial<Pick<InterfaceState, "up" | "carrier" | "mac">>): void {
    const entry = Object.assign(this.#entry("change", index), state);
    this.#tell({ kind: "link", name: entry.name, index });
  }

  takeAway(index: number): void {
    const entry = this.#interfaces.get(index);
    if (entry === undefined) return;
    for (const above of this.interfaces().filter(({ parent }) => parent === index))
      this.takeAway(above.index);
    for (const address of [...entry.addresses]) this.removeByHand(index, address);
    this.#interfaces.delete(index);
    this.#tell({ kind: "gone", name: entry.name, index });
  }

  addForeignAddress(index: number, address: PrefixedAddress): void {
    this.#put(index, address, false);
  }

  removeByHand(index: number, address: PrefixedAddress): void {
    const entry = this.#interfaces.get(index);
    const position = entry?.addresses.findIndex((other) => same(other, address)) ?? -1;
    if (entry === undefined || position < 0) return;
    const [{ ours }] = entry.addresses.splice(position, 1);
    this.#placements.delete(placeOf(index, address));
    this.#tell({ kind: "address-removed", index, address: plainAddress(address), ours });
  }

  placement(index: number, address: PrefixedAddress): PlacedAddress | undefined {
    return this.#placements.get(placeOf(index, address));
  }

  takeRenewals(): Renewal[] {
    const renewals = this.#renewals;
    this.#renewals = [];
    return renewals;
  }

  fail(order: LinkOrder, errno: number, times = Number.POSITIVE_INFINITY): void {
    this.#failures.set(order, { errno, times });
  }

  overrun(): void {
    this.#tell({ kind: "overrun" });
  }

  #mayFail(order: LinkOrder, index?: number): void {
    const planned = this.#failures.get(order);
    if (planned !== undefined && planned.errno !== 0 && planned.times > 0) {
      planned.times--;
      throw failure(order, planned.errno);
    }
    if (index !== undefined) this.#entry(order, index);
  }

  #entry(order: string, index: number): Entry {
    const entry = this.#interfaces.get(index);
    if (entry === undefined) throw failure(order, ENODEV);
    return entry;
  }

  #put(index: number, address: PrefixedAddress, ours: boolean): void {
    const entry = this.#entry("addAddress", index);
    if (entry.addresses.some((other) => same(other, address))) throw failure("addAddress", EEXIST);
    const scope = address.address.startsWith("fe80:") ? "link" : "global";
    entry.addresses.push({ ...plainAddress(address), ours, scope, tentative: false });
    if (!ours) this.#tell({ kind: "address-added", index, address: plainAddress(address), ours });
  }

  #tell(event: LinkEvent): void {
    this.#pending.push(event);
    if (this.#pending.length > 1) return;
    queueMicrotask(() => {
      if (this.#pending.length > 0) this.onReadable?.();
    });
  }
}

function plainAddress({ family, address, prefixLength }: PrefixedAddress): PrefixedAddress {
  return { family, address, prefixLength };
}

function placeOf(index: number, { address, prefixLength }: PrefixedAddress): string {
  return `${index} ${address}/${prefixLength}`;
}

function same(first: PrefixedAddress, second: PrefixedAddress): boolean {
  return first.address === second.address && first.prefixLength === second.prefixLength;
}

function equal(first: Uint8Array, second: Uint8Array): boolean {
  return first.length === second.length && first.every((byte, index) => byte === second[index]);
}

const texts: ReadonlyMap<number, string> = new Map([
  [1, "Operation not permitted"],
  [EEXIST, "File exists"],
  [ENODEV, "No such device"],
  [EINVAL, "Invalid argument"],
]);

function failure(order: string, errno: number): SystemError {
  return new SystemError(order, errno, texts.get(errno) ?? "made to fail");
}
