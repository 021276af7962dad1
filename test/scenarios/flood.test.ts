import { expect, test } from "vitest";
import { catchAdvertisement, compileSender, send, withVhid, withWrongTags } from "../../bench/sender.mjs";
import { readStatus } from "../../host/control/client.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import { waitForAnswer, waitUntilHeard } from "../support/elect.ts";
import { type Network, withNetwork } from "../support/network.ts";
import { ifconfig, resourcesOf } from "../support/operator.ts";
import { waitForState } from "../support/pair.ts";
import { requireOrSkip } from "../support/require.ts";
import { sleep } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = [
  { name: "one", addresses: ["192.168.1.3/24"] },
  { name: "two", addresses: ["192.168.1.4/24"] },
];
const floodSeconds = 5;
const longestGapMs = 1200;
const mostGrowthMib = 5;
const mostLines = 10;

test("a flood of the master's own frames with wrong tags moves nothing, at the master and at the backup", async ({
  skip,
}) => {
  await withFlood(skip, async (network, one, two, flood) => {
    for (const [host, node] of [
      ["one", one],
      ["two", two],
    ] as const) {
      await sleep(1000);
      const before = await figuresOf(node);
      const { perSecond } = await flood(host, (frame) => withWrongTags(frame, 16));
      const after = await figuresOf(node);
      const heard = network.observer.heard(1, "one").filter(({ at }) => at >= before.at && at <= after.at);
      console.log(
        `${Math.round(perSecond)} frames/s at ${host}: ${(after.residentMib - before.residentMib).toFixed(1)} MiB more, ` +
          `${(after.processorMs - before.processorMs) / (floodSeconds * 10)} % of a core`,
      );
      expect(perSecond).toBeGreaterThan(5000);
      expect(after.badauth - before.badauth).toBeGreaterThan(5000 * floodSeconds);
      expect(heard.length).toBeGreaterThanOrEqual(floodSeconds - 1);
      const gaps = heard.slice(1).map(({ at }, index) => at - heard[index].at);
      expect(Math.max(...gaps)).toBeLessThan(longestGapMs);
      if (host === "two") expect(after.accepted - before.accepted).toBeGreaterThanOrEqual(heard.length - 1);
      expect(network.observer.heard(1, "two")).toEqual([]);
      expect(after.transitions).toBe(before.transitions);
      expect(after.residentMib - before.residentMib).toBeLessThan(mostGrowthMib);
      expect(after.lines - before.lines).toBeLessThanOrEqual(mostLines);
    }
  });
});

test("a flood for a VHID that is not configured does not reach the node, and one that is added is heard", async ({
  skip,
}) => {
  await withFlood(skip, async (_network, one, two, flood) => {
    const before = await figuresOf(two);
    await flood("two", (frame) => [withVhid(frame, 2)], 1);
    const after = await figuresOf(two);
    expect(after.badvhid).toBe(before.badvhid);
    expect(after.accepted).toBeGreaterThan(before.accepted);
    const words = "vhid 2 pass testpass advskew 0 alias 192.168.1.51/32";
    await ifconfig(one, words);
    await ifconfig(two, words.replace("advskew 0", "advskew 100"));
    await waitForState(one, 2, "MASTER", 6000);
    await waitUntilHeard(two, 2);
    await waitForState(two, 2, "BACKUP", 1000);
  });
});

type FloodAt = (
  host: string,
  make: (frame: Uint8Array) => Uint8Array[],
  seconds?: number,
) => ReturnType<typeof send>;

/** A master and its backup, and a way to flood either from the switch's end of its cable. */
async function withFlood(
  skip: (reason: string) => void,
  body: (network: Network, one: LabNode, two: LabNode, flood: FloodAt) => Promise<void>,
): Promise<void> {
  await withNetwork(skip, needs, plan, async (network) => {
    const sender = await compileSender(network.folder);
    requireOrSkip(sender !== undefined, "a C compiler (cc) is needed for the flood", skip);
    const virtual = { vhid: 1, addresses: ["192.168.1.50"] };
    const one = await network.carp("one", virtual);
    await waitForState(one, 1, "MASTER", 6000);
    const two = await network.carp("two", { ...virtual, advskew: 100 });
    await waitForAnswer(two);
    await waitUntilHeard(two, 1);
    const { bridge } = network.lab;
    const portOf = (host: string) => network.lab.host(host).port;
    const frame = await catchAdvertisement(bridge, portOf("one"));
    await body(network, one, two, (host, make, seconds = floodSeconds) =>
      send(sender ?? "", bridge, { seconds, frames: make(frame), interfaceName: portOf(host) }),
    );
  });
}

async function figuresOf(node: LabNode) {
  const [status, resources] = await Promise.all([readStatus(node.socket), resourcesOf(node.pid)]);
  const [{ counters, transitions }] = status.virtual_hosts;
  return {
    ...resources,
    at: Date.now(),
    accepted: counters.ipackets - counters.badauth,
    badauth: counters.badauth,
    badvhid: status.counters.badvhid,
    transitions,
    lines: node.lines.length,
  };
}
