import { execFile } from "node:child_process";
import type { LabHost } from "../../host/demo/lab.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import { program } from "./network.ts";

/** How a command ended and what it said. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `carp` with the arguments, inside the host's namespace where one is named, behind `prefix` if any. */
export function runCarp(
  argv: readonly string[],
  host?: LabHost,
  prefix: readonly string[] = [],
): Promise<Outcome> {
  return run([...(host ? entry(host) : []), ...prefix, process.execPath, program, ...argv]);
}

/** `carp ifconfig eth0 WORD…` on a running node. */
export function ifconfig(node: LabNode, words: string): Promise<Outcome> {
  return runCarp(["ifconfig", "--socket", node.socket, "eth0", ...words.split(" ")]);
}

/** `carp sysctl WORD` on a running node. */
export function sysctl(node: LabNode, word: string): Promise<Outcome> {
  return runCarp(["sysctl", "--socket", node.socket, word]);
}

/** Runs `ip` in the host's namespace with arguments that are split at blanks. */
export function ip(host: LabHost, command: string): Promise<string> {
  return host.namespace.run(["ip", ...command.split(" ")]);
}

/** Every address of the host, on whatever interface, as `INTERFACE ADDRESS/LENGTH`. */
export async function allAddresses(host: LabHost): Promise<string[]> {
  const links = JSON.parse(await ip(host, "-j addr show")) as {
    ifname: string;
    addr_info: { local: string; prefixlen: number }[];
  }[];
  return links.flatMap(({ ifname, addr_info }) =>
    addr_info.map(({ local, prefixlen }) => `${ifname} ${local}/${prefixlen}`),
  );
}

/** The host's interfaces, addresses and settings as text, without what changes by itself. */
export async function machineState(host: LabHost): Promise<string> {
  const settings = ["/proc/sys/net/ipv4/conf", "/proc/sys/net/ipv6/conf"];
  const [addresses, { out }] = await Promise.all([
    ip(host, "-d -o addr show"),
    run([...entry(host), "grep", "-rs", ".", ...settings]),
  ]);
  return [addresses.replace(/\s+$/gm, ""), ...out.split("\n").sort()].join("\n");
}

/** What a process has used: resident memory in MiB, and processor time in milliseconds. */
export async function resourcesOf(pid: number): Promise<{ residentMib: number; processorMs: number }> {
  const { out } = await run(["cat", `/proc/${pid}/statm`, `/proc/${pid}/stat`]);
  const [memory, rest] = out.split("\n");
  const fields = rest.slice(rest.lastIndexOf(")") + 2).split(" ");
  return {
    residentMib: (Number(memory.split(" ")[1]) * 4096) / 2 ** 20,
    processorMs: (Number(fields[11]) + Number(fields[12])) * 10,
  };
}

function entry(host: LabHost): string[] {
  return ["nsenter", "--target", String(host.namespace.pid), "--net", "--"];
}

function run(argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const limits = { timeout: 10_000, maxBuffer: 16 * 2 ** 20 };
    execFile(argv[0], argv.slice(1), limits, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}
