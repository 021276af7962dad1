/**
 * The run loop's body: frames from the NICs into the core, the core's decisions onto the interfaces, the core's frames
 * out. The only file that knows core, NIC and link. It blocks nowhere; whoever drives it (the packet thread, or the
 * main thread's event loop) says when to look.
 */
import { randomBytes } from "node:crypto";
import { InstanceFlag, InterfaceFlag, Option, State, Verdict } from "../../assembly/abi.ts";
import { monotonicNs, wallClockMs } from "../clock.ts";
import { parsePrefixed, toBytes } from "../config/address.ts";
import type { Configuration, VirtualHost } from "../config/model.ts";
import type { Core } from "../core/core.ts";
import type { CoreEvent, InstanceRecord } from "../core/records.ts";
import type { ReceiveSlots } from "../core/rings.ts";
import { demotionWord, reasonWord, resultWord, stateWord, verdictWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { Holding } from "../link/holding.ts";
import type { InterfaceState, Link, LinkEvent } from "../link/link.ts";
import type { Nic } from "../nic/nic.ts";
import type { IfconfigChange, NodeEvent, NodeStatus, SysctlName } from "../node-api.ts";
import {
  findForeignAddress,
  findInterfaces,
  ownAddresses,
  removeLeftovers,
  sourceAddresses,
} from "./machine.ts";
import { describeVirtualHost, isoTime, peerText } from "./status.ts";

/** The rooms that a node joins. */
export interface NodeParts {
  readonly core: Core;
  readonly link: Link;
  openNic(state: InterfaceState): Nic;
  emit(event: NodeEvent): void;
}

export interface NodeOptions {
  /** The MAC that advertisements leave with. */
  readonly sourceMac: "virtual" | "own";
}

/** An interface that carries virtual hosts: its place in the core, and its NIC while it is there. */
interface Port {
  readonly index: number;
  readonly name: string;
  readonly slots: ReceiveSlots;
  state: InterfaceState | undefined;
  nic: Nic | undefined;
}

/** A virtual host of the configuration, and what it holds. */
interface Member {
  host: VirtualHost;
  readonly port: Port;
  holding: Holding;
  /** Why it cannot run, or hold its addresses. */
  problem: string | undefined;
  /** When addresses were taken from it lately, monotonic nanoseconds. */
  losses: bigint[];
}

/** Addresses that somebody takes away three times in a minute are not put back a third time. */
const mostLosses = 3;
const lossWindowNs = 60_000_000_000n;
/** Lines about dropped packets in one second, at net.inet.carp.log 2. */
const mostPacketLines = 10;

export class CarpNode {
  private readonly parts: NodeParts;
  private readonly options: NodeOptions;
  private readonly ports: Port[] = [];
  private readonly members = new Map<number, Member>();
  private readonly started = new Date(wallClockMs()).toISOString();
  private logLevel = 1;
  private packetLines = { second: 0n, count: 0 };
  /** Changes whenever a NIC is opened or closed: whoever polls has to ask for the descriptors again. */
  nicVersion = 0;

  constructor(parts: NodeParts, options: NodeOptions) {
    this.parts = parts;
    this.options = options;
  }

  /**
   * Checks the machine, opens the NICs, removes what an earlier node left behind, and starts every virtual host in
   * INIT or BACKUP. @throws OperatorError, having changed nothing, where the configuration does not fit the machine.
   */
  start(configuration: Configuration): void {
    const { core, link } = this.parts;
    const hosts = configuration.virtualHosts;
    const states = findInterfaces(link, hosts);
    const problems = new Map(hosts.map((host) => [host, findForeignAddress(link, host)]));
    if (hosts.length > 0 && [...problems.values()].every((problem) => problem !== undefined)) {
      throw new OperatorError(ExitCode.Configuration, problems.get(hosts[0]) ?? "");
    }
    core.reset(monotonicNs(), wallClockMs());
    try {
      for (const state of states) this.openPort(state);
    } catch (error) {
      this.closePorts();
      throw error;
    }
    if (configuration.preempt) core.setOption(Option.Preempt, 1);
    for (const host of hosts) this.admit(host, problems.get(host));
    this.settle();
  }

  /** The descriptors to poll: netlink first, then the NICs; -1 for what calls back instead. */
  descriptors(): number[] {
    return [this.parts.link.descriptor, ...this.ports.map((port) => port.nic?.descriptor ?? -1)];
  }

  /** The NICs that are open, for drivers that wait for callbacks. */
  nics(): Nic[] {
    return this.ports.flatMap((port) => port.nic ?? []);
  }

  /** The monotonic time at which `turn` must be called, the largest i64 where there is none. */
  deadlineNs(): bigint {
    return this.parts.core.pollTimeout();
  }

  /**
   * One turn: takes in what has arrived, then judges the timers, so that an advertisement that waits in a queue is
   * heard before its sender is given up. What is taken in is bounded by the ring.
   */
  turn(): void {
    for (const port of this.ports) this.receive(port);
    const now = monotonicNs();
    if (now >= this.parts.core.pollTimeout()) {
      this.parts.core.handleTimeout(now);
      this.settle();
    }
  }

  /** What has changed on the interfaces. */
  turnLink(): void {
    const touched = new Set<Port>();
    for (const event of this.parts.link.events()) {
      for (const port of this.portsOf(event)) touched.add(port);
      if (event.kind === "address-removed") this.noticeLoss(event.index, event.address.address);
    }
    for (const port of touched) this.refresh(port);
  }

  status(): NodeStatus {
    const { core } = this.parts;
    const now = monotonicNs();
    const io = this.nics()[0]?.name ?? "none";
    return {
      schema: 1,
      virtual_hosts: [...this.members.values()].map((member) =>
        describeVirtualHost(member.host, this.record(member), core.demotion, member.problem, now),
      ),
      interfaces: this.ports.map((port) => this.describePort(port)),
      preempt: core.option(Option.Preempt),
      allow: core.option(Option.Allow),
      demotion: core.demotion,
      core: "baseline",
      io,
      started: this.started,
      pid: process.pid,
      counters: core.statistics(),
    };
  }

  /** Reads an option, or writes it; a write to `demotion` adds. Returns the value in force. */
  sysctl(name: SysctlName, value?: number): number {
    const { core } = this.parts;
    const option = sysctlOptions[name];
    if (value !== undefined) {
      core.advance(monotonicNs());
      if (name === "log") this.logLevel = value;
      else if (name === "demotion") core.addDemotion(value);
      else if (option !== undefined) refuse(core.setOption(option, value), `net.inet.carp.${name}`);
      this.settle();
    }
    if (name === "log") return this.logLevel;
    return option === undefined ? core.demotion : core.option(option);
  }

  /** Carries out `carp ifconfig`. @throws OperatorError, having changed nothing, for what cannot be done. */
  ifconfig(change: IfconfigChange): void {
    const port = this.ports.find((candidate) => candidate.name === change.interface);
    const member = port && this.members.get(memberKey(port, change.vhid));
    if (change.state !== undefined && member === undefined) throw noVhid(change);
    const addresses = (change.addresses ?? []).map(parseAddressOf);
    const known = member?.host.addresses ?? [];
    const kept = change.remove
      ? known.filter((address) => !addresses.some((gone) => gone.address === address.address))
      : [...known, ...addresses.filter((fresh) => !known.some((old) => old.address === fresh.address))];
    if (change.remove && member === undefined) throw noVhid(change);
    const wanted: VirtualHost = {
      interfaceName: change.interface,
      vhid: change.vhid,
      advbase: change.advbase ?? member?.host.advbase ?? 1,
      advskew: change.advskew ?? member?.host.advskew ?? 0,
      pass:
        change.pass_hex === undefined
          ? (member?.host.pass ?? new Uint8Array(0))
          : Buffer.from(change.pass_hex, "hex"),
      addresses: kept,
      virtualMac: member?.host.virtualMac ?? false,
      position: member?.host.position ?? { file: "ifconfig", line: 1, column: 1 },
    };
    if (member === undefined && kept.length === 0) {
      throw new OperatorError(
        ExitCode.Usage,
        `vhid ${change.vhid} on ${change.interface} has no address yet: name one, as in: vhid ${change.vhid} 192.0.2.1/24`,
      );
    }
    this.put(wanted);
    if (change.state !== undefined && member !== undefined) this.request(member, change.state);
  }

  /** Puts another configuration in force. Virtual hosts that stay the same keep their state. */
  reconfigure(virtualHosts: readonly VirtualHost[], preempt: boolean): void {
    const wanted = new Set(virtualHosts.map((host) => `${host.vhid}@${host.interfaceName}`));
    findInterfaces(this.parts.link, virtualHosts);
    for (const member of [...this.members.values()]) {
      if (!wanted.has(memberName(member))) this.dismiss(member);
    }
    for (const host of virtualHosts) this.put(host);
    this.parts.core.advance(monotonicNs());
    this.parts.core.setOption(Option.Preempt, preempt ? 1 : 0);
    this.settle();
  }

  /** Leaves politely: bows out first, so that others take over at once, then takes the addresses away. */
  stop(): void {
    const { core, link } = this.parts;
    core.advance(monotonicNs());
    for (const { port, host } of this.members.values()) core.leave(port.index, host.vhid);
    this.transmit();
    this.settle();
    for (const member of this.members.values()) this.release(member);
    this.closePorts();
    link.close();
  }

  /** Takes every address away without a word, when nothing else can be relied on any more. */
  abandon(): void {
    for (const { holding } of this.members.values()) {
      try {
        if (holding.held) holding.withdraw();
      } catch {
        // The next address still has a chance.
      }
    }
  }

  // The path of a frame.

  private receive(port: Port): void {
    const nic = port.nic;
    if (nic === undefined) return;
    let count = 0;
    while (count < port.slots.slotCount) {
      const read = nic.receive(port.slots, count);
      if (read === 0) break;
      count += read;
    }
    if (count === 0) return;
    this.parts.core.handleFrames(monotonicNs(), count);
    if (this.logLevel >= 2) this.logDrops(port, count);
    this.settle();
  }

  /**
   * Answers events and sends frames until there are no more of either. Events come first: the addresses are in place
   * before anybody hears of it.
   */
  private settle(): void {
    for (;;) {
      const events = this.parts.core.events();
      for (const event of events) this.answer(event);
      if (events.length === 0 && !this.transmit()) return;
    }
  }

  /** Sends what there is to send; false where there was nothing. */
  private transmit(): boolean {
    const { core } = this.parts;
    const slots = core.transmitSlots;
    let sent = false;
    for (let count = core.pollTransmit(); count > 0; count = core.pollTransmit()) {
      sent = true;
      for (let first = 0; first < count; ) {
        const interfaceIndex = slots.interfaceIndex(first);
        let next = first + 1;
        while (next < count && slots.interfaceIndex(next) === interfaceIndex) next++;
        this.send(this.ports[interfaceIndex].nic, first, next - first);
        first = next;
      }
      core.handleSent(monotonicNs(), count);
    }
    return sent;
  }

  /** Sends slots of one interface; one that fails is marked, and the next gets its chance. */
  private send(nic: Nic | undefined, first: number, count: number): void {
    const slots = this.parts.core.transmitSlots;
    for (let done = 0; done < count; ) {
      done += nic?.send(slots, first + done, count - done) ?? 0;
      if (done < count) slots.setErrno(first + done++, nic?.lastErrno || ENODEV);
    }
  }

  private answer(event: CoreEvent): void {
    if (event.kind === "demotion") {
      const { delta, total, timeNs } = event;
      this.parts.emit({
        kind: "demotion",
        at: isoTime(timeNs),
        delta,
        total,
        reason: demotionWord(event.reason),
      });
      return;
    }
    if (event.kind === "transition") {
      this.parts.emit({
        kind: "transition",
        at: isoTime(event.timeNs),
        interface: this.ports[event.interfaceIndex].name,
        vhid: event.vhid,
        from: stateWord(event.from),
        to: stateWord(event.to),
        reason: reasonWord(event.reason),
        peer: peerText(event.peer),
      });
      return;
    }
    const member = this.members.get(event.interfaceIndex * 256 + event.vhid);
    if (member === undefined) return;
    if (event.kind === "apply") this.apply(member);
    else this.withdraw(member);
  }

  private apply(member: Member): void {
    const { core } = this.parts;
    try {
      member.holding.apply();
      if (member.problem !== undefined)
        this.log("info", `${memberName(member)}: the addresses are in place again`);
      member.problem = undefined;
      core.advance(monotonicNs());
      core.applied(member.port.index, member.host.vhid);
    } catch (error) {
      this.failToHold(member, error);
    }
  }

  private withdraw(member: Member): void {
    try {
      member.holding.withdraw();
    } catch (error) {
      this.log("error", `${memberName(member)}: an address could not be taken away: ${messageOf(error)}`);
    }
  }

  /** Not MASTER without the addresses: the core demotes and tries again later. */
  private failToHold(member: Member, error: unknown): void {
    member.problem = `the addresses cannot be put on ${member.port.name}: ${messageOf(error)}`;
    this.log("error", `${memberName(member)}: ${member.problem}; not MASTER, trying again later`);
    this.parts.core.advance(monotonicNs());
    this.parts.core.applyFailed(member.port.index, member.host.vhid);
  }

  // The interfaces.

  private openPort(state: InterfaceState): Port {
    const known = this.ports.find((port) => port.name === state.name);
    if (known !== undefined) return known;
    const index = this.ports.length;
    const slots = this.parts.core.receiveSlots(index);
    const port: Port = { index, name: state.name, slots, state: undefined, nic: undefined };
    port.nic = this.parts.openNic(state);
    this.nicVersion++;
    this.ports.push(port);
    this.prepare(port);
    this.learn(port, state);
    return port;
  }

  /** A setting that cannot be made (a read-only /proc/sys) is worth a line and no more. */
  private prepare(port: Port): void {
    try {
      this.parts.link.prepare(port.name);
    } catch (error) {
      this.log(
        "warning",
        `${port.name}: ${messageOf(error)}; virtual addresses of one subnet may go together`,
      );
    }
  }

  private closePorts(): void {
    for (const port of this.ports) port.nic?.close();
    this.ports.length = 0;
    this.nicVersion++;
  }

  /** Looks at the interface anew: it may be gone, another one of the same name, up, down, or have other addresses. */
  private refresh(port: Port): void {
    const state = this.parts.link.find(port.name);
    if (port.nic !== undefined && state?.index !== port.state?.index) this.detach(port);
    if (state !== undefined && port.nic === undefined) this.attach(port, state);
    this.learn(port, port.nic === undefined ? undefined : state);
    for (const member of this.members.values()) {
      if (member.port === port) this.recheck(member);
    }
    this.settle();
  }

  /** Tells the core what the interface is like; undefined is an interface that is not there. */
  private learn(port: Port, state: InterfaceState | undefined): void {
    port.state = state;
    const hosts = [...this.members.values()].map((member) => member.host);
    let flags = this.options.sourceMac === "own" ? InterfaceFlag.OwnSourceMac : 0;
    if (state?.up) flags |= InterfaceFlag.Up;
    if (state?.carrier) flags |= InterfaceFlag.Carrier;
    this.parts.core.advance(monotonicNs());
    this.parts.core.setInterface(port.index, {
      flags,
      mac: state?.mac ?? new Uint8Array(6),
      ...(state === undefined ? noSources : sourceAddresses(state, hosts)),
    });
  }

  private attach(port: Port, state: InterfaceState): void {
    try {
      port.nic = this.parts.openNic(state);
      this.nicVersion++;
      this.prepare(port);
      for (const member of this.members.values()) {
        if (member.port === port) this.occupy(member, state);
      }
      this.log("info", `${port.name} is back`);
    } catch (error) {
      this.log("error", `${port.name} cannot be opened: ${messageOf(error)}`);
    }
  }

  private detach(port: Port): void {
    port.nic?.close();
    port.nic = undefined;
    this.nicVersion++;
    this.learn(port, undefined);
    this.settle();
    for (const member of this.members.values()) {
      if (member.port === port) member.holding.detach();
    }
    this.log("warning", `${port.name} is gone`);
  }

  private portsOf(event: LinkEvent): Port[] {
    if (event.kind === "overrun") return this.ports;
    const isPort = (port: Port): boolean =>
      port.state?.index === event.index || ("name" in event && port.name === event.name);
    return this.ports.filter(isPort);
  }

  /** Somebody took an address from a virtual host that holds it: it is put back, unless this happens too often. */
  private noticeLoss(carrierIndex: number, text: string): void {
    for (const member of this.members.values()) {
      const lost = member.host.addresses.find((address) => address.address === text);
      if (lost === undefined || !member.holding.held || member.holding.carrierIndex !== carrierIndex)
        continue;
      const carrier = this.parts.link.interfaces().find((state) => state.index === carrierIndex);
      if (carrier === undefined || carrier.addresses.some((address) => address.address === text)) continue;
      const now = monotonicNs();
      member.losses = [...member.losses.filter((loss) => now - loss < lossWindowNs), now];
      try {
        if (member.losses.length >= mostLosses) throw new Error("somebody keeps taking them away");
        member.holding.restore(lost);
        this.log("warning", `${memberName(member)}: ${text} was taken from ${carrier.name} and is put back`);
      } catch (error) {
        this.failToHold(member, error);
        this.settle();
      }
    }
  }

  // The virtual hosts.

  /** Takes a virtual host in; with a problem it stays in INIT, without addresses. */
  private admit(host: VirtualHost, problem: string | undefined): void {
    const { core, link } = this.parts;
    const state = link.find(host.interfaceName);
    if (state === undefined)
      throw new OperatorError(ExitCode.Configuration, `there is no interface ${host.interfaceName}`);
    const port = this.openPort(state);
    const member: Member = { host, port, holding: new Holding(link, host), problem, losses: [] };
    this.members.set(memberKey(port, host.vhid), member);
    core.advance(monotonicNs());
    core.setVirtualHost(port.index, host.vhid, {
      ...parametersOf(host),
      entropy: randomBytes(8).readBigUInt64LE(),
    });
    if (problem === undefined) this.occupy(member, state);
    else this.log("error", `${memberName(member)}: ${problem}`);
    this.learn(port, link.find(host.interfaceName));
  }

  /** Clears the place of a virtual host on its interface and has it run. */
  private occupy(member: Member, state: InterfaceState): void {
    try {
      removeLeftovers(this.parts.link, state, [member.host]);
      member.holding.attach(state);
      // Nothing should be left; asking is cheap, and the way to the kernel is then known to work.
      member.holding.withdraw();
      member.problem = undefined;
    } catch (error) {
      member.problem = `its place on ${state.name} cannot be prepared: ${messageOf(error)}`;
      this.log("error", `${memberName(member)}: ${member.problem}`);
      return;
    }
    const addresses = member.host.addresses.map((address) => toBytes(address.address));
    this.parts.core.setAddresses(member.port.index, member.host.vhid, addresses);
  }

  /** A foreign address that kept a virtual host in INIT may be gone. */
  private recheck(member: Member): void {
    const { state } = member.port;
    if (member.problem === undefined || state === undefined || member.holding.carrierIndex !== 0) return;
    const problem = findForeignAddress(this.parts.link, member.host);
    if (problem !== undefined) return;
    this.log("info", `${memberName(member)}: its addresses are free now`);
    this.occupy(member, state);
  }

  /** Makes the node have this virtual host: new, or changed where it differs. */
  private put(host: VirtualHost): void {
    const known = [...this.members.values()].find(
      (member) => member.host.vhid === host.vhid && member.host.interfaceName === host.interfaceName,
    );
    if (known !== undefined && host.addresses.length === 0) this.dismiss(known);
    else if (known === undefined) this.add(host);
    else if (isSameHolding(known.host, host)) this.change(known, host);
    else {
      this.dismiss(known);
      this.add(host);
    }
    this.settle();
  }

  private add(host: VirtualHost): void {
    findInterfaces(this.parts.link, [host]);
    const problem = findForeignAddress(this.parts.link, host);
    if (problem !== undefined) throw new OperatorError(ExitCode.Configuration, problem);
    this.admit(host, undefined);
  }

  private change(member: Member, host: VirtualHost): void {
    this.parts.core.advance(monotonicNs());
    refuse(
      this.parts.core.setVirtualHost(member.port.index, host.vhid, parametersOf(host)),
      memberName(member),
    );
    member.host = host;
  }

  private dismiss(member: Member): void {
    const { core } = this.parts;
    core.advance(monotonicNs());
    core.leave(member.port.index, member.host.vhid);
    this.transmit();
    core.removeVirtualHost(member.port.index, member.host.vhid);
    this.settle();
    this.release(member);
    this.members.delete(memberKey(member.port, member.host.vhid));
  }

  private release(member: Member): void {
    try {
      if (member.holding.held) member.holding.withdraw();
      member.holding.release();
    } catch (error) {
      this.log("error", `${memberName(member)}: ${messageOf(error)}`);
    }
  }

  private request(member: Member, word: string): void {
    const { core } = this.parts;
    const state = word === "MASTER" ? State.Master : word === "BACKUP" ? State.Backup : State.Init;
    core.advance(monotonicNs());
    core.setState(member.port.index, member.host.vhid, state);
    this.transmit();
    this.settle();
  }

  private record(member: Member): InstanceRecord {
    const record = this.parts.core.instance(member.port.index, member.host.vhid);
    if (record === undefined) throw new Error(`${memberName(member)} is not in the core`);
    return record;
  }

  private describePort(port: Port): NodeStatus["interfaces"][number] {
    const { state } = port;
    const hosts = [...this.members.values()].map((member) => member.host);
    const words = state === undefined ? [] : ["BROADCAST", "MULTICAST"];
    if (state?.up) words.unshift("UP");
    if (state?.up && state.carrier) words.splice(2, 0, "RUNNING");
    const flags = words.reduce((sum, word) => sum + interfaceFlagBits[word], 0);
    return {
      name: port.name,
      flags,
      flag_words: words,
      addresses:
        state === undefined
          ? []
          : ownAddresses(state, hosts).map(({ address, prefixLength }) => `${address}/${prefixLength}`),
      io: port.nic?.name ?? "none",
      drops: port.nic?.drops() ?? 0,
    };
  }

  private logDrops(port: Port, count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const verdict = port.slots.verdict(slot);
      if (verdict === Verdict.Ok) continue;
      const second = monotonicNs() / 1_000_000_000n;
      if (second !== this.packetLines.second) this.packetLines = { second, count: 0 };
      if (this.packetLines.count++ < mostPacketLines)
        this.log("info", `${port.name}: packet dropped: ${verdictWord(verdict)}`);
    }
  }

  private log(level: "info" | "warning" | "error", message: string): void {
    this.parts.emit({ kind: "log", at: isoTime(monotonicNs()), level, message });
  }
}

const ENODEV = 19;

/** FreeBSD's interface flags, as `ifconfig` prints them. */
const interfaceFlagBits: Readonly<Record<string, number>> = {
  UP: 0x1,
  BROADCAST: 0x2,
  RUNNING: 0x40,
  MULTICAST: 0x1000,
};

const noSources = { source4: new Uint8Array(4), source6: new Uint8Array(16) };

const sysctlOptions: Readonly<Partial<Record<SysctlName, Option>>> = {
  allow: Option.Allow,
  preempt: Option.Preempt,
  dscp: Option.Dscp,
  ifdown_demotion_factor: Option.IfdownDemotionFactor,
  senderr_demotion_factor: Option.SenderrDemotionFactor,
};

function memberKey(port: Port, vhid: number): number {
  return port.index * 256 + vhid;
}

function memberName(member: Member): string {
  return `${member.host.vhid}@${member.host.interfaceName}`;
}

function parametersOf(host: VirtualHost): {
  advbase: number;
  advskew: number;
  key: Uint8Array;
  flags: number;
} {
  return {
    advbase: host.advbase,
    advskew: host.advskew,
    key: host.pass,
    flags: host.virtualMac ? InstanceFlag.VirtualMac : 0,
  };
}

/** Whether a change from one to the other leaves addresses and the way of holding them alone. */
function isSameHolding(one: VirtualHost, other: VirtualHost): boolean {
  const list = (host: VirtualHost): string =>
    host.addresses
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
      .sort()
      .join(" ");
  return one.virtualMac === other.virtualMac && list(one) === list(other);
}

function parseAddressOf(text: string): VirtualHost["addresses"][number] {
  const address = parsePrefixed(text);
  if (address === undefined)
    throw new OperatorError(ExitCode.Usage, `${text} is not an address with a prefix length`);
  return address;
}

function noVhid(change: IfconfigChange): OperatorError {
  return new OperatorError(
    ExitCode.Failed,
    `there is no vhid ${change.vhid} on ${change.interface}: see carp status`,
  );
}

function refuse(result: number, subject: string): void {
  if (result !== 0) throw new OperatorError(ExitCode.Usage, `${subject}: ${resultWord(result)}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
