/** A fault to plant: a text that stands once in a file of assembly/, and what stands there instead. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

const state = "protocol/state.ts";
const interval = "protocol/interval.ts";
const receive = "engine/receive.ts";

/** Each is what somebody could have written. */
export const mutants: readonly Mutant[] = [
  {
    name: "a master never yields",
    file: state,
    text: "if (ownRank(instance) >= peer) stepDown(",
    replacement: "if (ownRank(instance) > 100000) stepDown(",
  },
  {
    name: "a master yields to a slower one",
    file: state,
    text: "if (ownRank(instance) >= peer) stepDown(",
    replacement: "if (ownRank(instance) <= peer) stepDown(",
  },
  {
    name: "preemption is inverted",
    file: state,
    text: "ownRank(instance) < peer) return Reason.PreemptingSlowerMaster",
    replacement: "ownRank(instance) > peer) return Reason.PreemptingSlowerMaster",
  },
  {
    name: "preempts without being told to",
    file: state,
    text: "if (settings().preempt && ownRank(instance) < peer) return",
    replacement: "if (ownRank(instance) < peer) return",
  },
  {
    name: "takes a peer for one that will time out when it is slower than one interval",
    file: interval,
    text: "return rank(DEAD_RATIO * instance.advbase,",
    replacement: "return rank(instance.advbase,",
  },
  {
    name: "waits nine advertisements for its master",
    file: "protocol/constants.ts",
    text: "export const DEAD_RATIO: u32 = 3;",
    replacement: "export const DEAD_RATIO: u32 = 9;",
  },
  {
    name: "waits two advertisements for its master",
    file: interval,
    text: "(DEAD_RATIO as i64) * (instance.advbase as i64) * SECOND",
    replacement: "(2 as i64) * (instance.advbase as i64) * SECOND",
  },
  {
    name: "the jitter of the master-down time is three seconds",
    file: "protocol/constants.ts",
    text: "export const LARGEST_JITTER: u64 = 1_953_125;",
    replacement: "export const LARGEST_JITTER: u64 = 3_000_000_000;",
  },
  {
    name: "advertises every second interval",
    file: interval,
    text: "return interval > 0 ? interval : skewTime(1);",
    replacement: "return 2 * interval;",
  },
  {
    name: "a backup goes on advertising",
    file: state,
    text: "  instance.advertiseDeadline = NEVER;\n  instance.announceDeadline = NEVER;\n  instance.renewDeadline",
    replacement: "  instance.renewDeadline",
  },
  {
    name: "an advertisement does not restart the master-down timer",
    file: state,
    text: "      armMasterDown(instance);\n      if (settings().now >= instance.holdUntil)",
    replacement: "      if (settings().now >= instance.holdUntil)",
  },
  {
    name: "a master that steps down keeps the addresses",
    file: state,
    text: "  stopAdvertising(instance);\n  reportWithdraw(instance);\n  enter(instance, State.Backup",
    replacement: "  stopAdvertising(instance);\n  enter(instance, State.Backup",
  },
  {
    name: "a master that is stopped keeps the addresses",
    file: state,
    text: "    stopAdvertising(instance);\n    reportWithdraw(instance);\n  }",
    replacement: "    stopAdvertising(instance);\n  }",
  },
  {
    name: "stays MASTER without the addresses",
    file: state,
    text: "    post(instance, Pending.BowOut);\n    enterBackup(instance, Reason.AddressNotHeld);",
    replacement: "    post(instance, Pending.BowOut);",
  },
  {
    name: "does not bow out on being stopped",
    file: state,
    text: "if (instance.state == State.Master) post(instance, Pending.BowOut);",
    replacement: "",
  },
  {
    name: "a new master announces nothing",
    file: state,
    text: "  advertise(instance);\n  announce(instance);\n  reschedule(instance);\n  return true;",
    replacement: "  advertise(instance);\n  reschedule(instance);\n  return true;",
  },
  {
    name: "announces for ever",
    file: state,
    text: "if (--instance.announcementsLeft > 0) instance",
    replacement: "if (--instance.announcementsLeft >= 0) instance",
  },
  {
    name: "the link is not looked at",
    file: state,
    text: "const linked = hasLink(instance) && settings().allow != 0;",
    replacement: "const linked = settings().allow != 0;",
  },
  {
    name: "a virtual host in INIT takes over",
    file: state,
    text: "  } else if (instance.state == State.Backup) {\n    const reason",
    replacement: "  } else {\n    const reason",
  },
  {
    name: "no hold-down after the link has come back",
    file: state,
    text: "if (settings().now < instance.holdUntil) return Reason.None;",
    replacement: "",
  },
  {
    name: "believes every bow-out",
    file: state,
    text: "if (settings().replay == Replay.Off) return false;",
    replacement: "if (settings().now > 0) return false;",
  },
  {
    name: "does not notice that it was late",
    file: state,
    text: "  if (now <= deadline) return false;",
    replacement: "  if (now > 0) return false;",
  },
  {
    name: "does not care for an expired lease",
    file: state,
    text: "  enterBackup(instance, Reason.LeaseExpired);",
    replacement: "",
  },
  {
    name: "never renews the lease",
    file: "protocol/lease.ts",
    text: "    instance.renewedAt = now;\n    reportRenew(instance);",
    replacement: "    instance.renewedAt = now;",
  },
  {
    name: "renews the lease although sending fails",
    file: "engine/transmit.ts",
    text: "      sendFailed(instance);",
    replacement: "      sendFailed(instance);\n      advertised(instance);",
  },
  {
    name: "demotion does not slow it down",
    file: interval,
    text: "(instance.advskew as i64) + (settings().demotion as i64);",
    replacement: "instance.advskew as i64;",
  },
  {
    name: "a negative demotion has no floor",
    file: interval,
    text: "return skew < 0 ? 0 : skew",
    replacement: "return skew < -1000 ? 0 : skew",
  },
  {
    name: "skews reach 250",
    file: "protocol/constants.ts",
    text: "export const LARGEST_SKEW: i32 = 240;",
    replacement: "export const LARGEST_SKEW: i32 = 250;",
  },
  {
    name: "two advertisements of one moment have one counter",
    file: "protocol/counter.ts",
    text: "  if (counter <= instance.counterSent) counter = instance.counterSent + STEP;",
    replacement: "",
  },
  {
    name: "the counter on the disk is not looked at",
    file: "protocol/counter.ts",
    text: "if (counter >= ahead && counter < LAST_TO_FOLLOW) all",
    replacement: "if (counter >= ahead && all.now == 0) all",
  },
  {
    name: "takes its own advertisement for another's",
    file: "engine/admit.ts",
    text: "  if (wasSent(instance, counter)) return Verdict.Reflected;",
    replacement: "",
  },
  {
    name: "the digest is not looked at",
    file: "engine/authenticate.ts",
    text: "(authentic ? Verdict.Ok : Verdict.BadAuth)",
    replacement: "Verdict.Ok",
  },
  {
    name: "the last word of the digest is not compared",
    file: "crypto/hmac.ts",
    text: "    ((load<u32>(a, 16) ^ load<u32>(b, 16)) as u64);",
    replacement: "    0;",
  },
  {
    name: "any time to live will do",
    file: receive,
    text: "if (hopLimit != HOP_LIMIT) {",
    replacement: "if (hopLimit == 0) {",
  },
  {
    name: "the checksum is not looked at",
    file: receive,
    text: "if (!carp.isIntact(header, summed)) return",
    replacement: "if (!carp.isIntact(header, summed) && version == 0) return",
  },
  {
    name: "a truncated advertisement will do",
    file: receive,
    text: "  if (payload > available) return Verdict.BadLength;",
    replacement: "",
  },
  {
    name: "strict mode accepts a counter twice",
    file: "protocol/replay.ts",
    text: "  if (isKnown) return Finding.Duplicate;",
    replacement: "",
  },
  {
    name: "addresses enter the digest in descending order",
    file: "protocol/authenticator.ts",
    text: "<< 2)) > value) at--;",
    replacement: "<< 2)) < value) at--;",
  },
  {
    name: "the authentication length is wrong",
    file: "wire/carp.ts",
    text: "  store<u8>(header, AUTHENTICATION_LENGTH, 3);",
    replacement: "  store<u8>(header, 6, 3);",
  },
  {
    name: "sent with a time to live of 254",
    file: "wire/ipv4.ts",
    text: "(255 << 24) | (PROTOCOL_CARP << 16)",
    replacement: "(254 << 24) | (PROTOCOL_CARP << 16)",
  },
];
