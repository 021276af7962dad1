import { explainUnusable } from "./address.ts";
import type { Configuration, Position, Problem, VirtualHost } from "./model.ts";
import { problemAt } from "./problems.ts";
import type { IfconfigRequest, Placed } from "./request.ts";
import { addressMaximum, type RequestedAddress } from "./requestedaddress.ts";

/** One request for a virtual host on an interface of this machine; `owner` is the `carpN` it comes from. */
export interface VirtualHostEntry {
  readonly interfaceName: string;
  readonly vhid: Placed<number>;
  readonly request: IfconfigRequest;
  readonly owner?: string;
  /** False where the line has errors, so that nothing follows from what is not there. */
  readonly complete: boolean;
}

const nothing = new Uint8Array(0);

interface Collected {
  readonly host: VirtualHost;
  readonly vhid: Placed<number>;
  readonly owner: string | undefined;
  /** Every request for it, those that are another's mistake as well. */
  readonly entries: VirtualHostEntry[];
}

/**
 * Joins the requests, in their order, to virtual hosts: addresses add up, of a parameter the last one given wins
 * (protocol §10). Checks what no single request can show.
 */
export function collectVirtualHosts(
  entries: readonly VirtualHostEntry[],
  ownAddresses: Configuration["ownAddresses"],
): { virtualHosts: VirtualHost[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const collected = new Map<string, Collected>();
  const addresses = new Map<string, { vhid: number; position: Position }>();
  for (const entry of entries) {
    const found = select(collected, entry, problems);
    if (found === undefined) continue;
    setParameters(found.host, entry.request);
    for (const requested of entry.request.addresses) {
      const message = explainAddress(requested, entry, addresses, ownAddresses);
      if (message !== undefined) problems.push(problemAt("error", requested, message));
      else found.host.addresses.push(requested.address);
      checkCount(found, requested, problems);
    }
  }
  for (const found of collected.values()) judgeHost(found, problems);
  return { virtualHosts: Array.from(collected.values(), ({ host }) => host), problems };
}

function select(
  collected: Map<string, Collected>,
  entry: VirtualHostEntry,
  problems: Problem[],
): Collected | undefined {
  const { interfaceName, vhid, owner } = entry;
  const key = `${vhid.value}@${interfaceName}`;
  const found = collected.get(key);
  if (found === undefined) {
    const host: VirtualHost = {
      interfaceName,
      vhid: vhid.value,
      advbase: 1,
      advskew: 0,
      pass: nothing,
      addresses: [],
      virtualMac: false,
      position: vhid.position,
    };
    const created: Collected = { host, vhid, owner, entries: [entry] };
    collected.set(key, created);
    return created;
  }
  found.entries.push(entry);
  if (found.owner === owner) return found;
  const other = found.owner ?? place(found.vhid.position);
  problems.push(
    problemAt("error", vhid, `vhid ${vhid.value} on ${interfaceName} is already taken by ${other}`),
  );
  return undefined;
}

function setParameters(host: VirtualHost, request: IfconfigRequest): void {
  if (request.advbase !== undefined) host.advbase = request.advbase.value;
  if (request.advskew !== undefined) host.advskew = request.advskew.value;
  if (request.pass !== undefined) host.pass = request.pass.value;
}

function explainAddress(
  { address, position }: RequestedAddress,
  { interfaceName, vhid }: VirtualHostEntry,
  seen: Map<string, { vhid: number; position: Position }>,
  ownAddresses: Configuration["ownAddresses"],
): string | undefined {
  const unusable = explainUnusable(address);
  if (unusable !== undefined) return `${address.address} ${unusable} and cannot be a virtual address`;
  const own = ownAddresses.find((candidate) => candidate.address.address === address.address);
  if (own !== undefined)
    return `${address.address} is an own address of ${own.interfaceName} (${place(own.position)}): a virtual address must be another one`;
  const key = `${address.address}@${interfaceName}`;
  const first = seen.get(key);
  if (first?.vhid === vhid.value)
    return `address twice: ${address.address} is already in vhid ${vhid.value} (${place(first.position)})`;
  if (first !== undefined)
    return `${address.address} is already in vhid ${first.vhid} on ${interfaceName} (${place(first.position)})`;
  seen.set(key, { vhid: vhid.value, position });
  return undefined;
}

function checkCount({ host }: Collected, requested: RequestedAddress, problems: Problem[]): void {
  const { family } = requested.address;
  const count = host.addresses.filter((address) => address.family === family).length;
  if (count !== addressMaximum + 1 || host.addresses.at(-1) !== requested.address) return;
  const name = family === 4 ? "IPv4" : "IPv6";
  problems.push(
    problemAt("error", requested, `vhid ${host.vhid} has more than ${addressMaximum} ${name} addresses`),
  );
}

function judgeHost({ host, vhid, entries }: Collected, problems: Problem[]): void {
  if (entries.some((entry) => !entry.complete)) return;
  if (entries.every((entry) => entry.request.addresses.length === 0))
    problems.push(problemAt("error", vhid, `vhid ${host.vhid} on ${host.interfaceName} has no address`));
  if (host.pass.length === 0) {
    const message = `vhid ${host.vhid} on ${host.interfaceName} has no pass phrase: anyone can speak for it (empty key)`;
    problems.push(problemAt("warning", vhid, message));
  }
}

function place(position: Position): string {
  return position.file === "command line" ? position.file : `line ${position.line}`;
}
