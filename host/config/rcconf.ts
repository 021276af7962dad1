import { ExitCode, OperatorError } from "../errors.ts";
import { splitEntries } from "./aliases.ts";
import { readAssignments } from "./assignments.ts";
import { type CarpInterfaceLine, placeCarpInterfaces } from "./carpinterfaces.ts";
import { parseIfconfig } from "./ifconfig.ts";
import { type InterfaceMap, mapName } from "./map.ts";
import type { Configuration, Problem } from "./model.ts";
import { readOwnAddresses } from "./ownaddresses.ts";
import { addSourceLines, problemAt, showWord } from "./problems.ts";
import { closest } from "./suggest.ts";
import { parseAssignment, sysctls } from "./sysctl.ts";
import {
  type InterfaceVariable,
  type InterfaceVariables,
  settle,
  sortByInterface,
  type Variable,
} from "./variables.ts";
import { collectVirtualHosts, type VirtualHostEntry } from "./virtualhosts.ts";
import { placeAt, type Span, splitWords, type Word } from "./words.ts";

/** What an rc.conf says. With an error among the problems the configuration must not be used. */
export interface RcConf {
  readonly configuration: Configuration;
  /** Sorted by position, each with its source line, in which secrets are hidden. */
  readonly problems: Problem[];
  readonly holdsSecrets: boolean;
}

/**
 * Reads the text of an rc.conf of either generation (protocol §10), with sysctl.conf lines in it if need be. `file`
 * is the name that positions show. Never throws; values that have nothing to do with CARP are not judged.
 */
export function readRcConf(content: string, file: string, map: InterfaceMap): RcConf {
  const text = content.replaceAll("\r\n", "\n");
  const { assignments, problems } = readAssignments(text, file);
  problems.push(...findDamage(text, file));
  const reading = new Reading(file, map, problems);
  const variables = settle(assignments);
  for (const group of sortByInterface(variables)) reading.readInterface(group);
  reading.checkClones(variables.find((variable) => variable.name === "cloned_interfaces"));
  for (const variable of variables) reading.readSysctl(variable);
  reading.readLease(variables.find((variable) => variable.name === "carp_lease"));
  reading.readHook(variables.find((variable) => variable.name === "carp_hook"));
  const configuration = reading.finish();
  return {
    configuration,
    problems: addSourceLines(problems, text, reading.secrets).sort(compareProblems),
    holdsSecrets: reading.secrets.length > 0,
  };
}

/** What no editor of text leaves behind: beside it a line may be missing, or be taken for another. */
function findDamage(text: string, file: string): Problem[] {
  const problemOf = (index: number, message: string): Problem => {
    const before = text.slice(0, index).split("\n");
    const position = { file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    return problemAt("error", { position, length: 0 }, message);
  };
  const zero = text.indexOf("\0");
  const mark = "a byte order mark, which hides the first line: save the file as UTF-8 without one";
  return [
    ...(text.startsWith("\ufeff") ? [problemOf(0, mark)] : []),
    ...(zero < 0 ? [] : [problemOf(zero, "a zero byte: the file is damaged")]),
  ];
}

/** Orders problems by line and column. */
export function compareProblems(left: Problem, right: Problem): number {
  return left.position.line - right.position.line || left.position.column - right.position.column;
}

class Reading {
  readonly secrets: Span[] = [];
  private readonly file: string;
  private readonly map: InterfaceMap;
  private readonly problems: Problem[];
  private readonly ownAddresses: Configuration["ownAddresses"] = [];
  private readonly entries: VirtualHostEntry[] = [];
  private readonly carpLines: CarpInterfaceLine[] = [];
  private readonly names = new Map<string, string>();
  private preempt = false;
  private replay: number | undefined;
  private freshness: number | undefined;
  private lease = true;
  private hook: string | undefined;

  constructor(file: string, map: InterfaceMap, problems: Problem[]) {
    this.file = file;
    this.map = map;
    this.problems = problems;
  }

  readInterface({ name, read, unread }: InterfaceVariables): void {
    for (const { variable, reason } of unread)
      this.warn(variable, `${showWord(variable.name)} is not read: ${reason}`);
    for (const entry of read) this.readVariable(name, entry);
    const local = mapName(this.map, name);
    const other = this.names.get(local);
    const [first] = read;
    if (other !== undefined && first !== undefined)
      this.fail(first.variable, `${showWord(name)} and ${showWord(other)} both are ${local} with this --map`);
    if (first !== undefined) this.names.set(local, name);
  }

  /** A `carpN` exists on FreeBSD 9 only when it is cloned. */
  checkClones(variable: Variable | undefined): void {
    const cloned =
      variable === undefined ? [] : splitWords(variable.value, this.file).map((word) => word.text);
    const seen = new Set(cloned);
    for (const { owner, variable: span } of this.carpLines) {
      if (!seen.has(owner))
        this.warn(span, `${owner} is not in cloned_interfaces, so FreeBSD would not create it`);
      seen.add(owner);
    }
  }

  readSysctl({ name, value, position, length, broken }: Variable): void {
    if (broken || !name.startsWith("net.inet.carp.")) return;
    const [word] = splitWords(value, this.file);
    try {
      const assignment = parseAssignment(`${name}=${value.text}`);
      if (name === "net.inet.carp.preempt") this.preempt = assignment.value === 1;
      else if (name === "net.inet.carp.replay") this.replay = assignment.value;
      else if (name === "net.inet.carp.freshness") this.freshness = assignment.value;
      else if (assignment.value !== sysctls.find((sysctl) => sysctl.name === name)?.default)
        this.warn({ position, length }, `${name} is not taken from a file: set it with \`carp sysctl\``);
    } catch (error) {
      if (!(error instanceof OperatorError) || error.code !== ExitCode.Usage) throw error;
      const known = sysctls.some((sysctl) => sysctl.name === name);
      this.fail(known && word !== undefined ? word : { position, length }, error.message);
    }
  }

  /** A switch of rc.conf's kind, which FreeBSD does not have. */
  readLease(variable: Variable | undefined): void {
    if (variable === undefined || variable.broken) return;
    const word = variable.value.text.trim();
    if (/^(no|false|off|0)$/i.test(word)) this.lease = false;
    else if (!/^(yes|true|on|1)$/i.test(word))
      this.fail(variable, `carp_lease is YES or NO, and not ${showWord(word) || "empty"}`);
  }

  /** FreeBSD has devd for this. */
  readHook(variable: Variable | undefined): void {
    if (variable === undefined || variable.broken) return;
    const path = variable.value.text.trim();
    if (variable.value.expansions.length > 0)
      this.fail(variable, "no shell runs here: write the path itself instead of $ or backticks");
    else if (path.startsWith("/")) this.hook = path;
    else if (path !== "") this.fail(variable, `carp_hook is an absolute path, and not ${showWord(path)}`);
  }

  finish(): Configuration {
    const placed = placeCarpInterfaces(this.carpLines, this.ownAddresses);
    const collected = collectVirtualHosts([...this.entries, ...placed.entries], this.ownAddresses);
    this.problems.push(...placed.problems, ...collected.problems);
    const { virtualHosts } = collected;
    if (virtualHosts.length === 0 && !this.problems.some((problem) => problem.severity === "error")) {
      const start = { position: { file: this.file, line: 1, column: 1 }, length: 0 };
      this.fail(start, "there is no virtual host in this file: no ifconfig line has a vhid");
    }
    const { preempt, replay, freshness, lease, hook, ownAddresses } = this;
    return { virtualHosts, preempt, replay, freshness, lease, hook, ownAddresses };
  }

  private readVariable(name: string, { variable, role }: InterfaceVariable): void {
    if (variable.broken) return;
    const words = splitWords(variable.value, this.file);
    const isCarp = /^carp\d+$/.test(name);
    for (const entry of role === "alias" ? [words] : splitEntries(words)) {
      if (isCarp || concernsCarp(entry)) this.readEntry(name, variable, entry, isCarp);
      else {
        const interfaceName = mapName(this.map, name);
        for (const { address, position } of readOwnAddresses(entry))
          this.ownAddresses.push({ interfaceName, address, position });
      }
    }
  }

  private readEntry(name: string, variable: Variable, words: readonly Word[], isCarp: boolean): void {
    if (this.refuseExpansions(variable, words)) return;
    const { request, problems, secrets } = parseIfconfig(words, { vhidOfInterface: isCarp });
    this.problems.push(...problems);
    this.secrets.push(...secrets);
    if (request.state !== undefined)
      this.warn(request.state, "state is for a running node (`carp ifconfig`) and is passed over here");
    if (request.up?.value === false) this.warn(request.up, "down is passed over here");
    if (request.remove !== undefined)
      this.fail(request.remove, "an address cannot be removed in a configuration");
    if (request.vhid === undefined && !isCarp) return;
    const complete = problems.every((problem) => problem.severity !== "error");
    if (isCarp) this.carpLines.push({ owner: name, variable, request, complete });
    else if (request.vhid !== undefined)
      this.entries.push({ interfaceName: mapName(this.map, name), vhid: request.vhid, request, complete });
  }

  /** No shell runs here, so a value that needs one cannot be known. */
  private refuseExpansions({ value }: Variable, words: readonly Word[]): boolean {
    const contains = (line: number, column: number) =>
      words.some(({ spans }) =>
        spans.some(
          ({ position, length }) =>
            position.line === line && column >= position.column && column < position.column + length,
        ),
      );
    const places = value.expansions.map((index) => placeAt(value, index));
    const found = places.filter(({ line, column }) => contains(line, column));
    for (const place of found) {
      const position = { file: this.file, ...place };
      this.fail(
        { position, length: 1 },
        "no shell runs here: write the value itself instead of $ or backticks",
      );
    }
    return found.length > 0;
  }

  private warn(span: Span, message: string): void {
    this.problems.push(problemAt("warning", span, message));
  }

  private fail(span: Span, message: string): void {
    this.problems.push(problemAt("error", span, message));
  }
}

/** Whether an entry has a word that only CARP uses, or, before a number, one that was meant to be such a word. */
function concernsCarp(words: readonly Word[]): boolean {
  return words.some(({ text }, index) => {
    if (["vhid", "advbase", "advskew", "pass", "carpver"].includes(text)) return true;
    const next = words[index + 1]?.text ?? "";
    return /^\d+$/.test(next) && closest(text, ["vhid", "advbase", "advskew"]) !== undefined;
  });
}
