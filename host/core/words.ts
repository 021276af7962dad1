import {
  CommandResult,
  CounterClass,
  DemotionReason,
  Notice,
  Reason,
  type State,
  Strictness,
  Verdict,
} from "../../assembly/abi.ts";

/** FreeBSD's words for states, reasons and demotions, so that what an operator greps for is found (protocol §9). */

export type StateWord = "INIT" | "BACKUP" | "MASTER";

const stateWords: readonly StateWord[] = ["INIT", "BACKUP", "MASTER"];

const reasonWords: Readonly<Record<Reason, string>> = {
  [Reason.None]: "none",
  [Reason.InitializationComplete]: "initialization complete",
  [Reason.HardwareInterfaceUp]: "hardware interface up",
  [Reason.HardwareInterfaceDown]: "hardware interface down",
  [Reason.MoreFrequentAdvertisement]: "more frequent advertisement received",
  [Reason.PreemptingSlowerMaster]: "preempting a slower master",
  [Reason.MasterWillTimeOut]: "master will time out",
  [Reason.MasterTimedOut]: "master timed out",
  [Reason.UserRequested]: "user requested via ifconfig",
  [Reason.AddressNotHeld]: "address could not be held",
  [Reason.NodeStopped]: "node stopped",
  [Reason.AdvertisementLate]: "the node did not run in time",
  [Reason.LeaseExpired]: "the lease of the addresses ran out",
};

const demotionWords: Readonly<Record<DemotionReason, string>> = {
  [DemotionReason.InterfaceDown]: "interface down",
  [DemotionReason.InterfaceUp]: "interface up",
  [DemotionReason.VhidRemoved]: "vhid removed",
  [DemotionReason.Sysctl]: "sysctl",
  [DemotionReason.SendError]: "send error",
  [DemotionReason.SendOk]: "send ok",
  [DemotionReason.AddressNotHeld]: "address could not be held",
  [DemotionReason.AddressHeld]: "address held",
  [DemotionReason.SendRetry]: "sending is tried again",
  [DemotionReason.AddressRetry]: "address tried again",
};

const verdictWords: Readonly<Record<Verdict, string>> = {
  [Verdict.Ok]: "ok",
  [Verdict.Pending]: "pending",
  [Verdict.NotCarp]: "not carp",
  [Verdict.NotForUs]: "not for us",
  [Verdict.Fragment]: "fragment",
  [Verdict.BadIpChecksum]: "bad ip checksum",
  [Verdict.NotAllowed]: "not allowed",
  [Verdict.BadInterface]: "bad if",
  [Verdict.BadLength]: "short",
  [Verdict.BadVersion]: "bad version",
  [Verdict.BadChecksum]: "bad checksum",
  [Verdict.BadVhid]: "bad vhid",
  [Verdict.Loop]: "loop",
  [Verdict.BadTtl]: "bad ttl",
  [Verdict.BadAuth]: "bad auth",
  [Verdict.Reflected]: "reflected",
  [Verdict.BadSource]: "bad source",
  [Verdict.Duplicate]: "duplicate",
  [Verdict.Stale]: "stale",
  [Verdict.Refreshed]: "stale, nobody else heard",
};

const noticeSentences: Readonly<Record<Notice, string>> = {
  [Notice.ReplaySuspected]:
    "a counter was heard again with another interval or source: a replay is suspected",
  [Notice.Resynchronized]: "follows a peer whose counters have jumped",
  [Notice.IncompatiblePeer]: "replay=strict is not enforced beside a peer whose counters cannot be ordered",
  [Notice.VhidConflict]:
    "packets that are not authentic: another pass phrase, other addresses, or another cluster",
  [Notice.TwoMasters]: "another master is heard and does not step down",
  [Notice.BowOutIgnored]: "a bow-out is ignored, the one before was believed too short a time ago",
};

export type CounterClassWord = "unknown" | "constant" | "incrementing" | "time" | "random";

const counterClassWords: Readonly<Record<CounterClass, CounterClassWord>> = {
  [CounterClass.Unknown]: "unknown",
  [CounterClass.Constant]: "constant",
  [CounterClass.Incrementing]: "incrementing",
  [CounterClass.Time]: "time",
  [CounterClass.Random]: "random",
};

export type StrictnessWord = "learning" | "enforcing" | "lenient";

const strictnessWords: Readonly<Record<Strictness, StrictnessWord>> = {
  [Strictness.Learning]: "learning",
  [Strictness.Enforcing]: "enforcing",
  [Strictness.Lenient]: "lenient",
};

const resultWords: Readonly<Record<CommandResult, string>> = {
  [CommandResult.Ok]: "ok",
  [CommandResult.UnknownCommand]: "unknown command",
  [CommandResult.NoSuchInterface]: "no such interface",
  [CommandResult.NoSuchVirtualHost]: "no such vhid",
  [CommandResult.VhidOutOfRange]: "vhid is out of range 1..255",
  [CommandResult.TooManyAddresses]: "a vhid holds at most 64 IPv4 and 64 IPv6 addresses",
  [CommandResult.KeyTooLong]: "a pass phrase has at most 20 bytes",
  [CommandResult.AdvbaseOutOfRange]: "advbase is out of range 1..255, or 0 with an advskew",
  [CommandResult.AdvskewOutOfRange]: "advskew is out of range 0..254",
  [CommandResult.NotExpected]: "not expected now",
  [CommandResult.ValueOutOfRange]: "value out of range",
};

export function stateWord(state: State): StateWord {
  return stateWords[state];
}

export function reasonWord(reason: Reason): string {
  return reasonWords[reason];
}

export function demotionWord(reason: DemotionReason): string {
  return demotionWords[reason];
}

/** The specification's word for a verdict. */
export function verdictWord(verdict: Verdict): string {
  return verdictWords[verdict];
}

/** What the log says of a notice, behind the name of the virtual host. */
export function noticeSentence(notice: Notice): string {
  return noticeSentences[notice];
}

export function counterClassWord(found: CounterClass): CounterClassWord {
  return counterClassWords[found];
}

export function strictnessWord(strictness: Strictness): StrictnessWord {
  return strictnessWords[strictness];
}

export function resultWord(result: CommandResult): string {
  return resultWords[result];
}
