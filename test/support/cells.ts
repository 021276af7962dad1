import { expect } from "vitest";
import * as abi from "../../assembly/abi.ts";
import type { CoreEvent, InstanceRecord } from "../../host/core/records.ts";
import {
  Driver,
  inShort,
  JITTER,
  linkedFlags,
  type peer,
  SECOND,
  type SentFrame,
  START,
  skewTime,
} from "./driver.ts";
import { addressBytes } from "./frames.ts";

/** What two equal masters add. */
const TIE_JITTER = SECOND / 8n;
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
  /** Whether the addresses have a lease; what is told of renewals counts only where the event is about them. */
  readonly lease: boolean;
}

/** Plays cells with one core, and keeps which transitions it has seen, as `BACKUP>MASTER:UserRequested`. */
export class Player {
  readonly edges = new Set<string>();
  private readonly driver = new Driver();

  /** Brings the virtual host into the state, lets the event happen, and tells what came of it, as cells.md does. */
  play(one: Case): string {
    const lastSent = this.enter(one);
    const waitsUntil = this.driver.instance().masterDownDeadlineNs;
    this.prime(one);
    const before = this.driver.instance();
    const refused = act(this.driver, one, lastSent) === abi.CommandResult.NotExpected;
    const events = this.driver.takeEvents();
    const frames = inShort(this.driver.takeFrames()).join(" ");
    const after = this.driver.instance();
    const trial = one.state === "WAITING" && !after.promoting ? waitsUntil : never;
    expectSound(after, this.driver.core.pollTimeout(), trial);
    expectNoted(before, after, events);
    const told = [
      ...(refused ? ["x"] : []),
      ...events.map((event) => this.eventInWords(event)),
      ...framesInWords(one, frames, this.driver.core.demotion, after.state),
      ...timersInWords(before, after, this.driver.now, frames, waitsUntil),
    ];
    if (after.promoting && !before.promoting) this.grant(told);
    const counted = told.filter((word) => word !== "L" || one.event.includes("lease"));
    return counted.join(" ") || "·";
  }

  private enter({ state, family, advbase, advskew, preempt, demotion, lease }: Case): SentFrame | undefined {
    const { driver } = this;
    driver.now = START;
    driver.core.reset(START, 1_700_000_000_000);
    driver.appliesAtOnce = state === "MASTER";
    driver.setLink(state === "INIT" ? 0 : linkedFlags);
    driver.core.setOption(abi.Option.Preempt, preempt ? 1 : 0);
    driver.core.setOption(abi.Option.Lease, lease ? 1 : 0);
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

  /** What must have happened before the event, where the event's name says so. */
  private prime(one: Case): void {
    primes[one.event]?.(this.driver, one, undefined);
    this.driver.takeEvents();
    this.driver.takeFrames();
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
      case "renew":
        return "L";
      case "notice":
        return `!${abi.Notice[event.notice]}`;
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

/**
 * What must hold after whatever has happened: each state has its timers, and no other, but for the `trial` at which the
 * demotion of a host that could not have its addresses is taken back.
 */
function expectSound(instance: InstanceRecord, timeout: bigint, trial: bigint): void {
  const { state, promoting, masterDownDeadlineNs, advertiseDeadlineNs } = instance;
  expect(masterDownDeadlineNs !== never, "the master-down timer runs").toBe(
    state === abi.State.Backup && !promoting,
  );
  expect(advertiseDeadlineNs !== never, "the advertisement timer runs").toBe(state === abi.State.Master);
  if (state === abi.State.Master) expect(timeout).toBeLessThanOrEqual(advertiseDeadlineNs);
  else expect([masterDownDeadlineNs, trial]).toContain(timeout);
}

/** The record tells of the last transition, and how many there were. */
function expectNoted(before: InstanceRecord, after: InstanceRecord, events: readonly CoreEvent[]): void {
  const transitions = events.flatMap((event) => (event.kind === "transition" ? [event] : []));
  expect(after.transitions - before.transitions).toBe(transitions.length);
  const last = transitions.at(-1);
  if (last === undefined) {
    expect([after.last, after.sinceNs]).toEqual([before.last, before.sinceNs]);
  } else {
    expect(after.last).toEqual({ from: last.from, to: last.to, reason: last.reason });
    expect([after.state, after.sinceNs]).toEqual([last.to, last.timeNs]);
    expect(transitions.map(({ from }) => from)).toEqual([
      before.state,
      ...transitions.slice(0, -1).map(({ to }) => to),
    ]);
  }
}

/** Whole sets of frames by their mark; whatever is not such a set stays as it is. */
function framesInWords(
  { family, advbase, advskew }: Case,
  frames: string,
  demotion: number,
  state: abi.State,
): string[] {
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
    .replaceAll(inEach(`${advbase}/${skew}`), state === abi.State.Master ? "ad" : "last")
    .replaceAll(announcements.join(" "), "ann");
  return marked === "" ? [] : [marked];
}

function timersInWords(
  before: InstanceRecord,
  after: InstanceRecord,
  now: bigint,
  frames: string,
  waitsUntil: bigint,
): string[] {
  const words: string[] = [];
  if (after.masterDownDeadlineNs !== before.masterDownDeadlineNs && after.masterDownDeadlineNs !== never) {
    const ratio = 3n * BigInt(after.advbase) * SECOND;
    const skew = after.advbase === 0 ? 3 * after.advskew : after.advskew;
    const jitter = after.masterDownDeadlineNs - now - ratio - skewTime(skew);
    if (after.masterDownDeadlineNs === waitsUntil) words.push("R");
    else if (jitter < 0n || jitter >= JITTER + TIE_JITTER)
      words.push(`in ${after.masterDownDeadlineNs - now} ns`);
    else words.push(jitter < JITTER ? "T" : "T+");
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
  const named = acts[one.event];
  if (named !== undefined) return named(driver, one, lastSent);
  const interval = /^hears (?:a second )?(\d+)\/(\d+)/.exec(one.event);
  if (interval === null) throw new Error(`nobody knows the event ${one.event}`);
  const from = one.event.includes(" of another") ? 5 : 4;
  hear(driver, one, { advbase: Number(interval[1]), advskew: Number(interval[2]) }, from);
  return undefined;
}

/** An advertisement from the host with that number, with a counter that nobody has used. */
function hear(driver: Driver, { family }: Case, fields: Partial<typeof peer>, from = 4): void {
  // Both halves of the IPv6 address have bits in common.
  const source = family.over === 4 ? `192.168.1.${from}` : `fe80::fe80:0:0:${from}`;
  const counter = BigInt.asUintN(64, (driver.now + BigInt(from)) * 0x9e37_79b9_7f4a_7c15n);
  driver.hear({ advskew: 0, source, counter, ...fields, addresses: family.addresses, family: family.over });
}

/** Hears it so many seconds ago, and in every second since. */
function heard(interval: string, seconds: number, rest = 0n): Act {
  const [advbase, advskew] = interval.split("/").map(Number);
  return (driver, one) => {
    for (let second = 0; second <= seconds; second++) {
      hear(driver, one, { advbase, advskew });
      driver.runUntil(driver.now + (second < seconds ? SECOND : rest));
    }
  };
}

function inOrder(...some: readonly Act[]): Act {
  return (driver, one) => {
    for (const each of some) each(driver, one, undefined);
  };
}

function after(nanoseconds: bigint): Act {
  return (driver) => driver.runUntil(driver.now + nanoseconds);
}

/** The host sleeps until so long after the deadline. */
function sleep(driver: Driver, deadline: bigint, nanoseconds: bigint): void {
  driver.now = deadline + nanoseconds;
  driver.do(() => driver.core.handleTimeout(driver.now));
}

function from(source4: string, source6: string): Act {
  return (driver, one) => hear(driver, one, { source: one.family.over === 4 ? source4 : source6 });
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

const tenth = SECOND / 10n;
const flap: Act = (driver) => {
  driver.setLink(0);
  driver.setLink(linkedFlags);
};
const takeLease: Act = (driver) => driver.do(() => driver.core.setOption(abi.Option.Lease, 1));
/** Half a master-down time of 1/100, without its jitter. */
const half = (3n * SECOND + skewTime(100)) / 2n;
/** How long a master of 1/99 is taken to live, and how long a MASTER of 1/100 waits for a slower one to step down. */
const lifeOfBetter = SECOND + (99n * SECOND) / 256n + SECOND / 4n;
const patience = SECOND + skewTime(100) + SECOND / 4n;
const becomeMaster: Act = (driver) => {
  driver.do(() => driver.core.setState(0, 1, abi.State.Master));
  driver.do(() => driver.core.applied(0, 1));
};

const primes: Readonly<Record<string, Act>> = {
  "hears 255/255 of the better master": heard("1/99", 0, tenth),
  "hears 255/255 of another than the better master": heard("1/99", 0, tenth),
  "hears 255/255 of another 1 ns before the better master is late": heard("1/99", 0, lifeOfBetter - 1n),
  "hears 255/255 of another when the better master is late": heard("1/99", 0, lifeOfBetter),
  "hears 255/255 of another after it stepped down for the better master": inOrder(
    becomeMaster,
    heard("1/99", 0, tenth),
  ),
  "hears 3/241 of the better master": heard("1/99", 0, tenth),
  "hears 1/241 of the better master": heard("1/99", 0, tenth),
  "hears 1/101 of the better master": heard("1/99", 0, tenth),
  "hears 1/101 of another than the better master": heard("1/99", 0, tenth),
  "hears 1/101 of another when the better master is late": heard("1/99", 0, lifeOfBetter),
  "hears 255/255 with a counter that was heard before": (driver, one) => hear(driver, one, { counter: 5n }),
  "hears a second 255/255 after the promotion was cancelled": inOrder(
    heard("255/255", 0, tenth),
    heard("1/99", 0, tenth),
  ),
  "hears a second 255/255 after the promotion was cancelled, counters unheeded": inOrder(
    (driver) => driver.do(() => driver.core.setOption(abi.Option.Replay, abi.Replay.Off)),
    heard("255/255", 0, tenth),
    heard("1/99", 0, tenth),
  ),
  "hears a second 3/101 after the promotion was cancelled": inOrder(
    heard("3/101", 0, tenth),
    heard("1/99", 0, tenth),
  ),
  "hears a second 1/101 after the promotion was cancelled": inOrder(
    heard("1/101", 0, tenth),
    heard("1/99", 0, tenth),
  ),
  "hears 255/255 after one that came while it asked": inOrder(
    setState(abi.State.Master),
    heard("255/255", 0, tenth),
    heard("1/99", 0, tenth),
  ),
  "hears 255/255 after other addresses have been the same again": inOrder(
    setAddresses(() => []),
    setAddresses((addresses) => addresses),
  ),
  "hears a second 255/255 after a master-down time": inOrder(
    heard("255/255", 0, tenth),
    heard("1/99", 4, tenth),
  ),
  "hears 1/101 again after half a second": heard("1/101", 0, 5n * tenth),
  "hears 1/101 again after its own interval and 1/4 s": heard("1/101", 0, patience),
  "hears 1/101 again 1 ns later than that": heard("1/101", 0, patience + 1n),
  "hears 1/101 again after twice that time": heard("1/101", 0, 2n * patience),
  "hears 1/101 again 1 ns later than twice that time": heard("1/101", 0, 2n * patience + 1n),
  "hears 1/101 again, MASTER anew": inOrder(
    heard("1/101", 1, tenth),
    setState(abi.State.Backup),
    becomeMaster,
    heard("1/101", 0, 9n * tenth),
  ),
  "hears 255/255 in the hold-down": inOrder(flap, after(29n * tenth)),
  "the next attempt, while a better master is heard": heard("1/99", 0, tenth),
  "hears 255/255 of another than was heard in the hold-down, which is over": inOrder(
    flap,
    after(25n * tenth),
    heard("1/99", 0, 5n * tenth),
  ),
  "hears 255/255 when the hold-down is over": inOrder(flap, after(3n * SECOND)),
  "the master-down timer after a hold-down": flap,
  "the addresses are in place, with a lease": takeLease,
  "the advertisement timer, with a lease": takeLease,
  "a quarter of the lease after an advertisement": inOrder(takeLease, (driver) =>
    driver.runUntil(driver.instance().advertiseDeadlineNs),
  ),
};

const acts: Readonly<Record<string, Act>> = {
  "hears 255/255 with a counter that was heard before": (driver, one) =>
    hear(driver, one, { advbase: 255, advskew: 255, counter: 5n }),
  "hears 1/0 with another key": (driver, one) => hear(driver, one, { key: "another" }),
  "hears 1/0 over two hops": (driver, one) => hear(driver, one, { timeToLive: 254 }),
  "hears 1/0 of another vhid": (driver, one) => hear(driver, one, { vhid: 2 }),
  "hears its own": (driver, _one, lastSent) => driver.receive(lastSent!.bytes),
  "hears 1/0 from its own address": from("192.168.1.2", "fe80::2"),
  "hears 1/0 from the loopback": from("127.0.0.1", "::1"),
  "hears 1/0 from a virtual address": from("192.168.1.50", "2001:db8::50"),
  "the master-down timer, too early by 1 ns": (driver) =>
    driver.runUntil(driver.instance().masterDownDeadlineNs - 1n),
  "the master-down timer": (driver) => driver.runUntil(driver.instance().masterDownDeadlineNs),
  "the next attempt, while a better master is heard": (driver) => driver.runUntil(driver.core.pollTimeout()),
  "the master-down timer after a hold-down": (driver) =>
    driver.runUntil(driver.instance().masterDownDeadlineNs),
  "the master-down timer, late by half its time": (driver) =>
    sleep(driver, driver.instance().masterDownDeadlineNs, half + JITTER),
  "the advertisement timer, late by half a master-down time": (driver) =>
    sleep(driver, driver.instance().advertiseDeadlineNs, half + JITTER),
  "the advertisement timer, late by less": (driver) =>
    sleep(driver, driver.instance().advertiseDeadlineNs, half - JITTER),
  "the advertisement timer, with a lease": (driver) => driver.runUntil(driver.instance().advertiseDeadlineNs),
  "a quarter of the lease after an advertisement": (driver, { advbase }) =>
    driver.runUntil(driver.now + (advbase === 0 ? SECOND : 2n * BigInt(advbase) * SECOND) / 4n),
  "the advertisement timer, too early by 1 ns": (driver) =>
    driver.runUntil(driver.instance().advertiseDeadlineNs - 1n),
  "the advertisement timer": (driver) => driver.runUntil(driver.instance().advertiseDeadlineNs),
  "an hour without a timer": (driver) => driver.runUntil(driver.now + 3600n * SECOND),
  "the addresses are in place": (driver) => driver.do(() => driver.core.applied(0, 1)),
  "the addresses are in place, with a lease": (driver) => driver.do(() => driver.core.applied(0, 1)),
  "the addresses cannot be had": (driver) => driver.do(() => driver.core.applyFailed(0, 1)),
  "the lease has run out": (driver) => driver.do(() => driver.core.leaseExpired(0, 1)),
  "state init": setState(abi.State.Init),
  "state backup": setState(abi.State.Backup),
  "state master": setState(abi.State.Master),
  "other advskew": (driver) => driver.do(() => driver.core.setVirtualHost(0, 1, { advskew: 7 })),
  "other key": (driver) =>
    driver.do(() => driver.core.setVirtualHost(0, 1, { key: new Uint8Array(Buffer.from("new")) })),
  "demotion +7": demote(7),
  "demotion -7": demote(-7),
  "demotion +0": demote(0),
  "counters to be advanced": (driver) => driver.do(() => driver.core.advanceCounters(1n << 63n)),
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
