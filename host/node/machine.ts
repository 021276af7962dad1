/** What a node needs to know of the machine before it changes anything, and what it finds there. */
import { toBytes } from "../address.ts";
import type { VirtualHost } from "../config/model.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { InterfaceAddress, InterfaceState, Link } from "../link/link.ts";
import { virtualMacName } from "../link/virtual-mac.ts";

/** The interfaces that a core has records for. */
export const mostInterfaces = 16;

/**
 * The interfaces of a configuration in the order of their first mention.
 * @throws OperatorError where one is missing, is not Ethernet, or has no address to advertise from.
 */
export function findInterfaces(machine: Machine, virtualHosts: readonly VirtualHost[]): InterfaceState[] {
  refuseTooManyInterfaces(virtualHosts);
  return namesOf(virtualHosts).map((name) => findInterface(machine, name, virtualHosts));
}

/** The interfaces of a configuration in the order of their first mention. */
function namesOf(virtualHosts: readonly VirtualHost[]): string[] {
  return [...new Set(virtualHosts.map((host) => host.interfaceName))];
}

/** @throws OperatorError where a configuration has more interfaces than the core. */
export function refuseTooManyInterfaces(virtualHosts: readonly VirtualHost[]): void {
  const names = namesOf(virtualHosts);
  if (names.length > mostInterfaces) {
    throw new OperatorError(
      ExitCode.Configuration,
      `${names.length} interfaces are configured, but a node serves at most ${mostInterfaces}: run a second node for the others`,
    );
  }
}

/** Where the advertisements of an interface come from: 4 and 16 bytes, all zero where there is no address. */
export function sourceAddresses(
  state: InterfaceState,
  virtualHosts: readonly VirtualHost[],
): { readonly source4: Uint8Array; readonly source6: Uint8Array } {
  const own = ownAddresses(state, virtualHosts);
  const source4 = own.find((address) => address.family === 4);
  const own6 = own.filter((address) => address.family === 6 && !address.tentative);
  const source6 = own6.find((address) => address.scope === "link") ?? own6[0];
  return {
    source4: source4 === undefined ? new Uint8Array(4) : toBytes(source4.address),
    source6: source6 === undefined ? new Uint8Array(16) : toBytes(source6.address),
  };
}

/** The addresses of an interface that are not virtual ones. */
export function ownAddresses(
  state: InterfaceState,
  virtualHosts: readonly VirtualHost[],
): InterfaceAddress[] {
  const virtual = new Set<string>();
  for (const host of virtualHosts) {
    if (host.interfaceName === state.name) for (const address of host.addresses) virtual.add(address.address);
  }
  return state.addresses.filter((address) => !address.ours && !virtual.has(address.address));
}

/**
 * The machine's interfaces, read once when they are needed first, however many virtual hosts are compared with them.
 * To be used at once and forgotten.
 */
export class Machine {
  private readonly link: Link;
  private readonly byName = new Map<string, InterfaceState>();
  /** Where each address is, by its text. */
  private readonly places = new Map<string, Place[]>();
  private isRead = false;

  constructor(link: Link) {
    this.link = link;
  }

  find(name: string): InterfaceState | undefined {
    this.read();
    return this.byName.get(name);
  }

  all(): InterfaceState[] {
    this.read();
    return [...this.byName.values()];
  }

  /** Why a virtual host cannot run here: one of its addresses is there already and not by our hand. */
  foreignAddress(host: VirtualHost): string | undefined {
    this.read();
    for (const { address } of host.addresses) {
      const place = this.places.get(address)?.find(({ at }) => !at.ours);
      if (place === undefined) continue;
      const text = `${address}/${place.at.prefixLength}`;
      const { name } = place.state;
      return (
        `${text} is on ${name} already, and this node did not put it there: ` +
        `remove it with: ip addr del ${text} dev ${name}`
      );
    }
    return undefined;
  }

  /**
   * Removes what an earlier node left behind of a virtual host: its addresses with our mark, and its macvlan where it
   * is not to have one now. Throws SystemError.
   */
  removeLeftovers(parent: InterfaceState, host: VirtualHost): void {
    const macvlan = this.find(virtualMacName(parent.index, host.vhid));
    const carriers = [parent.index, macvlan?.index];
    for (const { address } of host.addresses) {
      for (const { state, at } of this.places.get(address) ?? []) {
        if (at.ours && carriers.includes(state.index)) this.link.removeAddress(state.index, at);
      }
    }
    if (macvlan?.kind === "macvlan" && !host.virtualMac) this.link.removeInterface(macvlan.index);
  }

  private read(): void {
    if (this.isRead) return;
    this.isRead = true;
    for (const state of this.link.interfaces()) {
      this.byName.set(state.name, state);
      for (const at of state.addresses) {
        const others = this.places.get(at.address);
        if (others === undefined) this.places.set(at.address, [{ state, at }]);
        else others.push({ state, at });
      }
    }
  }
}

/** An address, and the interface that has it. */
interface Place {
  readonly state: InterfaceState;
  readonly at: InterfaceAddress;
}

function findInterface(machine: Machine, name: string, virtualHosts: readonly VirtualHost[]): InterfaceState {
  const state = machine.find(name);
  if (state === undefined) {
    const others = machine
      .all()
      .filter((other) => other.ethernet && other.kind !== "macvlan")
      .map((other) => other.name);
    const known =
      others.length === 0
        ? "this machine has no Ethernet interface"
        : `this machine has ${others.join(", ")}`;
    throw new OperatorError(
      ExitCode.Configuration,
      `there is no interface ${name}: ${known} (an rc.conf's names are translated with --map ${name}=NAME)`,
    );
  }
  if (!state.ethernet) {
    throw new OperatorError(ExitCode.Configuration, `${name} is not an Ethernet interface: CARP needs one`);
  }
  if (ownAddresses(state, virtualHosts).length === 0) {
    throw new OperatorError(
      ExitCode.Configuration,
      `${name} has no address of its own to advertise from: give it one with: ip addr add ADDRESS/LEN dev ${name}`,
    );
  }
  return state;
}
