import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ExitCode, OperatorError } from "../errors.ts";
import { type Pinger, pingComplaint, startPinger } from "./client.ts";
import { createLab, type Lab } from "./lab.ts";
import { type LabNode, startNode } from "./nodes.ts";
import { handbook, sharedAddresses, type VhidState } from "./scenario.ts";
import type { Stage } from "./stage.ts";

/** The handbook's hosts in network namespaces, each with `PROGRAM up` on its rc.conf lines, and a client. */
export async function openNetworkStage(program: string): Promise<Stage> {
  const complaint = await pingComplaint();
  const folder = await mkdtemp(join(tmpdir(), "carp-demo-"));
  const hosts = handbook.map(({ name, address }) => ({ name, addresses: [`${address}/24`] }));
  const lab = await createLab([...hosts, { name: client, addresses: ["192.168.1.10/24"] }]);
  const nodes = new Map<string, LabNode>();
  const pingers = new Map<string, Pinger>();
  const hint = complaint === undefined ? "" : `; no pings: ${complaint}`;
  return {
    description: `three hosts and a client in network namespaces on one bridge${hint}`,
    powerOn: async (name) => {
      await lab.resetAddresses(name);
      await lab.setPort(name, "up");
      nodes.set(name, await boot(lab, folder, program, name));
    },
    powerOff: async (name) => {
      await Promise.all([nodes.get(name)?.stop("SIGKILL"), lab.setPort(name, "down")]);
      nodes.delete(name);
    },
    states: (name) => statesOf(name, nodes.get(name)),
    answers: () => answersOf(lab, pingers),
    startPings: () => {
      if (complaint !== undefined) return;
      for (const address of sharedAddresses) pingers.set(address, startPinger(lab.host(client), address));
    },
    mark: (address) => pingers.get(address)?.mark(),
    pings: (address, since) => pingers.get(address)?.report(since),
    close: async () => {
      await lab.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const client = "client";
/** An address that has not answered for so long answers no more. */
const silenceMs = 200;

async function boot(lab: Lab, folder: string, program: string, name: string): Promise<LabNode> {
  const file = join(folder, `${name}.rc.conf`);
  const lines = handbook.find((host) => host.name === name)?.rcConf ?? [];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const socket = join(folder, `${name}.sock`);
  await rm(socket, { force: true });
  const argv = ["--rc-conf", file, "--map", "em0=eth0", "--preempt"];
  return startNode(lab.host(name), program, socket, argv);
}

async function statesOf(name: string, node: LabNode | undefined): Promise<Map<number, VhidState>> {
  if (node === undefined) return new Map();
  if (node.hasEnded) {
    const words = node.lines.at(-1)?.text ?? "it said nothing";
    throw new OperatorError(ExitCode.Failed, `the node on ${name} has ended: ${words}`);
  }
  try {
    return new Map((await node.status()).map(({ vhid, state }) => [vhid, state]));
  } catch {
    return new Map();
  }
}

async function answersOf(lab: Lab, pingers: ReadonlyMap<string, Pinger>): Promise<Map<string, string>> {
  const text = await lab.host(client).namespace.run(["ip", "-j", "neigh", "show", "dev", "eth0"]);
  const entries = JSON.parse(text) as { dst: string; lladdr?: string }[];
  const answers = new Map<string, string>();
  for (const { dst, lladdr } of entries) {
    const pinger = pingers.get(dst);
    const host = lab.hosts.find(({ mac }) => mac === lladdr);
    if (pinger === undefined || host === undefined || pinger.silentMs() > silenceMs) continue;
    answers.set(dst, host.name);
  }
  return answers;
}
