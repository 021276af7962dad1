import { expect } from "vitest";
import * as abi from "../../assembly/abi.ts";
import type { CoreEvent, InstanceRecord } from "../../host/core/records.ts";
import {
  Driver,
  inShort,
  JITTER,
  linkedFlags,
  peer,
  SECOND,
  type SentFrame,
  START,
  skewTime,
} from "./driver.ts";
import { addressBytes } from "./frames.ts";

const never = 0x7fff_ffff_ffff_ffffn;

/** The states of cells.md; ASKED and WAITING are BACKUP to everybody else. */
export const stateNames = ["INIT", "BACKUP", "ASKED", "WAITING", "MASTER"] as const;
export type StateName = (typeof stateNames)[number];

/** Which addresses the virtual host has, and over what it hears. */
export interface Family {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly over: 4 | 6;
}

export const families: readonly Family[] = [
  { name: "IPv4", addresses: ["192.168.1.50"], over: 4 },
  { name: "IPv6", addresses: ["2001:db8::50"], over: 6 },
  { name: "both, over IPv4", addresses: ["192.168.1.50", "2001:db8::50"], over: 4 },
  { name: "both, over IPv6", addresses: ["192.168.1.50", "2001:db8::50"], over: 6 },
];

/** A cell of cells.md, in one of the circumstances that it holds for. */
export interface Case {
  readonly event: string;
  readonly state: StateName;
  readonly family: Family;
  readonly advbase: number;
  readonly advskew: number;
  readonly preempt: boolean;
  /** The host's demotion when the event comes; left as it has become where it is undefined. */
  readonly demotion: number | undefined;
}

/** Plays cells with one core, and keeps which transitions it has seen, as `BACKUP>MASTER:UserRequested`. */
export class Player {
  readonly edges = new Set<string>();
  private readonly driver = new Driver();

  /** Brings the virtual host into the state, lets the event happen, and tells what came of it, as cells.md does. */
  play(one: Case): string {
    const lastSent = this.enter(one);
    const before = this.driver.instance();
    const refused = act(this.driver, one, lastSent) === abi.CommandResult.NotExpected;
    const events = this.driver.takeEvents();
    const frames = inShort(this.driver.takeFrames()).join(" ");
    const after = this.driver.instance();
    expectSound(after, this.driver.core.pollTimeout());
    const told = [
      ...(refused ? ["x"] : []),
      ...events.map((event) => this.eventInWords(event)),
      ...framesInWords(one, frames, this.driver.core.demotion),
      ...timersInWords(before, after, this.driver.now, frames),
    ];
    if (after.promoting && !before.promoting) this.grant(told);
    return told.join(" ") || "·";
  }

  private enter({ state, family, advbase, advskew, preempt, demotion }: Case): SentFrame | undefined {
    const { driver } = this;
    driver.now = START;
    driver.core.reset(START, 1_700_000_000_000);
    driver.appliesAtOnce = state === "MASTER";
    driver.setLink(state === "INIT" ? 0 : linkedFlags);
    driver.core.setOption(abi.Option.Preempt, preempt ? 1 : 0);
    driver.add({ advbase, advskew, addresses: family.addresses });
    if (state === "MASTER") driver.do(() => driver.core.setState(0, 1, abi.State.Master));
    if (state === "ASKED" || state === "WAITING") driver.runUntil(driver.instance().masterDownDeadlineNs);
    if (state === "WAITING") driver.do(() => driver.core.applyFailed(0, 1));
    if (demotion !== undefined) driver.do(() => driver.core.addDemotion(demotion - driver.core.demotion));
    // Long enough for a new master to have announced all it has to, and too short for a master-down timer.
    driver.runUntil(driver.now + (state === "MASTER" ? 5n * SECOND : 100_000_000n));
    driver.appliesAtOnce = false;
    driver.takeEvents();
    const advertisements = driver.takeFrames().filter(({ kind }) => kind === kindOver(family.over));
    const { promoting, state: reached } = driver.instance();
    const expected = { INIT: abi.State.Init, MASTER: abi.State.Master }[state as string] ?? abi.State.Backup;
    if (reached !== expected || promoting !== (state === "ASKED")) throw new Error(`not in ${state}`);
    return advertisements.at(-1);
  }

  /** Gives the addresses that were asked for, and notes after the `A` for which reason that makes a MASTER. */
  private grant(told: string[]): void {
    this.driver.do(() => this.driver.core.applied(0, 1));
    const [made] = this.driver.takeEvents().filter(({ kind }) => kind === "transition");
    const words = this.eventInWords(made);
    told[told.indexOf("A")] = words.replace(">MASTER", "A");
  }

  private eventInWords(event: CoreEvent): string {
    switch (event.kind) {
      case "apply":
        return "A";
      case "withdraw":
        return "W";
      case "demotion":
        return `${event.delta > 0 ? "+" : ""}${event.delta}:${abi.DemotionReason[event.reason]}`;
      case "transition": {
        const [from, to] = [event.from, event.to].map((state) => abi.State[state].toUpperCase());
        this.edges.add(`${from}>${to}:${abi.Reason[event.reason]}`);
        return `>${to}:${abi.Reason[event.reason]}`;
      }
    }
  }
}

/** What must hold after whatever has happened: each state has its timers, and no other. */
function expectSound(instance: InstanceRecord, timeout: bigint): void {
  const { state, promoting, masterDownDeadlineNs, advertiseDeadlineNs } = instance;
  expect(masterDownDeadlineNs !== never, "the master-down timer runs").toBe(
    state === abi.State.Backup && !promoting,
  );
  expect(advertiseDeadlineNs !== never, "the advertisement timer runs").toBe(state === abi.State.Master);
  if (state === abi.State.Master) expect(timeout).toBeLessThanOrEqual(advertiseDeadlineNs);
  else expect(timeout).toBe(masterDownDeadlineNs);
}

/** Whole sets of frames by their mark; whatever is not such a set stays as it is. */
function framesInWords({ family, advbase, advskew }: Case, frames: string, demotion: number): string[] {
  const versions = [4, 6].filter((version) =>
    family.addresses.some((address) => addressBytes(address).length === (version === 4 ? 4 : 16)),
  );
  const skew = Math.min(240, Math.max(0, advskew + demotion));
  const inEach = (interval: string) =>
    versions.map((version) => (version === 4 ? interval : `6:${interval}`)).join(" ");
  const announcements = versions.map((version) =>
    version === 4 ? "ArpRequest ArpReply" : "NeighborAdvertisement",
  );
  const marked = frames
    .replaceAll(inEach("255/255"), "bow")
    .replaceAll(inEach(`${advbase}/${skew}`), "ad")
    .replaceAll(announcements.join(" "), "ann");
  return marked === "" ? [] : [marked];
}

function timersInWords(before: InstanceRecord, after: InstanceRecord, now: bigint, frames: string): string[] {
  const words: string[] = [];
  if (after.masterDownDeadlineNs !== before.masterDownDeadlineNs && after.masterDownDeadlineNs !== never) {
    const ratio = 3n * BigInt(after.advbase) * SECOND;
    const skew = after.advbase === 0 ? 3 * after.advskew : after.advskew;
    const jitter = after.masterDownDeadlineNs - now - ratio - skewTime(skew);
    words.push(jitter >= 0n && jitter < JITTER ? "T" : `in ${after.masterDownDeadlineNs - now} ns`);
  }
  if (after.advertiseDeadlineNs !== before.advertiseDeadlineNs && after.state === before.state) {
    const left = after.advertiseDeadlineNs - now;
    const [, base, skew] = /(\d+)\/(\d+)(?!.*\d\/)/.exec(frames) ?? [];
    const interval = BigInt(base ?? 0) * SECOND + skewTime(Number(skew ?? 0));
    if (left !== interval) words.push(`the next advertisement in ${left} ns`);
  }
  return words;
}

function kindOver(version: 4 | 6): abi.FrameKind {
  return version === 4 ? abi.FrameKind.Advertisement4 : abi.FrameKind.Advertisement6;
}

type Act = (driver: Driver, one: Case, lastSent: SentFrame | undefined) => unknown;

function act(driver: Driver, one: Case, lastSent: SentFrame | undefined): unknown {
  const interval = /^hears (\d+)\/(\d+)$/.exec(one.event);
  if (interval !== null)
    return hear(driver, one, { advbase: Number(interval[1]), advskew: Number(interval[2]) });
  const happens = acts[one.event];
  if (happens === undefined) throw new Error(`nobody knows the event ${one.event}`);
  return happens(driver, one, lastSent);
}

function hear(driver: Driver, { family }: Case, fields: Partial<typeof peer>): void {
  const source = family.over === 4 ? peer.source : "fe80::3";
  driver.hear({ advskew: 0, ...fields, addresses: family.addresses, family: family.over, source });
}

function setState(state: abi.State): Act {
  return (driver) => driver.do(() => driver.core.setState(0, 1, state));
}

function demote(delta: number): Act {
  return (driver) => driver.do(() => driver.core.addDemotion(delta));
}

function setAddresses(change: (addresses: readonly string[]) => readonly string[]): Act {
  return (driver, { family }) =>
    driver.do(() => driver.core.setAddresses(0, 1, change(family.addresses).map(addressBytes)));
}

const acts: Readonly<Record<string, Act>> = {
  "hears 1/0 with another key": (driver, one) => hear(driver, one, { key: "another" }),
  "hears 1/0 over two hops": (driver, one) => hear(driver, one, { timeToLive: 254 }),
  "hears 1/0 of another vhid": (driver, one) => hear(driver, one, { vhid: 2 }),
  "hears its own": (driver, _one, lastSent) => driver.receive(lastSent!.bytes),
  "the master-down timer, too early by 1 ns": (driver) =>
    driver.runUntil(driver.instance().masterDownDeadlineNs - 1n),
  "the master-down timer": (driver) => driver.runUntil(driver.instance().masterDownDeadlineNs),
  "the advertisement timer, too early by 1 ns": (driver) =>
    driver.runUntil(driver.instance().advertiseDeadlineNs - 1n),
  "the advertisement timer": (driver) => driver.runUntil(driver.instance().advertiseDeadlineNs),
  "an hour without a timer": (driver) => driver.runUntil(driver.now + 3600n * SECOND),
  "the addresses are in place": (driver) => driver.do(() => driver.core.applied(0, 1)),
  "the addresses cannot be had": (driver) => driver.do(() => driver.core.applyFailed(0, 1)),
  "state init": setState(abi.State.Init),
  "state backup": setState(abi.State.Backup),
  "state master": setState(abi.State.Master),
  "other advskew": (driver) => driver.do(() => driver.core.setVirtualHost(0, 1, { advskew: 7 })),
  "other key": (driver) =>
    driver.do(() => driver.core.setVirtualHost(0, 1, { key: new Uint8Array(Buffer.from("new")) })),
  "demotion +7": demote(7),
  "demotion -7": demote(-7),
  "demotion +0": demote(0),
  "preempt on": (driver) => driver.do(() => driver.core.setOption(abi.Option.Preempt, 1)),
  leaves: (driver) => driver.do(() => driver.core.leave(0, 1)),
  "the carrier is lost": (driver) => driver.do(() => driver.setLink(abi.InterfaceFlag.Up)),
  "the interface is shut": (driver) => driver.do(() => driver.setLink(abi.InterfaceFlag.Carrier)),
  "the link is up": (driver) => driver.do(() => driver.setLink(linkedFlags)),
  "allow 0": (driver) => driver.do(() => driver.core.setOption(abi.Option.Allow, 0)),
  "one address more": setAddresses((addresses) => [...addresses, "192.168.1.51"]),
  "the same addresses": setAddresses((addresses) => addresses),
  "no address": setAddresses(() => []),
};
