import { ExitCode, OperatorError } from "../errors.ts";
import { showWord } from "./problems.ts";
import { suggest } from "./suggest.ts";

/** What a write does: `switch` and `number` replace the value, `sum` adds to it. */
export type SysctlKind = "switch" | "number" | "sum";

/** One knob of the node, under FreeBSD's name (protocol §9.1). The range bounds what may be written. */
export interface Sysctl {
  readonly name: string;
  readonly kind: SysctlKind;
  readonly range: readonly [minimum: number, maximum: number];
  readonly default: number;
  readonly sentence: string;
  /** Words that may be written for 0, 1 and so on. */
  readonly words?: readonly string[];
}

const INT_MIN = -(2 ** 31);
const INT_MAX = 2 ** 31 - 1;

/** Every `net.inet.carp.*` name that the node knows. */
export const sysctls: readonly Sysctl[] = [
  {
    name: "net.inet.carp.allow",
    kind: "switch",
    range: [0, 1],
    default: 1,
    sentence: "0 puts every virtual host into INIT: nothing is sent and nothing accepted.",
  },
  {
    name: "net.inet.carp.preempt",
    kind: "switch",
    range: [0, 1],
    default: 0,
    sentence: "1 takes over from a master that advertises less often than this host would.",
  },
  {
    name: "net.inet.carp.log",
    kind: "number",
    range: [0, INT_MAX],
    default: 1,
    sentence:
      "0 logs nothing, 1 logs changes of state and demotion, 2 and more also dropped packets, at most ten a second.",
  },
  {
    name: "net.inet.carp.dscp",
    kind: "number",
    range: [0, 63],
    default: 56,
    sentence: "The differentiated services code point of the advertisements.",
  },
  {
    name: "net.inet.carp.demotion",
    kind: "sum",
    range: [INT_MIN, INT_MAX],
    default: 0,
    sentence: "How far this host is demoted; what is written is added, a negative number takes it back.",
  },
  {
    name: "net.inet.carp.senderr_demotion_factor",
    kind: "number",
    range: [INT_MIN, INT_MAX],
    default: 240,
    sentence: "How much the host is demoted while advertisements cannot be sent.",
  },
  {
    name: "net.inet.carp.ifdown_demotion_factor",
    kind: "number",
    range: [INT_MIN, INT_MAX],
    default: 240,
    sentence: "How much the host is demoted while an interface with a virtual host is down.",
  },
  {
    name: "net.inet.carp.replay",
    kind: "number",
    range: [0, 2],
    default: 1,
    sentence:
      "Advertisements whose counters were heard before: 0 (off) accepts them, 1 (log) tells of them, 2 (strict) drops them where every peer is this program.",
    words: ["off", "log", "strict"],
  },
  {
    name: "net.inet.carp.freshness",
    kind: "number",
    range: [0, 86_400],
    default: 0,
    sentence:
      "With replay=2, how many seconds a counter may differ from the clock, for hosts with synchronized clocks; 0 is any number.",
  },
];

/**
 * Reads `NAME` or `NAME=VALUE` for a name of the table. Throws OperatorError (Usage) for an unknown name, with the
 * one that may have been meant, and for a value that is no whole number or out of range.
 */
export function parseAssignment(text: string): { readonly name: string; readonly value?: number } {
  const equals = text.indexOf("=");
  const name = (equals < 0 ? text : text.slice(0, equals)).trim();
  const sysctl = sysctls.find((candidate) => candidate.name === name);
  if (sysctl === undefined)
    throw new OperatorError(ExitCode.Usage, `${showWord(name)}: unknown name${hint(name)}`);
  if (equals < 0) return { name };
  const given = text.slice(equals + 1).trim();
  const word = sysctl.words?.indexOf(given) ?? -1;
  const value = word < 0 ? given : String(word);
  const [minimum, maximum] = sysctl.range;
  if (!/^[+-]?\d+$/.test(value))
    throw new OperatorError(ExitCode.Usage, `${name}: ${showWord(value) || "nothing"} is not a whole number`);
  if (Number(value) < minimum || Number(value) > maximum)
    throw new OperatorError(
      ExitCode.Usage,
      `${name} ${showWord(value)} is out of range ${minimum}..${maximum}`,
    );
  return { name, value: Number(value) + 0 };
}

/** The value of `--replay`. @throws OperatorError (Usage). */
export function readReplay(text: string): number | undefined {
  return parseAssignment(`net.inet.carp.replay=${text}`).value;
}

function hint(name: string): string {
  const names = sysctls.map((sysctl) => sysctl.name);
  if (name.includes(".")) return suggest(name, names);
  const prefix = "net.inet.carp.";
  return suggest(prefix + name, names);
}
