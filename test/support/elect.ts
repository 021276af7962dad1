import { expect } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { makeMaster } from "./adverts.ts";
import type { Network, VirtualHost } from "./network.ts";
import { waitForState } from "./pair.ts";
import { waitFor } from "./wait.ts";

/** Two nodes of ours, on the hosts `one` (advskew 0) and `two` (advskew 100). */
export interface Elected {
  readonly one: LabNode;
  readonly two: LabNode;
}

/** Starts both, the better one first, and waits until it is MASTER and the other has stayed BACKUP. */
export async function electOne(
  network: Network,
  virtual: VirtualHost,
  others: Partial<VirtualHost> = {},
): Promise<Elected> {
  const one = await network.carp("one", virtual);
  await waitForAnswer(one);
  const two = await network.carp("two", { ...virtual, advskew: 100, ...others });
  await waitForState(one, virtual.vhid, "MASTER", 6000);
  const [status] = await waitForAnswer(two);
  expect(status).toMatchObject({ state: "BACKUP", transitions: 1 });
  return { one, two };
}

/** The same sooner: both start together, and the better one is made MASTER by hand. */
export async function electByHand(
  network: Network,
  virtual: VirtualHost,
  others: Partial<VirtualHost> = {},
): Promise<Elected> {
  const one = await network.carp("one", virtual);
  const two = await network.carp("two", { ...virtual, advskew: 100, ...others });
  await makeMaster(one);
  await waitForState(two, virtual.vhid, "BACKUP", 15_000);
  expect((await one.status())[0].state).toBe("MASTER");
  return { one, two };
}

/** Waits until the node answers, which is when it has started. */
export function waitForAnswer(node: LabNode) {
  return waitFor(
    () => {
      if (node.hasEnded) throw new Error("the node has ended");
      return node.status();
    },
    8000,
    "the node answers",
    20,
  );
}

/** Waits until the backup has heard a master: from then on the formula counts from its last advertisement. */
export function waitUntilHeard(node: LabNode, vhid: number) {
  return waitFor(
    async () => {
      const found = (await node.status()).find((one) => one.vhid === vhid);
      return found?.state === "BACKUP" && found.master !== null;
    },
    3000,
    `vhid ${vhid} hears a master`,
    20,
  );
}
