import { subnetContains } from "./address.ts";
import type { Configuration, Problem } from "./model.ts";
import { problemAt } from "./problems.ts";
import type { IfconfigRequest, Placed } from "./request.ts";
import type { VirtualHostEntry } from "./virtualhosts.ts";
import type { Span } from "./words.ts";

/** One line of a `carpN` of FreeBSD 9 and earlier. `complete` is false where the line has errors. */
export interface CarpInterfaceLine {
  readonly owner: string;
  readonly variable: Span;
  readonly request: IfconfigRequest;
  readonly complete: boolean;
}

/**
 * Puts the lines of every `carpN` onto its parent: the first of the host's own addresses, in the file's order, whose
 * subnet contains the virtual address decides, and all addresses of one `carpN` have to agree (protocol §10).
 */
export function placeCarpInterfaces(
  lines: readonly CarpInterfaceLine[],
  ownAddresses: Configuration["ownAddresses"],
): { entries: VirtualHostEntry[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const entries: VirtualHostEntry[] = [];
  for (const owner of new Set(lines.map((line) => line.owner))) {
    const own = lines.filter((line) => line.owner === owner);
    const vhid = findVhid(own, problems);
    const parent = findParent(own, ownAddresses, problems);
    if (vhid === undefined || parent === undefined) continue;
    for (const { request, complete } of own)
      entries.push({ interfaceName: parent, vhid, request, owner, complete });
  }
  return { entries, problems };
}

function findVhid(lines: readonly CarpInterfaceLine[], problems: Problem[]): Placed<number> | undefined {
  const given = lines.flatMap(({ request }) => request.vhid ?? []);
  const [{ owner, variable }] = lines;
  if (given.length === 0 && lines.every((line) => line.complete))
    problems.push(problemAt("error", variable, `${owner} has no vhid`));
  for (const vhid of given) {
    if (vhid.value !== given[0].value)
      problems.push(problemAt("error", vhid, `${owner} already has vhid ${given[0].value}`));
  }
  return given[0];
}

function findParent(
  lines: readonly CarpInterfaceLine[],
  ownAddresses: Configuration["ownAddresses"],
  problems: Problem[],
): string | undefined {
  const [{ owner, variable }] = lines;
  const requested = lines.flatMap((line) => line.request.addresses);
  if (requested.length === 0 && lines.every((line) => line.complete))
    problems.push(
      problemAt("error", variable, `${owner} has no address, which would tell its parent interface`),
    );
  let parent: string | undefined;
  for (const wanted of requested) {
    const { address } = wanted.address;
    const found = ownAddresses.find((own) => subnetContains(own.address, wanted.address))?.interfaceName;
    if (found === undefined) {
      const message = `no interface in this file has a subnet with ${address} in it, so ${owner} has no parent`;
      problems.push(problemAt("error", wanted, message));
    } else if (parent !== undefined && found !== parent) {
      const message = `${address} belongs to ${found}, the address before it to ${parent}: ${owner} has one parent`;
      problems.push(problemAt("error", wanted, message));
    }
    parent ??= found;
  }
  return parent;
}
