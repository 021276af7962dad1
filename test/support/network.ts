import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createLab, type HostPlan, type Lab } from "../../host/demo/lab.ts";
import { canUseNamespaces } from "../../host/demo/namespaces.ts";
import { type LabNode, type LabProcess, startNode, startOn } from "../../host/demo/nodes.ts";
import { type Observer, observe } from "../../host/demo/observer.ts";
import type { VirtualHostStatus } from "../../host/node/api.ts";
import { requireOrSkip } from "./require.ts";

/** The program under test, as it is installed. */
export const program = fileURLToPath(new URL("../../build/host/main.js", import.meta.url));

/** A virtual host as one node runs it. Left out: advskew 0, pass phrase `testpass`, no preemption. */
export interface VirtualHost {
  readonly vhid: number;
  /** Without prefix length: /32 or /128 is added. ucarp takes exactly one. */
  readonly addresses: readonly string[];
  readonly advskew?: number;
  readonly pass?: string;
  readonly preempt?: boolean;
  /** eth0 where it is left out. */
  readonly interfaceName?: string;
  /** Further arguments of the program. */
  readonly more?: readonly string[];
}

/** A lab with a bystander who hears every advertisement, and the nodes that run in it. */
export interface Network {
  readonly lab: Lab;
  readonly observer: Observer;
  /** A folder for this network's files. */
  readonly folder: string;
  /** Starts a node of ours on the host from flags. */
  carp(host: string, virtual: VirtualHost): Promise<LabNode>;
  /** Starts a node of ours on the host from rc.conf lines, in which the interface is called em0. */
  carpFromRcConf(host: string, lines: readonly string[], more?: readonly string[]): Promise<LabNode>;
  /** Starts ucarp on the host, with scripts that add and delete the address. */
  ucarp(host: string, virtual: VirtualHost): Promise<Ucarp>;
  /** The addresses on the host's eth0, without prefix length. */
  addresses(host: string): Promise<string[]>;
  /** The link-layer address that the host has for its neighbor, if any. */
  neighbor(host: string, address: string): Promise<string | undefined>;
}

export interface Ucarp extends LabProcess {
  /** The state that it said last. */
  state(): string | undefined;
}

/** What the machine must have, beyond namespaces, for a test. */
export type Need = "carp" | "ucarp" | "tcpdump" | "tshark" | "ping" | "keepalived";

/** Builds the network, runs the body, and takes everything away again. Skips where a need is not met. */
export async function withNetwork(
  skip: (reason: string) => void,
  needs: readonly Need[],
  plan: readonly HostPlan[],
  body: (network: Network) => Promise<void>,
): Promise<void> {
  await requireNamespaces(skip);
  for (const need of needs) await requireProgram(need, skip);
  const folder = await mkdtemp(join(tmpdir(), "carp-lab-"));
  const started = new Map<string, LabProcess>();
  const lab = await createLab(plan);
  try {
    await body(networkOf(lab, await observe(lab), folder, started));
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${wordsOf(started)}`, {
      cause: error,
    });
  } finally {
    await lab.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Skips unless this process can build a lab. */
export async function requireNamespaces(skip: (reason: string) => void): Promise<void> {
  const ability = await canUseNamespaces();
  const reason = ability.kind === "none" ? ability.reason : "npm test enters one, a bare vitest does not";
  requireOrSkip(ability.kind === "here", `network namespaces are not to be had: ${reason}`, skip);
}

/** Skips unless the program is there. */
export async function requireProgram(need: Need, skip: (reason: string) => void): Promise<void> {
  if (need === "carp") {
    requireOrSkip(existsSync(program), "carp is not built (npm run build)", skip);
    return;
  }
  const found = await promisify(execFile)("which", [need]).catch(() => undefined);
  requireOrSkip(found !== undefined, `${need} is not installed`, skip);
}

/** `carp status --json` as an operator would ask for it. */
export async function statusByCommand(node: LabNode): Promise<readonly VirtualHostStatus[]> {
  const argv = [program, "status", "--json", "--socket", node.socket];
  const { stdout } = await promisify(execFile)(process.execPath, argv);
  return JSON.parse(stdout) as readonly VirtualHostStatus[];
}

function wordsOf(started: ReadonlyMap<string, LabProcess>): string {
  const lines = [...started].flatMap(([name, { lines }]) =>
    lines.map(({ at, text }) => ({ at, text: `  ${(at / 1000).toFixed(3)} ${name}: ${text}` })),
  );
  return lines
    .sort((one, other) => one.at - other.at)
    .map(({ text }) => text)
    .join("\n");
}

function networkOf(lab: Lab, observer: Observer, folder: string, started: Map<string, LabProcess>): Network {
  let files = 0;
  const nameFile = (kind: string): string => join(folder, `${++files}.${kind}`);
  const remember = <Process extends LabProcess>(name: string, child: Process): Process => {
    started.set(`${name} ${child.pid}`, child);
    return child;
  };
  const write = async (kind: string, content: string, mode: number): Promise<string> => {
    const file = nameFile(kind);
    await writeFile(file, content, { mode });
    return file;
  };
  return {
    lab,
    observer,
    folder,
    carp: async (host, virtual) => {
      const passFile = await write("pass", `${virtual.pass ?? "testpass"}\n`, 0o600);
      const argv = flagsOf(virtual, passFile);
      return remember(`carp@${host}`, startNode(lab.host(host), program, nameFile("sock"), argv));
    },
    carpFromRcConf: async (host, lines, more = []) => {
      const file = await write("rc.conf", `${lines.join("\n")}\n`, 0o600);
      const argv = ["--rc-conf", file, "--map", "em0=eth0", ...more];
      return remember(`carp@${host}`, startNode(lab.host(host), program, nameFile("sock"), argv));
    },
    ucarp: async (host, virtual) => {
      const passFile = await write("pass", `${virtual.pass ?? "testpass"}\n`, 0o600);
      const up = await write("up", '#!/bin/sh\nexec ip addr add "$2/32" dev "$1"\n', 0o700);
      const down = await write("down", '#!/bin/sh\nexec ip addr del "$2/32" dev "$1"\n', 0o700);
      const source = lab.host(host).addresses[0].split("/")[0];
      const argv = ["-i", "eth0", "-s", source, "-o", passFile, "-u", up, "-d", down, "-z", "-f", "none"];
      const child = startOn(lab.host(host), ["ucarp", ...argv, ...ucarpFlagsOf(virtual)]);
      const state = (): string | undefined =>
        child.lines
          .findLast(({ text }) => text.includes("Switching to state"))
          ?.text.split(": ")
          .at(-1);
      return remember(`ucarp@${host}`, {
        ...child,
        get hasEnded() {
          return child.hasEnded;
        },
        state,
      });
    },
    addresses: async (host) => {
      const text = await lab.host(host).namespace.run(["ip", "-j", "addr", "show", "dev", "eth0"]);
      const [link] = JSON.parse(text) as { addr_info: { local: string }[] }[];
      return link.addr_info.map(({ local }) => local);
    },
    neighbor: async (host, address) => {
      const text = await lab.host(host).namespace.run(["ip", "-j", "neigh", "show", "to", address]);
      const [entry] = JSON.parse(text) as { lladdr?: string }[];
      return entry?.lladdr;
    },
  };
}

function flagsOf(virtual: VirtualHost, passFile: string): string[] {
  return [
    ...[
      "--interface",
      virtual.interfaceName ?? "eth0",
      "--vhid",
      String(virtual.vhid),
      "--pass-file",
      passFile,
    ],
    ...["--advskew", String(virtual.advskew ?? 0)],
    ...(virtual.preempt === true ? ["--preempt"] : []),
    ...(virtual.more ?? []),
    ...virtual.addresses.map((address) => `${address}/${address.includes(":") ? 128 : 32}`),
  ];
}

function ucarpFlagsOf(virtual: VirtualHost): string[] {
  return [
    ...[
      "-v",
      String(virtual.vhid),
      "-a",
      virtual.addresses[0],
      "-b",
      "1",
      "-k",
      String(virtual.advskew ?? 0),
    ],
    ...(virtual.preempt === true ? ["-P"] : []),
    ...(virtual.more ?? []),
  ];
}
