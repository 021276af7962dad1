import { expect } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import type { VirtualHostStatus } from "../../host/node/api.ts";
import type { Network, Ucarp, VirtualHost } from "./network.ts";
import { sleep, waitFor } from "./wait.ts";

/** One node of ours and one ucarp on a bridge; both may hold `address` by vhid 1. */
export const pairPlan = [
  { name: "ours", addresses: ["192.168.1.3/24"] },
  { name: "peer", addresses: ["192.168.1.4/24"] },
];
export const address = "192.168.1.50";

export interface Pair {
  readonly ours: LabNode;
  readonly peer: Ucarp;
}

type Settings = Omit<VirtualHost, "vhid" | "addresses">;

/** Starts both, ours with advskew 0 and ucarp with 100, and waits until ours is MASTER and ucarp has heard it. */
export async function electOurs(network: Network, ours: Settings = {}, peer: Settings = {}): Promise<Pair> {
  const node = await network.carp("ours", { ...base, ...ours });
  const other = await network.ucarp("peer", { ...base, advskew: 100, ...peer });
  await waitForState(node, 1, "MASTER", 6000);
  await sleep(ucarpDeafMs);
  await waitFor(() => other.state() === "BACKUP", 3000, "ucarp is BACKUP");
  expect(await network.addresses("ours")).toContain(address);
  expect(await network.addresses("peer")).not.toContain(address);
  return { ours: node, peer: other };
}

/** Starts both, ucarp with advskew 0 and ours with 100, and waits until ucarp is MASTER and ours BACKUP. */
export async function electPeer(network: Network, ours: Settings = {}, peer: Settings = {}): Promise<Pair> {
  const other = await network.ucarp("peer", { ...base, ...peer });
  await sleep(800);
  const node = await network.carp("ours", { ...base, advskew: 100, ...ours });
  await waitFor(() => other.state() === "MASTER", 6000, "ucarp is MASTER");
  await waitForState(node, 1, "BACKUP", 3000);
  await waitFor(() => network.observer.heard(1, "peer").length >= 2, 3000, "ucarp advertises");
  expect(network.observer.heard(1, "ours")).toEqual([]);
  expect(await network.addresses("ours")).not.toContain(address);
  return { ours: node, peer: other };
}

/** Waits for the state of a virtual host and resolves with its status. */
export function waitForState(
  node: LabNode,
  vhid: number,
  state: VirtualHostStatus["state"],
  timeoutMs: number,
): Promise<VirtualHostStatus> {
  return waitFor(
    async () => {
      if (node.hasEnded) throw new Error("the node has ended");
      return (await node.status()).find((one) => one.vhid === vhid && one.state === state);
    },
    timeoutMs,
    `vhid ${vhid} is ${state}`,
    20,
  );
}

/** Waits until the host has the address, or has it no more. */
export function waitForAddress(
  network: Network,
  host: string,
  wanted: "held" | "gone",
  timeoutMs = 1000,
  which = address,
): Promise<boolean> {
  return waitFor(
    async () => (await network.addresses(host)).includes(which) === (wanted === "held"),
    timeoutMs,
    `${which} is ${wanted} on ${host}`,
  );
}

/** ucarp reads its socket a second late at the worst. */
export const ucarpDeafMs = 1300;

const base = { vhid: 1, addresses: [address] };
