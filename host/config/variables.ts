import type { Assignment } from "./assignments.ts";
import { type PlacedText, placeAt } from "./words.ts";

/** A variable at the end of its file, all assignments applied. */
export type Variable = Omit<Assignment, "append">;

/** What one variable says of an interface, in the order in which FreeBSD's boot scripts use it. */
export interface InterfaceVariable {
  readonly variable: Variable;
  readonly role: "main" | "ipv6" | "alias" | "aliases";
}

/** The variables of one interface; `unread` are those that the boot scripts do not look at, with the reason. */
export interface InterfaceVariables {
  readonly name: string;
  readonly read: InterfaceVariable[];
  readonly unread: { readonly variable: Variable; readonly reason: string }[];
}

interface Grouped {
  readonly fixed: InterfaceVariable[];
  readonly aliases: Map<number, Variable>;
  readonly odd: Variable[];
}

/** Applies assignments in order: the later one wins, and `+=` puts its value behind the one that is there. */
export function settle(assignments: readonly Assignment[]): Variable[] {
  const variables = new Map<string, Variable>();
  for (const { append, ...assignment } of assignments) {
    const before = append ? variables.get(assignment.name) : undefined;
    variables.delete(assignment.name);
    const value = before === undefined ? assignment.value : join(before.value, assignment.value);
    const broken = assignment.broken || before?.broken === true;
    variables.set(assignment.name, { ...(before ?? assignment), value, broken });
  }
  return [...variables.values()];
}

/** Sorts `ifconfig_*` by interface (protocol §10): aliases count from 0 and end before the first gap. */
export function sortByInterface(variables: readonly Variable[]): InterfaceVariables[] {
  const interfaces = new Map<string, Grouped>();
  for (const variable of variables) {
    const match = /^ifconfig_(.+?)(?:_(ipv6|aliases|alias\w*|descr|name|fib|vnet|defaultif))?$/.exec(
      variable.name,
    );
    if (match === null || (match[2] !== undefined && /^(descr|name|fib|vnet|defaultif)$/.test(match[2])))
      continue;
    const [, name, suffix = "main"] = match;
    const entry: Grouped = interfaces.get(name) ?? { fixed: [], aliases: new Map(), odd: [] };
    interfaces.set(name, entry);
    const number = /^alias(0|[1-9]\d{0,5})$/.exec(suffix)?.[1];
    if (number !== undefined) entry.aliases.set(Number(number), variable);
    else if (suffix === "main" || suffix === "ipv6" || suffix === "aliases")
      entry.fixed.push({ variable, role: suffix });
    else entry.odd.push(variable);
  }
  return Array.from(interfaces, ([name, { fixed, aliases, odd }]) => {
    const ofRole = (role: string) => fixed.filter((candidate) => candidate.role === role);
    const { read, unread } = countAliases(name, aliases);
    const unknown = odd.map((variable) => ({
      variable,
      reason: "an alias has a number, and the first is alias0",
    }));
    return {
      name,
      read: [...ofRole("main"), ...ofRole("ipv6"), ...read, ...ofRole("aliases")],
      unread: [...unread, ...unknown],
    };
  });
}

function countAliases(
  name: string,
  aliases: ReadonlyMap<number, Variable>,
): Omit<InterfaceVariables, "name"> {
  const read: InterfaceVariable[] = [];
  let next = 0;
  for (let variable = aliases.get(0); variable !== undefined; variable = aliases.get(next)) {
    if (variable.value.text.trim() === "" && !variable.broken) break;
    read.push({ variable, role: "alias" });
    next++;
  }
  const gap = aliases.has(next) ? "is empty" : "is missing";
  const reason = `ifconfig_${name}_alias${next} ${gap}, and aliases are read from 0 up to the first gap`;
  const unread = [...aliases]
    .filter(([number]) => number > next)
    .map(([, variable]) => ({ variable, reason }));
  return { read, unread };
}

/** A blank goes between the two, as sysrc puts it: joined words would never be meant. */
function join(left: PlacedText, right: PlacedText): PlacedText {
  const shift = left.text.length + 1;
  return {
    text: `${left.text} ${right.text}`,
    runs: [
      ...left.runs,
      { start: left.text.length, ...placeAt(left, Math.max(0, left.text.length - 1)) },
      ...right.runs.map((run) => ({ ...run, start: run.start + shift })),
    ],
    expansions: [...left.expansions, ...right.expansions.map((index) => index + shift)],
  };
}
