/**
 * A node: frames from the NICs into the core, the core's decisions onto the interfaces, the core's frames out, and the
 * operator's orders. It blocks nowhere; whoever drives it (the packet thread, or an event loop) says when to look.
 */
import { Option, State } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import type { Configuration, VirtualHost } from "../config/model.ts";
import type { Core } from "../core/core.ts";
import type { CoreNews, CoreOrder } from "../core/records.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { InterfaceState, Link } from "../link/link.ts";
import type { Nic } from "../nic/nic.ts";
import type { IfconfigChange, NodeEvent, NodeStatus, SysctlName } from "./api.ts";
import { changed } from "./change.ts";
import type { Counters } from "./counter-keeper.ts";
import { FramePath } from "./frame-path.ts";
import { Journal } from "./journal.ts";
import { Lateness } from "./lateness.ts";
import { logTo } from "./log.ts";
import { findInterfaces, Machine, refuseTooManyInterfaces } from "./machine.ts";
import { isSame, isSameHolding, type Member, Members, nameOf, parametersOf } from "./members.ts";
import { Options, refuse } from "./options.ts";
import { type Port, Ports } from "./ports.ts";
import { Recovery } from "./recovery.ts";
import { describeVirtualHost } from "./status.ts";

/** The rooms that a node joins. */
export interface NodeParts {
  readonly core: Core;
  readonly link: Link;
  openNic(state: InterfaceState): Nic;
  emit(event: NodeEvent): void;
  /** How long the machine has slept since it was started, in nanoseconds; left out where that cannot be known. */
  sleptNs?(): bigint;
}

export interface NodeOptions {
  /** The MAC that advertisements leave with. */
  readonly sourceMac: "virtual" | "own";
  /** How the thread is scheduled that the node runs on. */
  readonly scheduling?: "fifo" | "nice" | "normal";
}

const retryPeriodNs = 10_000_000_000n;

export class CarpNode {
  readonly journal: Journal;
  private readonly parts: NodeParts;
  private readonly options: NodeOptions;
  private readonly ports: Ports;
  private readonly members: Members;
  private readonly path: FramePath;
  private readonly settings: Options;
  private readonly recovery: Recovery;
  private readonly lateness = new Lateness();
  private nextRetryNs = 0n;
  /** Ports that have got virtual hosts which the core does not know to be no sources. */
  private readonly unlearned = new Set<Port>();

  constructor(parts: NodeParts, options: NodeOptions) {
    const { core, link } = parts;
    const emit = (event: NodeEvent) => parts.emit(event);
    const log = logTo(emit);
    this.parts = parts;
    this.options = options;
    this.settings = new Options(core);
    this.members = new Members(core, link, log, () => parts.sleptNs?.() ?? 0n);
    this.ports = new Ports({
      core,
      link,
      openNic: (state) => parts.openNic(state),
      sourceMac: options.sourceMac,
      hosts: () => this.members.hosts(),
      log,
    });
    this.journal = new Journal(this.ports, this.members);
    const answers = {
      obey: (order: CoreOrder) => this.obey(order),
      tell: (news: CoreNews) => this.journal.tell(news, emit),
      rest: () => this.members.leases.flush(),
    };
    this.path = new FramePath(core, this.ports.list, answers, log, this.journal.ring);
    const { members, ports, settings } = this;
    const { transitions } = this.journal;
    this.recovery = new Recovery({ core, link, members, ports, options: settings, transitions, log, emit });
  }

  /**
   * Checks the machine, opens the NICs, removes what an earlier node left behind, and starts every virtual host in
   * INIT or BACKUP. No advertisement has a counter below `counterFloor`. @throws OperatorError, having changed nothing,
   * where the configuration does not fit the machine.
   */
  start(configuration: Configuration, counterFloor = 0n): void {
    const { link } = this.parts;
    const hosts = configuration.virtualHosts;
    const machine = new Machine(link);
    const states = findInterfaces(machine, hosts);
    if (hosts.length > 0 && hosts.every((host) => machine.foreignAddress(host) !== undefined)) {
      throw new OperatorError(ExitCode.Configuration, machine.foreignAddress(hosts[0]) ?? "");
    }
    this.recovery.reset(counterFloor);
    try {
      for (const host of hosts) this.members.claim(host);
      for (const state of states) this.ports.open(state);
    } catch (error) {
      for (const host of hosts) this.members.unclaim(host);
      this.ports.closeAll();
      throw error;
    }
    this.settings.take(configuration);
    const hasLease = configuration.lease !== false;
    this.members.leases.open(hasLease);
    this.settings.set(Option.Lease, hasLease ? 1 : 0);
    const byName = new Map(states.map((state) => [state.name, state]));
    for (const host of hosts) this.admit(host, byName.get(host.interfaceName) as InterfaceState, machine);
    // All begin together, so that they advertise together.
    for (const member of this.members.all()) this.members.run(member);
    for (const port of this.ports.list) this.unlearned.add(port);
    this.learnAnew();
    this.ports.narrow();
    this.path.settle();
  }

  /** Changes whenever the descriptors do. */
  get descriptorVersion(): number {
    return this.ports.version;
  }

  /** The descriptors to poll: netlink first, then the NICs; -1 for what calls back instead. */
  descriptors(): number[] {
    return [this.parts.link.descriptor, ...this.ports.list.map((port) => port.nic?.descriptor ?? -1)];
  }

  /** The monotonic time at which `turn` must be called, the largest i64 where there is none. */
  deadlineNs(): bigint {
    return this.parts.core.pollTimeout();
  }

  /**
   * One turn: takes in what has arrived, then judges the timers, so that an advertisement that waits in a queue is
   * heard before its sender is given up. What is taken in is bounded by the ring. Returns how many frames that were.
   * `isReadable` spares the ports, by their index, at which nothing waits.
   */
  turn(isReadable?: (port: number) => boolean): number {
    if (this.members.endLeases()) this.path.settle();
    const frames = this.path.receive(this.settings.logLevel >= 2, isReadable);
    const now = monotonicNs();
    const lateNs = now - this.deadlineNs();
    if (lateNs >= 0n) this.lateness.note(lateNs);
    this.path.runDeadlines();
    this.ports.watchLosses(now);
    this.retry(now);
    return frames;
  }

  /** Places that could not be prepared may be to be had now, whether or not the kernel tells of it. */
  private retry(nowNs: bigint): void {
    if (nowNs < this.nextRetryNs) return;
    this.nextRetryNs = nowNs + retryPeriodNs;
    for (const port of this.ports.list) this.members.recheck(port);
    this.path.settle();
  }

  /** What has changed on the interfaces. */
  turnLink(): void {
    if (this.members.endLeases()) this.path.settle();
    const touched = new Set<Port>();
    const removed = new Set<string>();
    let isOverrun = false;
    for (const event of this.parts.link.events()) {
      if (event.kind === "overrun") isOverrun = true;
      if (event.kind === "address-removed") removed.add(`${event.index} ${event.address.address}`);
      // Virtual addresses that come and go, ours above all, are nothing that an interface advertises from.
      const isOurs = "ours" in event && event.ours;
      if (!isOurs) for (const port of this.ports.touchedBy(event)) touched.add(port);
    }
    // After events were lost, every address that is held may be gone.
    this.members.noticeLosses(isOverrun ? "any" : removed);
    for (const port of touched) this.refresh(port);
    this.path.settle();
  }

  /** What is to be kept of the counters, so that none is sent twice. */
  counters(): Counters {
    return this.recovery.counters();
  }

  status(): NodeStatus {
    const { core } = this.parts;
    const now = monotonicNs();
    const interfaces = this.ports.list.map((port) => this.ports.describe(port));
    return {
      schema: 1,
      virtual_hosts: this.members.all().map((member) => this.describe(member, now)),
      interfaces,
      aliases: {},
      preempt: core.option(Option.Preempt),
      allow: core.option(Option.Allow),
      demotion: core.demotion,
      core: core.variant,
      io: interfaces[0]?.io ?? "none",
      scheduling: this.options.scheduling ?? "normal",
      lease: this.members.leases.isOn,
      lease_late: this.members.leases.late,
      started: new Date(this.recovery.firstMs).toISOString(),
      pid: process.pid,
      core_restarts: this.recovery.restarts,
      log_lines_dropped: 0,
      hook_timeouts: 0,
      lateness_ms: this.lateness.summary(),
      counters: core.statistics(),
    };
  }

  /** Reads an option, or writes it; a write to `demotion` adds. Returns the value in force. */
  sysctl(name: SysctlName, value?: number): number {
    if (value !== undefined) {
      this.settings.write(name, value);
      this.path.settle();
    }
    return this.settings.read(name);
  }

  /** Carries out `carp ifconfig`. @throws OperatorError, having changed nothing, for what cannot be done. */
  ifconfig(change: IfconfigChange): void {
    const member = this.members.findByName(change.interface, change.vhid);
    if (member === undefined && (change.state !== undefined || change.remove)) {
      const message = `there is no vhid ${change.vhid} on ${change.interface}: see carp status`;
      throw new OperatorError(ExitCode.Failed, message);
    }
    const wanted = changed(member?.host, change);
    if (member === undefined && wanted.addresses.length === 0) {
      const example = `name one, as in: vhid ${change.vhid} 192.0.2.1/24`;
      const message = `vhid ${change.vhid} on ${change.interface} has no address yet: ${example}`;
      throw new OperatorError(ExitCode.Usage, message);
    }
    this.put(wanted, new Machine(this.parts.link));
    this.learnAnew();
    this.ports.narrow();
    if (change.state !== undefined && member !== undefined) this.request(member, change.state);
  }

  /** Puts another configuration in force. Virtual hosts that stay the same keep their state. */
  reconfigure(virtualHosts: readonly VirtualHost[], preempt: boolean): void {
    const wanted = new Set(virtualHosts.map((host) => `${host.vhid}@${host.interfaceName}`));
    refuseTooManyInterfaces(virtualHosts);
    const machine = new Machine(this.parts.link);
    const added = virtualHosts.filter((host) => this.memberOf(host) === undefined);
    if (added.length > 0) findInterfaces(machine, added);
    for (const member of this.members.all()) {
      if (!wanted.has(nameOf(member))) this.dismiss(member);
    }
    for (const host of virtualHosts) this.put(host, machine);
    this.learnAnew();
    this.ports.narrow();
    this.settings.set(Option.Preempt, preempt ? 1 : 0);
    this.path.settle();
  }

  /** Leaves politely: bows out first, so that others take over at once, then takes the addresses away. */
  stop(): void {
    const { core } = this.parts;
    core.advance(monotonicNs());
    for (const { port, host } of this.members.all()) core.leave(port.index, host.vhid);
    this.path.transmit();
    this.path.settle();
  }

  /** Gives up macvlans, sockets and settings. The node has been stopped. */
  close(): void {
    this.members.releaseAll();
    this.ports.closeAll();
    this.parts.link.close();
  }

  /** Takes every address away without a word, when nothing else can be relied on any more. */
  abandon(): void {
    for (const member of this.members.all()) {
      if (member.holding.held) this.members.withdraw(member);
    }
  }

  /** After an error of a turn or a request: goes on where the core trapped, all else is thrown. */
  recover(error: unknown): void {
    try {
      this.recovery.begin(error);
      this.path.settle();
    } catch (next) {
      // Every round is a trap, and few are permitted.
      if (next === error) throw next;
      this.recover(next);
    }
  }

  private obey(order: CoreOrder): void {
    const member = this.members.find(order.interfaceIndex, order.vhid);
    if (member === undefined) return;
    if (order.kind === "apply") this.journal.transitions.time(order, () => this.members.apply(member));
    else if (order.kind === "renew") this.members.leases.renew(member);
    else this.members.withdraw(member);
  }

  /** Looks at the interface anew: it may be gone, another one of the same name, up, down, or have other addresses. */
  private refresh(port: Port): void {
    const state = this.parts.link.find(port.name);
    if (port.nic !== undefined && state?.index !== port.state?.index) {
      this.ports.detach(port);
      this.path.settle();
      for (const member of this.members.on(port)) member.holding.detach();
    }
    if (state !== undefined && port.nic === undefined && this.ports.attach(port, state)) {
      const machine = new Machine(this.parts.link);
      for (const member of this.members.on(port)) this.members.occupy(member, state, machine);
      this.ports.narrow();
    }
    this.ports.learn(port, port.nic === undefined ? undefined : state);
    this.members.recheck(port);
    this.path.settle();
  }

  private admit(host: VirtualHost, state: InterfaceState, machine: Machine): Port {
    const port = this.ports.open(state);
    this.members.admit(host, port, state, machine);
    return port;
  }

  /** An address that is virtual now is no source any more. */
  private learnAnew(): void {
    for (const port of this.unlearned) this.ports.learn(port, this.parts.link.find(port.name));
    this.unlearned.clear();
  }

  /** Makes the node have this virtual host: new, changed where it differs, or gone with its last address. */
  private put(host: VirtualHost, machine: Machine): void {
    const known = this.memberOf(host);
    if (known !== undefined && isSame(known.host, host)) return;
    if (known !== undefined && host.addresses.length === 0) this.dismiss(known);
    else if (known === undefined) this.add(host, machine);
    else this.change(known, host, machine);
    this.path.settle();
  }

  private memberOf(host: VirtualHost): Member | undefined {
    return this.members.findByName(host.interfaceName, host.vhid);
  }

  private add(host: VirtualHost, machine: Machine): void {
    const [state] = findInterfaces(machine, [host]);
    refuseForeign(machine, host);
    this.members.claim(host);
    this.unlearned.add(this.admit(host, state, machine));
    const member = this.memberOf(host);
    if (member !== undefined) this.members.run(member);
  }

  /** Parameters change without touching the state; other addresses, or another way of holding them, start it over. */
  private change(member: Member, host: VirtualHost, machine: Machine): void {
    const moves = !isSameHolding(member.host, host);
    if (moves) refuseForeign(machine, host);
    this.parts.core.advance(monotonicNs());
    const { port } = member;
    refuse(this.parts.core.setVirtualHost(port.index, host.vhid, parametersOf(host)), nameOf(member));
    if (moves) this.members.vacate(member, () => this.path.settle());
    member.host = host;
    if (moves && port.state !== undefined) this.members.occupy(member, port.state, machine);
  }

  private dismiss(member: Member): void {
    const { core } = this.parts;
    core.advance(monotonicNs());
    core.leave(member.port.index, member.host.vhid);
    this.path.transmit();
    core.removeVirtualHost(member.port.index, member.host.vhid);
    this.path.settle();
    this.members.remove(member);
  }

  private request(member: Member, word: string): void {
    const { core } = this.parts;
    const state = word === "MASTER" ? State.Master : word === "BACKUP" ? State.Backup : State.Init;
    core.advance(monotonicNs());
    core.setState(member.port.index, member.host.vhid, state);
    this.path.transmit();
    this.path.settle();
  }

  private describe(member: Member, nowNs: bigint): NodeStatus["virtual_hosts"][number] {
    const { core } = this.parts;
    const record = core.instance(member.port.index, member.host.vhid);
    if (record === undefined) throw new Error(`${nameOf(member)} is not in the core`);
    return describeVirtualHost(member.host, record, core.demotion, member.problem, nowNs);
  }
}

function refuseForeign(machine: Machine, host: VirtualHost): void {
  const problem = machine.foreignAddress(host);
  if (problem !== undefined) throw new OperatorError(ExitCode.Configuration, problem);
}
