import type { Writable } from "node:stream";
import { OperatorError } from "../errors.ts";
import { printable } from "../log.ts";
import type { NodeStatus, VirtualHostStatus } from "../node/api.ts";

/** The exit codes that monitoring systems agree on. */
export enum Health {
  Ok = 0,
  Warning = 1,
  Critical = 2,
  Unknown = 3,
}

/**
 * Prints one line: UNKNOWN where the node does not answer, CRITICAL for a virtual host in INIT or without a master,
 * WARNING for a problem or a demotion, OK otherwise. Resolves to the code.
 */
export async function judgeHealth(read: () => Promise<NodeStatus>, out: Writable): Promise<number> {
  let status: NodeStatus;
  try {
    status = await read();
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    out.write(`UNKNOWN: ${printable(error.message)}\n`);
    return Health.Unknown;
  }
  const findings = status.virtual_hosts.flatMap(judge);
  if (status.demotion > 0) findings.push([Health.Warning, `demotion ${status.demotion}`]);
  const worst = Math.max(Health.Ok, ...findings.map(([health]) => health));
  const words = findings.length > 0 ? findings.map(([, text]) => text) : status.virtual_hosts.map(summarize);
  out.write(`${printable(`${Health[worst].toUpperCase()}: ${words.join(", ")}`)}\n`);
  return worst;
}

function judge(host: VirtualHostStatus): [Health, string][] {
  const name = `${host.vhid}@${host.interface}`;
  if (host.state === "INIT") return [[Health.Critical, `${name} is INIT${because(host)}`]];
  if (host.state === "BACKUP" && host.master === null) return [[Health.Critical, `${name} hears no master`]];
  return host.problem === null ? [] : [[Health.Warning, `${name}${because(host)}`]];
}

function because({ problem }: VirtualHostStatus): string {
  return problem === null ? "" : `: ${problem}`;
}

function summarize(host: VirtualHostStatus): string {
  return `${host.vhid}@${host.interface} ${host.state}`;
}
