import { randomFillSync } from "node:crypto";
import { CommandResult, InstanceFlag } from "../../assembly/abi.ts";
import { toBytes } from "../address.ts";
import { monotonicNs } from "../clock.ts";
import type { VirtualHost } from "../config/model.ts";
import type { Core, VirtualHostParameters } from "../core/core.ts";
import { ExitCode, OperatorError, SystemError } from "../errors.ts";
import { Holding } from "../link/holding.ts";
import type { InterfaceState, Link, PrefixedAddress } from "../link/link.ts";
import { type Lease, Leases } from "./leases.ts";
import { type Log, messageOf } from "./log.ts";
import { Machine } from "./machine.ts";
import type { Port } from "./ports.ts";

/** A virtual host of the configuration, and what it holds. */
export interface Member {
  host: VirtualHost;
  readonly port: Port;
  holding: Holding;
  readonly lease: Lease;
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
  private readonly byName = new Map<string, Member>();
  private readonly core: Core;
  private readonly link: Link;
  private readonly log: Log;
  readonly leases: Leases;
  private hasTried = false;
  private readonly entropy = Buffer.alloc(512);
  private entropyUsed = this.entropy.length;

  constructor(core: Core, link: Link, log: Log, sleptNs: () => bigint) {
    this.core = core;
    this.link = link;
    this.log = log;
    this.leases = new Leases(link, () => this.hosts(), log, sleptNs);
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
    return this.byName.get(keyOf({ interfaceName, vhid }));
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

  /**
   * Takes a virtual host in and clears its place; it is in INIT until `run`. Where one of its addresses is another's
   * it stays there, without addresses, until that one has gone.
   */
  admit(host: VirtualHost, port: Port, state: InterfaceState, machine: Machine): void {
    const problem = machine.foreignAddress(host);
    const lease = this.leases.admit(host);
    const member: Member = { host, port, holding: new Holding(this.link, host), lease, problem, losses: [] };
    this.members.set(port.index * 256 + host.vhid, member);
    this.byName.set(keyOf(host), member);
    this.introduce(member);
    if (problem === undefined) this.clear(member, state, machine);
    else this.log("error", `${nameOf(member)}: ${problem}`);
  }

  /** The core has begun anew and knows nothing of a virtual host: as `admit`, after its addresses have gone. */
  readmit(member: Member, machine: Machine): void {
    const { host, port } = member;
    this.introduce(member);
    member.problem = machine.foreignAddress(host);
    if (member.problem === undefined && port.state !== undefined) this.clear(member, port.state, machine);
  }

  private introduce({ host, port }: Member): void {
    const entropy = this.drawEntropy();
    this.core.advance(monotonicNs());
    this.core.setVirtualHost(port.index, host.vhid, { ...parametersOf(host), entropy });
  }

  /** Eight random bytes; they are fetched for many at once, since each fetching costs some 15 us. */
  private drawEntropy(): bigint {
    if (this.entropyUsed === this.entropy.length) {
      randomFillSync(this.entropy);
      this.entropyUsed = 0;
    }
    const drawn = this.entropy.readBigUInt64LE(this.entropyUsed);
    this.entropy.fill(0, this.entropyUsed, this.entropyUsed + 8);
    this.entropyUsed += 8;
    return drawn;
  }

  /** Forgets a virtual host that the core has forgotten, and gives up its place on the interface. */
  remove(member: Member): void {
    this.release(member);
    this.leases.dismiss(member);
    this.unclaim(member.host);
    this.members.delete(member.port.index * 256 + member.host.vhid);
    this.byName.delete(keyOf(member.host));
  }

  /** Clears the place of a virtual host on its interface and has it run. */
  occupy(member: Member, state: InterfaceState, machine: Machine): void {
    this.clear(member, state, machine);
    this.run(member);
  }

  /** Has a virtual host run whose place has been cleared; one with a problem does not. */
  run(member: Member): void {
    if (member.problem !== undefined) return;
    const addresses = member.host.addresses.map((address) => toBytes(address.address));
    this.core.advance(monotonicNs());
    this.core.setAddresses(member.port.index, member.host.vhid, addresses);
  }

  private clear(member: Member, state: InterfaceState, machine: Machine): void {
    try {
      machine.removeLeftovers(state, member.host);
      if (member.holding.plan !== member.host) member.holding = new Holding(this.link, member.host);
      member.holding.attach(state);
      this.tryWithdrawal(member);
      member.problem = undefined;
    } catch (error) {
      member.problem = `its place on ${state.name} cannot be prepared: ${messageOf(error)}`;
      this.log("error", `${nameOf(member)}: ${member.problem}`);
    }
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

  /** Foreign addresses that kept virtual hosts of the port in INIT may be gone. */
  recheck(port: Port): void {
    const { state } = port;
    if (state === undefined) return;
    const waiting = this.on(port).filter(
      ({ problem, holding }) => problem !== undefined && holding.carrierIndex === 0,
    );
    if (waiting.length === 0) return;
    const machine = new Machine(this.link);
    for (const member of waiting) {
      if (machine.foreignAddress(member.host) !== undefined) continue;
      this.log("info", `${nameOf(member)}: its addresses are free now`);
      this.occupy(member, state, machine);
    }
  }

  /** The core asks for the addresses: they are put in place, and the core hears whether they are. */
  apply(member: Member): void {
    const startedNs = monotonicNs();
    try {
      member.holding.apply(this.leases.termsOf(member));
      if (!this.leases.begin(member, startedNs)) {
        member.holding.withdraw();
        throw new Error("their lease was over before all were there");
      }
    } catch (error) {
      this.failToHold(member, error);
      return;
    }
    if (member.problem !== undefined) this.log("info", `${nameOf(member)}: the addresses are in place again`);
    member.problem = undefined;
    this.core.advance(monotonicNs());
    this.core.applied(member.port.index, member.host.vhid);
  }

  /**
   * Before anything is read: a node that finds the leases of its addresses over has been frozen, and is not MASTER of them
   * any more, whatever waits in its sockets. They are taken away; true where there were any.
   */
  endLeases(): boolean {
    const over = this.leases.over(this.members.values(), monotonicNs());
    for (const member of over) {
      this.core.advance(monotonicNs());
      const result = this.core.leaseExpired(member.port.index, member.host.vhid);
      if (result !== CommandResult.Ok) this.withdraw(member);
    }
    return over.length > 0;
  }

  withdraw(member: Member): void {
    try {
      if (member.holding.held) member.holding.withdraw();
      else member.holding.withdrawOurs();
    } catch (error) {
      this.log("error", `${nameOf(member)}: an address could not be taken away: ${messageOf(error)}`);
    }
  }

  /** Takes the addresses of all away and removes their macvlans together. */
  releaseAll(): void {
    const macvlans: number[] = [];
    for (const member of this.members.values()) {
      if (member.holding.held) this.withdraw(member);
      if (member.holding.macvlanIndex !== 0) macvlans.push(member.holding.macvlanIndex);
      member.holding.detach();
    }
    try {
      if (macvlans.length > 0) this.link.removeInterfaces(macvlans);
    } catch (error) {
      this.log("error", messageOf(error));
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

  /**
   * Somebody took addresses, named as `INDEX ADDRESS`, from the interfaces, or may have taken any. Those of virtual
   * hosts that hold them are put back, unless this happens too often.
   */
  noticeLosses(removed: ReadonlySet<string> | "any"): void {
    if (removed !== "any" && removed.size === 0) return;
    const lost: { readonly member: Member; readonly address: PrefixedAddress }[] = [];
    for (const member of this.members.values()) {
      if (!member.holding.held) continue;
      const { carrierIndex } = member.holding;
      for (const address of member.host.addresses) {
        if (removed === "any" || removed.has(`${carrierIndex} ${address.address}`))
          lost.push({ member, address });
      }
    }
    if (lost.length === 0) return;
    const states = new Map(this.link.interfaces().map((state) => [state.index, state]));
    for (const { member, address } of lost) {
      const carrier = states.get(member.holding.carrierIndex);
      // The kernel itself takes IPv6 addresses from an interface that goes down; they are withdrawn with it.
      if (carrier === undefined || !carrier.up) continue;
      if (carrier.addresses.some((present) => present.address === address.address)) continue;
      this.restore(member, address, carrier.name);
    }
  }

  private restore(member: Member, lost: PrefixedAddress, carrierName: string): void {
    const text = lost.address;
    const now = monotonicNs();
    member.losses = member.losses.filter(({ at }) => now - at < lossWindowNs);
    member.losses.push({ address: text, at: now });
    try {
      if (member.losses.filter((loss) => loss.address === text).length >= mostLosses)
        throw new Error("somebody keeps taking them away");
      member.holding.restore(lost);
      this.log("warning", `${nameOf(member)}: ${text} was taken from ${carrierName} and is put back`);
    } catch (error) {
      this.failToHold(member, error);
    }
  }

  /**
   * Nothing should be left to take away; but asking once shows that the way to the kernel works, and that it is warm
   * when it is needed.
   */
  private tryWithdrawal(member: Member): void {
    if (this.hasTried && !member.host.virtualMac) return;
    member.holding.withdraw();
    this.hasTried = true;
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

function keyOf(host: Pick<VirtualHost, "interfaceName" | "vhid">): string {
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

/** Whether a change from one to the other would change nothing. */
export function isSame(one: VirtualHost, other: VirtualHost): boolean {
  return (
    one.advbase === other.advbase &&
    one.advskew === other.advskew &&
    Buffer.compare(one.pass, other.pass) === 0 &&
    isSameHolding(one, other)
  );
}

/** Whether a change from one to the other leaves the addresses and the way of holding them alone. */
export function isSameHolding(one: VirtualHost, other: VirtualHost): boolean {
  if (one.virtualMac !== other.virtualMac || one.addresses.length !== other.addresses.length) return false;
  const isEqual = (a: PrefixedAddress, b: PrefixedAddress): boolean =>
    a.address === b.address && a.prefixLength === b.prefixLength;
  return one.addresses.every(
    (address, index) =>
      isEqual(address, other.addresses[index]) ||
      other.addresses.some((candidate) => isEqual(address, candidate)),
  );
}
