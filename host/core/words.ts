import { CommandResult, DemotionReason, Reason, type State, Verdict } from "../../assembly/abi.ts";

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

export function resultWord(result: CommandResult): string {
  return resultWords[result];
}
