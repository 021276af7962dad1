import { OperatorError } from "../errors.ts";
import type { Configuration, Problem } from "./model.ts";
import { locatePassFile, readPassFile } from "./passfile.ts";
import { problemAt, showWord } from "./problems.ts";
import type { IfconfigRequest, Placed } from "./request.ts";
import { judgePass, readNumber } from "./request.ts";
import { type RequestedAddress, readAddressWord } from "./requestedaddress.ts";
import { readReplay } from "./sysctl.ts";
import { collectVirtualHosts } from "./virtualhosts.ts";
import { argumentWords, type Word } from "./words.ts";

/** The values of `carp up`'s flags as they were written; undefined where a flag is not given. */
export interface Flags {
  readonly interfaceName?: string;
  readonly vhid?: string;
  readonly passFile?: string;
  /** A pass phrase that was typed: 1..20 bytes. */
  readonly pass?: Uint8Array;
  /** The empty key is meant: anybody may speak for the virtual host. */
  readonly noPass?: boolean;
  readonly advbase?: string;
  readonly advskew?: string;
  readonly preempt?: boolean;
  readonly replay?: string;
  readonly virtualMac?: boolean;
  readonly noLease?: boolean;
  readonly hook?: string;
  /** Each `ADDRESS/LENGTH`. */
  readonly addresses: readonly string[];
}

/**
 * One virtual host from the flags of `carp up`. Positions are in the file `command line`, and the column is the
 * place of the value in the synopsis. Reads the pass phrase's file. Never throws for a mistake; returns all of them.
 */
export function readFlags(flags: Flags): { configuration: Configuration; problems: Problem[] } {
  const problems: Problem[] = [];
  const [interfaceWord, vhidWord, passWord, advbaseWord, advskewWord] = argumentWords([
    ...[flags.interfaceName ?? "", flags.vhid ?? "", flags.passFile ?? ""],
    ...[flags.advbase ?? "1", flags.advskew ?? "0"],
  ]);
  const number = (word: Word, name: string, minimum: number, maximum: number): Placed<number> | undefined => {
    const value = readNumber(word, name, minimum, maximum);
    if (typeof value === "number") return { value, position: word.position, length: word.length };
    problems.push(value);
    return undefined;
  };
  if (flags.interfaceName === undefined) problems.push(missing(interfaceWord, "--interface IF"));
  else if (!/^[^\s/]{1,15}$/.test(flags.interfaceName))
    problems.push(
      problemAt("error", interfaceWord, `${showWord(flags.interfaceName)} is not an interface name`),
    );
  if (flags.vhid === undefined) problems.push(missing(vhidWord, "--vhid N"));
  const vhid = flags.vhid === undefined ? undefined : number(vhidWord, "vhid", 1, 255);
  const request: IfconfigRequest = {
    pass: readKey(flags, passWord, problems),
    advbase: number(advbaseWord, "advbase", 0, 255),
    advskew: number(advskewWord, "advskew", 0, 254),
    addresses: argumentWords(flags.addresses, 6).flatMap((word) => readAddress(word, problems)),
  };
  if (request.advbase?.value === 0 && request.advskew?.value === 0)
    problems.push(
      problemAt("error", advbaseWord, "advbase 0 needs an advskew of 1 or more, which is then the interval"),
    );
  if (flags.addresses.length === 0) problems.push(missing(argumentWords([""], 6)[0], "ADDRESS/LENGTH"));
  const complete = problems.every((problem) => problem.severity !== "error");
  const entry = {
    interfaceName: flags.interfaceName ?? "",
    vhid: vhid ?? { ...vhidWord, value: 1 },
    request,
    complete,
  };
  const collected = collectVirtualHosts([entry], []);
  problems.push(...collected.problems);
  for (const host of collected.virtualHosts) host.virtualMac = flags.virtualMac === true;
  const configuration = {
    virtualHosts: collected.virtualHosts,
    preempt: flags.preempt === true,
    replay: flags.replay === undefined ? undefined : readReplay(flags.replay),
    lease: flags.noLease !== true,
    hook: flags.hook,
    ownAddresses: [],
  };
  return {
    configuration,
    problems: problems.sort((left, right) => left.position.column - right.position.column),
  };
}

/** From exactly one of the three; nothing said is no word for the empty key, which has to be meant. */
function readKey(flags: Flags, word: Word, problems: Problem[]): Placed<Uint8Array> | undefined {
  const { passFile, pass, noPass = false } = flags;
  const given = [passFile !== undefined, pass !== undefined, noPass].filter((one) => one).length;
  if (given === 0)
    problems.push(missing(word, "--pass-file FILE (or --no-pass, where anybody may speak for it)"));
  if (given > 1)
    problems.push(problemAt("error", word, "one of --pass-file, --pass-prompt and --no-pass is enough"));
  if (given !== 1 || noPass) return undefined;
  if (pass === undefined) return readPass(word, problems);
  return { value: pass, position: word.position, length: word.length };
}

function readPass(word: Word, problems: Problem[]): Placed<Uint8Array> | undefined {
  try {
    const value = readPassFile(locatePassFile(word.text));
    const problem = judgePass(word, value.length);
    if (problem !== undefined) problems.push(problem);
    return { value, position: word.position, length: word.length };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    problems.push(problemAt("error", word, error.message));
    return undefined;
  }
}

function readAddress(word: Word, problems: Problem[]): RequestedAddress[] {
  const read = readAddressWord(word);
  if ("severity" in read) {
    problems.push(read);
    return [];
  }
  const { addresses, prefixLength } = read;
  if (prefixLength === undefined) {
    const example = `${word.text}/${addresses[0].family === 4 ? 32 : 64}`;
    problems.push(problemAt("error", word, `${word.text} needs a prefix length, for example ${example}`));
    return [];
  }
  return addresses.map((address) => ({
    address: { ...address, prefixLength },
    position: word.position,
    length: word.length,
  }));
}

function missing(word: Word, what: string): Problem {
  return problemAt("error", word, `${what} is missing`);
}
