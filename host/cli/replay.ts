import { readFileSync } from "node:fs";
import { formatProblems, loadConfiguration } from "../config/check.ts";
import { parseMap } from "../config/map.ts";
import { explain, readPassFile } from "../config/passfile.ts";
import { type Difference, type KeyOf, type ReplayedTransition, replayRun } from "../core/call-replay.ts";
import { reasonWord, stateWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { formatTime } from "../log.ts";
import type { Arguments } from "./arguments.ts";
import type { RunCommand, Terminal } from "./terminal.ts";

/** `carp replay`: feeds a recorded run to a fresh core, prints its transitions, and tells where they differ. */
export const runReplay: RunCommand = async (given, terminal) => {
  const keyOf = readKeys(given, terminal);
  const [path] = given.words;
  const { transitions, calls, frames, difference, leftOver } = replayRun(read(path), keyOf);
  for (const transition of transitions) terminal.out.write(`${describe(transition)}\n`);
  if (leftOver > 0)
    terminal.err.write(`${path} ends within an entry: its last ${leftOver} bytes are left out\n`);
  const sum = `${calls} calls, ${frames} frames, ${transitions.length} transitions`;
  if (difference === undefined) {
    terminal.err.write(`${sum}: as recorded\n`);
    return ExitCode.Ok;
  }
  terminal.out.write(
    `recorded: ${inWords(difference.recorded)}\nreplayed: ${inWords(difference.replayed)}\n`,
  );
  terminal.err.write(`${sum}, then the first difference, after call ${difference.call}\n`);
  return ExitCode.Failed;
};

/** The pass phrases of a configuration, or one for all virtual hosts. */
function readKeys(given: Arguments, terminal: Terminal): KeyOf {
  const [rcConf, passFile] = [given.text("rc-conf"), given.text("pass-file")];
  if ((rcConf === undefined) === (passFile === undefined))
    throw new OperatorError(
      ExitCode.Usage,
      "no run has pass phrases in it: name --rc-conf FILE, or --pass-file FILE for one that all share",
    );
  if (passFile !== undefined) {
    const pass = readPassFile(passFile);
    return () => pass;
  }
  const { configuration, problems } = loadConfiguration({
    rcConf,
    map: parseMap(given.list("map")),
    flags: { addresses: [] },
  });
  for (const problem of problems) terminal.err.write(`${formatProblems([problem])}\n`);
  if (configuration === undefined)
    throw new OperatorError(ExitCode.Configuration, `${rcConf} has errors: carp check says more`);
  return (name, vhid) => {
    const host = configuration.virtualHosts.find((one) => one.interfaceName === name && one.vhid === vhid);
    if (host !== undefined) return host.pass;
    const message = `the run has ${vhid}@${name}, and ${rcConf} does not: is --map missing?`;
    throw new OperatorError(ExitCode.Configuration, message);
  };
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new OperatorError(ExitCode.Failed, `${path} cannot be read: ${explain(error)}`);
  }
}

function inWords(what: Difference["recorded"]): string {
  if (what === undefined) return "nothing";
  return typeof what === "string" ? what : describe(what);
}

function describe({ utcMs, vhid, interfaceName, from, to, reason }: ReplayedTransition): string {
  const words = `${stateWord(from)} -> ${stateWord(to)} (${reasonWord(reason)})`;
  return `${formatTime(new Date(utcMs))} ${vhid}@${interfaceName}: ${words}`;
}
