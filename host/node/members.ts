import { randomBytes } from "node:crypto";
import { InstanceFlag } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import { toBytes } from "../config/address.ts";
import type { VirtualHost } from "../config/model.ts";
import type { Core, VirtualHostParameters } from "../core/core.ts";
import { ExitCode, OperatorError, SystemError } from "../errors.ts";
import { Holding } from "../link/holding.ts";
import type { InterfaceState, Link } from "../link/link.ts";
import { type Log, messageOf } from "./log.ts";
import { findForeignAddress, removeLeftovers } from "./machine.ts";
import type { Port } from "./ports.ts";

/** A virtual host of the configuration, and what it holds. */
export interface Member {
  host: VirtualHost;
  readonly port: Port;
  holding: Holding;
  /** Why it cannot run, or hold its addresses. */
  problem: string | undefined;
  /** When addresses were taken from it lately, monotonic nanoseconds. */
  losses: { readonly address: string; readonly at: bigint }[];
}

/** Address already in use: another process has the claim. */
const EADDRINUSE = 98;
/** Addresses that somebody takes away three times in a minute are not put back a third time. */
const mostLosses = 3;
const lossWindowNs = 60_000_000_000n;

/** The virtual hosts of a node: the core's decisions about them, applied to the interfaces. */
export class Members {
  private readonly members = new Map<number, Member>();
  private readonly core: Core;
  private readonly link: Link;
  private readonly log: Log;

  constructor(core: Core, link: Link, log: Log) {
    this.core = core;
    this.link = link;
    this.log = log;
  }

  all(): Member[] {
    return [...this.members.values()];
  }

  hosts(): VirtualHost[] {
    return this.all().map((member) => member.host);
  }

  on(port: Port): Member[] {
    return this.all().filter((member) => member.port === port);
  }

  find(interfaceIndex: number, vhid: number): Member | undefined {
    return this.members.get(interfaceIndex * 256 + vhid);
  }

  findByName(interfaceName: string, vhid: number): Member | undefined {
    return this.all().find(
      (member) => member.host.vhid === vhid && member.host.interfaceName === interfaceName,
    );
  }

  /** Only one node of a machine serves a virtual host. @throws OperatorError where another does. */
  claim(host: VirtualHost): void {
    try {
      this.link.claim(keyOf(host));
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EADDRINUSE)) throw error;
      const message = `vhid ${host.vhid} on ${host.interfaceName} is served by another carp on this machine: stop that one first`;
      throw new OperatorError(ExitCode.Failed, message);
    }
  }

  unclaim(host: VirtualHost): void {
    this.link.unclaim(keyOf(host));
  }

  /** Takes a virtual host in. With a problem it stays in INIT, without addresses, until the problem has gone. */
  admit(host: VirtualHost, port: Port, state: InterfaceState, problem: string | undefined): void {
    const member: Member = { host, port, holding: new Holding(this.link, host), problem, losses: [] };
    this.members.set(port.index * 256 + host.vhid, member);
    const entropy = randomBytes(8).readBigUInt64LE();
    this.core.advance(monotonicNs());
    this.core.setVirtualHost(port.index, host.vhid, { ...parametersOf(host), entropy });
    if (problem === undefined) this.occupy(member, state);
    else this.log("error", `${nameOf(member)}: ${problem}`);
  }

  /** Forgets a virtual host that the core has forgotten, and gives up its place on the interface. */
  remove(member: Member): void {
    this.release(member);
    this.unclaim(member.host);
    this.members.delete(member.port.index * 256 + member.host.vhid);
  }

  /** Clears the place of a virtual host on its interface and has it run. */
  occupy(member: Member, state: InterfaceState): void {
    try {
      removeLeftovers(this.link, state, [member.host]);
      if (member.holding.plan !== member.host) member.holding = new Holding(this.link, member.host);
      member.holding.attach(state);
      // Nothing should be left; asking is cheap, and the way to the kernel is then known to work.
      member.holding.withdraw();
      member.problem = undefined;
    } catch (error) {
      member.problem = `its place on ${state.name} cannot be prepared: ${messageOf(error)}`;
      this.log("error", `${nameOf(member)}: ${member.problem}`);
      return;
    }
    const addresses = member.host.addresses.map((address) => toBytes(address.address));
    this.core.advance(monotonicNs());
    this.core.setAddresses(member.port.index, member.host.vhid, addresses);
  }

  /**
   * Gives up the addresses that a virtual host has, before it gets others: the core forgets them first, and `settle`
   * has it take away what it holds.
   */
  vacate(member: Member, settle: () => void): void {
    this.core.advance(monotonicNs());
    this.core.setAddresses(member.port.index, member.host.vhid, []);
    settle();
    this.release(member);
  }

  /** A foreign address that kept a virtual host in INIT may be gone. */
  recheck(member: Member): void {
    const { state } = member.port;
    if (member.problem === undefined || state === undefined || member.holding.carrierIndex !== 0) return;
    if (findForeignAddress(this.link, member.host) !== undefined) return;
    this.log("info", `${nameOf(member)}: its addresses are free now`);
    this.occupy(member, state);
  }

  /** The core asks for the addresses: they are put in place, and the core hears whether they are. */
  apply(member: Member): void {
    try {
      member.holding.apply();
    } catch (error) {
      this.failToHold(member, error);
      return;
    }
    if (member.problem !== undefined) this.log("info", `${nameOf(member)}: the addresses are in place again`);
    member.problem = undefined;
    this.core.advance(monotonicNs());
    this.core.applied(member.port.index, member.host.vhid);
  }

  withdraw(member: Member): void {
    try {
      member.holding.withdraw();
    } catch (error) {
      this.log("error", `${nameOf(member)}: an address could not be taken away: ${messageOf(error)}`);
    }
  }

  /** Takes the addresses away and removes the macvlan, if there is one. */
  release(member: Member): void {
    try {
      if (member.holding.held) member.holding.withdraw();
      member.holding.release();
    } catch (error) {
      this.log("error", `${nameOf(member)}: ${messageOf(error)}`);
    }
  }

  /** Somebody took an address from a virtual host that holds it: it is put back, unless this happens too often. */
  noticeLoss(carrierIndex: number, text: string): void {
    for (const member of this.members.values()) {
      const lost = member.host.addresses.find((address) => address.address === text);
      if (lost === undefined || !member.holding.held || member.holding.carrierIndex !== carrierIndex)
        continue;
      const carrier = this.link.interfaces().find((state) => state.index === carrierIndex);
      // The kernel itself takes IPv6 addresses from an interface that goes down; they are withdrawn with it.
      if (carrier === undefined || !carrier.up) continue;
      if (carrier.addresses.some((address) => address.address === text)) continue;
      const now = monotonicNs();
      member.losses = member.losses.filter(({ at }) => now - at < lossWindowNs);
      member.losses.push({ address: text, at: now });
      try {
        if (member.losses.filter((loss) => loss.address === text).length >= mostLosses)
          throw new Error("somebody keeps taking them away");
        member.holding.restore(lost);
        this.log("warning", `${nameOf(member)}: ${text} was taken from ${carrier.name} and is put back`);
      } catch (error) {
        this.failToHold(member, error);
      }
    }
  }

  /** Not MASTER without the addresses: the core demotes and tries again later. */
  private failToHold(member: Member, error: unknown): void {
    member.problem = `the addresses cannot be put on ${member.port.name}: ${messageOf(error)}`;
    this.log("error", `${nameOf(member)}: ${member.problem}; not MASTER, trying again later`);
    this.core.advance(monotonicNs());
    this.core.applyFailed(member.port.index, member.host.vhid);
  }
}

/** `1@eth0` */
export function nameOf({ host }: Member): string {
  return keyOf(host);
}

function keyOf(host: VirtualHost): string {
  return `${host.vhid}@${host.interfaceName}`;
}

/** What the core has to know of a virtual host besides its addresses. */
export function parametersOf(host: VirtualHost): VirtualHostParameters {
  return {
    advbase: host.advbase,
    advskew: host.advskew,
    key: host.pass,
    flags: host.virtualMac ? InstanceFlag.VirtualMac : 0,
  };
}

/** Whether a change from one to the other leaves the addresses and the way of holding them alone. */
export function isSameHolding(one: VirtualHost, other: VirtualHost): boolean {
  const list = (host: VirtualHost): string =>
    host.addresses
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
      .sort()
      .join(" ");
  return one.virtualMac === other.virtualMac && list(one) === list(other);
}
