import { Random } from "./random.ts";
import { HOUR, MILLISECOND, SECOND } from "./time.ts";

/** Who stands on the wire: our node, or the model of another implementation. */
export type Kind = "ours" | "freebsd" | "openbsd" | "netbsd" | "ucarp";

export interface Member {
  readonly kind: Kind;
  readonly advskew: number;
  readonly driftPpm: number;
  /** The latest that a timer fires after its time, and the longest that putting an address in place takes. */
  readonly latenessNs: number;
}

export const faultKinds = [
  "loss",
  "burst",
  "duplicate",
  "reorder",
  "delay",
  "one-way",
  "bridge",
  "partition",
  "swizzle",
  "wall-clock",
  "stop",
  "freeze",
  "suspend",
  "crash",
  "power",
  "restart",
  "link",
  "take-address",
  "foreign-address",
  "apply-fails",
  "apply-slow",
  "send-fails",
  "reload",
  "operator",
  "demote",
  "allow",
  "readdress",
  "leave",
] as const;
export type FaultKind = (typeof faultKinds)[number];

export const attackKinds = ["replay", "rewrite", "bow-out", "reflect", "echo", "flood", "junk"] as const;
export type AttackKind = (typeof attackKinds)[number];

/** `net.inet.carp.replay` */
export type ReplayMode = "off" | "log" | "strict";

/** All that a run is determined by. */
export interface Plan {
  readonly seed: number;
  readonly durationNs: number;
  readonly vhid: number;
  readonly advbase: number;
  readonly preempt: boolean;
  readonly addresses: readonly string[];
  readonly replay: ReplayMode;
  /** The addresses have a lease. */
  readonly lease: boolean;
  readonly members: readonly Member[];
  readonly faults: readonly FaultKind[];
  readonly attacks: readonly AttackKind[];
  /** The mean time between two faults of one kind. */
  readonly faultEveryNs: number;
  /** How long faults go on, and how long it is quiet after that, the mean of each. */
  readonly stormNs: number;
  readonly quietNs: number;
  /** The most that a frame is under way while no fault delays it. */
  readonly delayNs: number;
}

export const key = "mekmitasdigoat";

/** What the seed makes of a run of `nodes` stations for `hours`; `overrides` are a test's own wishes. */
export function planOf(seed: number, nodes: number, hours: number, overrides: Partial<Plan> = {}): Plan {
  const random = new Random(seed, "plan");
  const advbase = random.chance(0.8) ? 1 : random.between(2, 4);
  const mixed = random.chance(0.2);
  const attacked = random.chance(0.25);
  const kinds: readonly Kind[] = ["ours", "freebsd", "openbsd", "netbsd", "ucarp"];
  const skews = random.shuffled(Array.from({ length: 241 }, (_, skew) => skew));
  const members = Array.from({ length: nodes }, (_, index): Member => {
    const kind = mixed && index > 0 ? random.pick(kinds) : "ours";
    const slowest = kind === "netbsd" ? 20 : 5;
    const driftPpm = random.chance(0.5) ? 0 : random.between(-200, 201);
    return {
      kind,
      advskew: skews[index],
      driftPpm,
      latenessNs: random.logBetween(0.05 * MILLISECOND, slowest * MILLISECOND),
    };
  });
  const severity = random.unit();
  return {
    seed,
    durationNs: Math.round(hours * HOUR),
    vhid: random.between(1, 256),
    advbase,
    preempt: random.chance(0.75),
    addresses: addressesOf(random, mixed),
    replay: mixed ? random.pick(["off", "log"]) : random.pick(["log", "log", "off", "strict"]),
    lease: random.chance(0.85),
    members,
    faults: faultKinds.filter(() => random.chance(severity)),
    attacks: attacked ? attackKinds.filter(() => random.chance(0.5)) : [],
    faultEveryNs: random.logBetween(8 * SECOND, 120 * SECOND),
    stormNs: random.logBetween(20 * SECOND, 200 * SECOND),
    quietNs: random.logBetween(15 * SECOND, 60 * SECOND),
    delayNs: random.logBetween(0.2 * MILLISECOND, 5 * MILLISECOND),
    ...overrides,
  };
}

/** ucarp has one IPv4 address, and NetBSD does not send IPv6. */
function addressesOf(random: Random, mixed: boolean): string[] {
  const kind = mixed ? 0 : random.below(4);
  if (kind === 2) return ["10.0.1.1", "2001:db8::1"];
  if (kind === 3) return ["2001:db8::1"];
  return kind === 0 ? ["10.0.1.1"] : ["10.0.1.1", "10.0.1.2", "10.0.1.9"];
}
