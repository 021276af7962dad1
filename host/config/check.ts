import { readFileSync, statSync } from "node:fs";
import { ExitCode, OperatorError } from "../errors.ts";
import { type Flags, readFlags } from "./flags.ts";
import type { InterfaceMap } from "./map.ts";
import type { Configuration, Problem } from "./model.ts";
import { explain } from "./passfile.ts";
import { judgeStrength } from "./passstrength.ts";
import { problemAt, showLine } from "./problems.ts";
import { readRcConf } from "./rcconf.ts";
import { readReplay } from "./sysctl.ts";
import { commandLine } from "./words.ts";

/**
 * Where a configuration comes from: an rc.conf, or else flags. With both, `--preempt`, `--replay`, `--vmac` and
 * `--no-lease` add to the file.
 */
export interface Sources {
  readonly rcConf?: string;
  readonly map: InterfaceMap;
  readonly flags?: Flags;
}

/** All problems, sorted by position, and the configuration if none of them is an error. */
export interface Loaded {
  readonly configuration?: Configuration;
  readonly problems: Problem[];
}

/** Reads and checks a configuration. Throws OperatorError when the file cannot be read, or sources do not fit. */
export function loadConfiguration(sources: Sources): Loaded {
  const { configuration, problems } = load(sources);
  if (problems.some((problem) => problem.severity === "error")) return { problems };
  const weak = judgeStrength(configuration.virtualHosts);
  return { configuration, problems: weak === undefined ? problems : [...problems, weak] };
}

/**
 * The problems as an operator reads them, one after the other: `FILE:LINE:COLUMN: error: MESSAGE`, the source line,
 * and a mark under what is meant. Of the command line there is no source to show.
 */
export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join("\n");
}

function load({ rcConf, map, flags }: Sources): Required<Loaded> {
  if (rcConf === undefined) {
    if (flags === undefined)
      throw new OperatorError(ExitCode.Usage, "there is no configuration: name a file or an interface");
    return readFlags(flags);
  }
  const given = flags !== undefined && {
    ...flags,
    preempt: undefined,
    replay: undefined,
    virtualMac: undefined,
    noLease: undefined,
    hook: undefined,
    addresses: undefined,
  };
  if (
    given &&
    (Object.values(given).some((value) => value !== undefined) || (flags?.addresses.length ?? 0) > 0)
  )
    throw new OperatorError(ExitCode.Usage, "give a virtual host either in a file or with flags, not both");
  const { configuration, problems, holdsSecrets } = readRcConf(readText(rcConf), rcConf, map);
  configuration.hook = flags?.hook ?? configuration.hook;
  if (flags?.preempt === true) configuration.preempt = true;
  if (flags?.replay !== undefined) configuration.replay = readReplay(flags.replay);
  if (flags?.noLease === true) configuration.lease = false;
  if (flags?.virtualMac === true) for (const host of configuration.virtualHosts) host.virtualMac = true;
  if (holdsSecrets && (statSync(rcConf).mode & 0o004) !== 0) {
    const start = { position: { file: rcConf, line: 1, column: 1 }, length: 0 };
    const message = `there are pass phrases in it and others can read it: chmod 600 ${rcConf}`;
    problems.unshift(problemAt("warning", start, message));
  }
  return { configuration, problems };
}

/** The largest that is read: every virtual host that a node can have takes a tenth of it. */
const fileCapacity = 4 * 1024 * 1024;

function readText(path: string): string {
  try {
    if (statSync(path).size <= fileCapacity) return readFileSync(path, "utf8");
  } catch (error) {
    throw new OperatorError(ExitCode.Configuration, `${path} cannot be read: ${explain(error)}`);
  }
  throw new OperatorError(
    ExitCode.Configuration,
    `${path} has more than ${fileCapacity >> 20} MiB: this is no rc.conf`,
  );
}

function formatProblem({ severity, position, message, sourceLine, length }: Problem): string {
  if (position.file === commandLine) return `${position.file}: ${severity}: ${message}`;
  const head = `${position.file}:${position.line}:${position.column}: ${severity}: ${message}`;
  if (sourceLine === "" || length === 0) return head;
  const line = showLine(sourceLine);
  const before = line.slice(0, position.column - 1).replace(/[^\t]/g, " ");
  const marks = Math.max(1, Math.min(length, line.length - position.column + 1));
  return `${head}\n    ${line}\n    ${before}${"^".repeat(marks)}`;
}
