import type { Problem } from "./model.ts";
import { PASS_MAXIMUM } from "./passfile.ts";
import { problemAt, showWord } from "./problems.ts";
import type { RequestedAddress } from "./requestedaddress.ts";
import type { Span, Word } from "./words.ts";

/** A value and the word it was written in. */
export interface Placed<T> extends Span {
  readonly value: T;
}

/** What one `ifconfig IF …` asks for. What is undefined was not given, or stands for "keep" (advbase 0). */
export interface IfconfigRequest {
  family?: 4 | 6;
  /** 1..255 */
  vhid?: Placed<number>;
  /** Seconds, 1..255. */
  advbase?: Placed<number>;
  /** 1/256 s, 0..254. */
  advskew?: Placed<number>;
  /** 1..20 bytes. */
  pass?: Placed<Uint8Array>;
  state?: Placed<"backup" | "master" | "init">;
  addresses: RequestedAddress[];
  /** `-alias` or `delete` was given: the addresses are to go. */
  remove?: Span;
  up?: Placed<boolean>;
}

/** A request, everything that is wrong with it, and where secrets stand. With an error, it must not be used. */
export interface ParsedIfconfig {
  readonly request: IfconfigRequest;
  readonly problems: Problem[];
  readonly secrets: Span[];
}

/** Where the words come from; `vhidOfInterface`: a `carpN` of FreeBSD 9, whose vhid need not be on the line. */
export interface IfconfigOptions {
  readonly vhidOfInterface?: boolean;
}

/** The words of the grammar; one of them is never taken for the value of another, except for a pass phrase. */
export const ifconfigWords: readonly string[] = [
  ...[
    "inet",
    "inet6",
    "vhid",
    "advbase",
    "advskew",
    "pass",
    "state",
    "alias",
    "-alias",
    "delete",
    "add",
    "netmask",
  ],
  ...[
    "prefixlen",
    "broadcast",
    "up",
    "down",
    "peer",
    "peer6",
    "mcast",
    "mcast6",
    "carpver",
    "vrrpprio",
    "vrrpinterval",
  ],
];

/** A decimal number in a range, or the problem with it; `name` is what the message calls it. */
export function readNumber(word: Word, name: string, minimum: number, maximum: number): number | Problem {
  const { text } = word;
  if (!/^(-?[1-9]\d*|0)$/.test(text))
    return problemAt("error", word, `${name} ${showWord(text) || "(nothing)"} is not a decimal number`);
  if (Number(text) >= minimum && Number(text) <= maximum) return Number(text);
  return problemAt("error", word, `${name} ${showWord(text)} is out of range ${minimum}..${maximum}`);
}

/** What is to be said of a pass phrase's length (protocol §2.2), or nothing. */
export function judgePass(span: Span, length: number): Problem | undefined {
  if (length > PASS_MAXIMUM)
    return problemAt(
      "error",
      span,
      `the pass phrase is ${length} bytes; a CARP pass phrase has at most ${PASS_MAXIMUM}`,
    );
  if (length === PASS_MAXIMUM)
    return problemAt(
      "warning",
      span,
      `the pass phrase is ${length} bytes; FreeBSD's ifconfig uses the first 19 of them`,
    );
  return undefined;
}
