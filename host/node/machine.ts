/** What a node needs to know of the machine before it changes anything, and what it finds there. */
import { toBytes } from "../config/address.ts";
import type { VirtualHost } from "../config/model.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { InterfaceAddress, InterfaceState, Link } from "../link/link.ts";
import { virtualMacName } from "../link/virtual-mac.ts";

/** The interfaces that a core has records for. */
const mostInterfaces = 16;

/**
 * The interfaces of a configuration in the order of their first mention.
 * @throws OperatorError where one is missing, is not Ethernet, or has no address to advertise from.
 */
export function findInterfaces(link: Link, virtualHosts: readonly VirtualHost[]): InterfaceState[] {
  const names = [...new Set(virtualHosts.map((host) => host.interfaceName))];
  if (names.length > mostInterfaces) {
    throw new OperatorError(
      ExitCode.Configuration,
      `${names.length} interfaces are configured, but a node serves at most ${mostInterfaces}: run a second node for the others`,
    );
  }
  return names.map((name) => findInterface(link, name, virtualHosts));
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
 * Removes what an earlier node left behind: virtual addresses with our mark, and the macvlan of a virtual host that
 * is not to have one now. Throws SystemError.
 */
export function removeLeftovers(link: Link, parent: InterfaceState, hosts: readonly VirtualHost[]): void {
  for (const host of hosts) {
    const name = virtualMacName(parent.index, host.vhid);
    const macvlan = link.find(name);
    for (const state of [parent, ...(macvlan === undefined ? [] : [macvlan])]) {
      for (const address of state.addresses) {
        const isVirtual = host.addresses.some((wanted) => wanted.address === address.address);
        if (address.ours && isVirtual) link.removeAddress(state.index, address);
      }
    }
    if (macvlan !== undefined && macvlan.kind === "macvlan" && !host.virtualMac)
      link.removeInterface(macvlan.index);
  }
}

/** Why a virtual host cannot run on this machine: one of its addresses is there already and not by our hand. */
export function findForeignAddress(link: Link, host: VirtualHost): string | undefined {
  for (const state of link.interfaces()) {
    for (const { address, prefixLength, ours } of state.addresses) {
      if (ours || !host.addresses.some((wanted) => wanted.address === address)) continue;
      return (
        `${address}/${prefixLength} is on ${state.name} already, and this node did not put it there: ` +
        `remove it with: ip addr del ${address}/${prefixLength} dev ${state.name}`
      );
    }
  }
  return undefined;
}

function findInterface(link: Link, name: string, virtualHosts: readonly VirtualHost[]): InterfaceState {
  const state = link.find(name);
  if (state === undefined) {
    const others = link
      .interfaces()
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
