import { changeVirtualHost, readStatus } from "../../host/control/client.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import type { HeardAdvertisement } from "../../host/demo/observer.ts";
import type { NodeStatus } from "../../host/node/api.ts";
import { waitFor } from "./wait.ts";

/** The whole status of a node, as its control socket has it. */
export function nodeStatus(node: Pick<LabNode, "socket">): Promise<NodeStatus> {
  return readStatus(node.socket);
}

/** Makes a node MASTER of its first virtual host by hand, as soon as it answers, rather than wait for its timer. */
export async function makeMaster(node: Pick<LabNode, "socket" | "hasEnded">): Promise<void> {
  await waitFor(
    async () => {
      if (node.hasEnded) throw new Error("the node has ended");
      const [{ interface: interfaceName, vhid, state }] = (await nodeStatus(node)).virtual_hosts;
      if (state === "MASTER") return true;
      await changeVirtualHost(node.socket, { interface: interfaceName, vhid, state: "MASTER" });
      return false;
    },
    15_000,
    "the node is MASTER",
    50,
  );
}

/** The longest time between two advertisements that follow each other, in milliseconds. */
export function longestGapMs(heard: readonly HeardAdvertisement[]): number {
  return heard.slice(1).reduce((most, { at }, index) => Math.max(most, at - heard[index].at), 0);
}
