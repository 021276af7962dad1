import { readStatus } from "../../host/control/client.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import type { HeardAdvertisement } from "../../host/demo/observer.ts";
import type { NodeStatus } from "../../host/node/api.ts";

/** The whole status of a node, as its control socket has it. */
export function nodeStatus(node: LabNode): Promise<NodeStatus> {
  return readStatus(node.socket);
}

/** The longest time between two advertisements that follow each other, in milliseconds. */
export function longestGapMs(heard: readonly HeardAdvertisement[]): number {
  return heard.slice(1).reduce((most, { at }, index) => Math.max(most, at - heard[index].at), 0);
}
