import { ExitCode, OperatorError } from "../errors.ts";
import { showWord } from "./problems.ts";

/** Interface names of a configuration file and what they are called on this machine. */
export type InterfaceMap = ReadonlyMap<string, string>;

/**
 * Reads the values of `--map`, each `NAME=NAME`: in the file, then on this machine. Throws OperatorError (Usage)
 * for one that has another form, and for a name that is mapped or meant twice.
 */
export function parseMap(values: readonly string[]): InterfaceMap {
  const map = new Map<string, string>();
  for (const value of values) {
    const match = /^([^=\s/]+)=([^=\s/]+)$/.exec(value);
    if (match === null) refuse(`--map ${showWord(value)}: write it as NAME=NAME, for example em0=eth0`);
    const [, from, to] = match;
    if (to.length > 15) refuse(`--map ${showWord(value)}: an interface name has at most 15 characters`);
    if (map.has(from)) refuse(`--map ${showWord(value)}: ${showWord(from)} is mapped twice`);
    if ([...map.values()].includes(to)) refuse(`--map ${showWord(value)}: ${showWord(to)} is meant twice`);
    map.set(from, to);
  }
  return map;
}

/** What an interface of the file is called on this machine: itself, unless it is mapped. */
export function mapName(map: InterfaceMap, name: string): string {
  return map.get(name) ?? name;
}

function refuse(message: string): never {
  throw new OperatorError(ExitCode.Usage, message);
}
