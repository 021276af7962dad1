import { expect, test } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { waitForAnswer, waitUntilHeard } from "../support/elect.ts";
import { type Network, withNetwork } from "../support/network.ts";
import { resourcesOf } from "../support/operator.ts";
import { waitForState } from "../support/pair.ts";
import { masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = [
  { name: "one", addresses: ["10.7.0.3/16", "2001:db8::3/64"] },
  { name: "two", addresses: ["10.7.0.4/16", "2001:db8::4/64"] },
];

test("40 addresses in a VHID: all appear, all are announced, all move, all are withdrawn", async ({
  skip,
}) => {
  const shared = [
    ...Array.from({ length: 30 }, (_, index) => `10.7.1.${index + 1}`),
    ...Array.from({ length: 10 }, (_, index) => `2001:db8::1:${index + 1}`),
  ];
  await withNetwork(skip, needs, plan, async (network) => {
    const virtual = { vhid: 3, addresses: shared };
    const held = async (host: string) =>
      (await network.addresses(host)).filter((address) => shared.includes(address)).sort();
    const one = await network.carp("one", virtual);
    await waitForState(one, 3, "MASTER", 6000);
    expect(await held("one")).toEqual([...shared].sort());
    await waitForAllAnnounced(network, "one", shared);
    const two = await network.carp("two", { ...virtual, advskew: 100 });
    await waitForAnswer(two);
    await waitUntilHeard(two, 3);
    expect(await held("two")).toEqual([]);
    expect(await one.stop("SIGTERM")).toBe(0);
    expect(await held("one")).toEqual([]);
    await waitForState(two, 3, "MASTER", 250);
    expect(await held("two")).toEqual([...shared].sort());
    await waitForAllAnnounced(network, "two", shared);
    expect(await two.stop("SIGTERM")).toBe(0);
    expect(await held("two")).toEqual([]);
  });
});

test("255 VHIDs on an interface: all MASTER, all fail over by the formula, a polite stop moves all", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const one = await network.carpFromRcConf("one", linesOf("10.7.0.3", 0));
    await waitForAnswer(one);
    const begun = Date.now();
    const two = await network.carpFromRcConf("two", linesOf("10.7.0.4", 100));
    await waitForAll(one, "MASTER", masterDownMs(0) + 1000 - (Date.now() - begun));
    await waitForAll(two, "BACKUP", 100);
    await waitFor(
      async () => (await two.status()).every(({ master }) => master === "10.7.0.3"),
      2500,
      "all masters are heard",
    );
    const before = await resourcesOf(one.pid);
    await sleep(2000);
    const after = await resourcesOf(one.pid);
    console.log(
      `255 VHIDs as MASTER: ${after.residentMib.toFixed(0)} MiB resident, ` +
        `${((after.processorMs - before.processorMs) / 20).toFixed(1)} % of a core`,
    );
    expect(after.residentMib).toBeLessThan(200);
    expect(after.processorMs - before.processorMs).toBeLessThan(1000);
    expect(network.observer.advertisements.filter(({ host }) => host === "two")).toEqual([]);

    await Promise.all([one.stop("SIGKILL"), network.lab.setPort("one", "down")]);
    await waitForAllHeard(network, "two", 0, masterDownMs(100) + 1500);
    const late = vhids.filter((vhid) => {
      const last = network.observer.heard(vhid, "one").at(-1)?.at ?? 0;
      const afterMs = network.observer.heard(vhid, "two")[0].at - last;
      return afterMs < masterDownMs(100) - 20 || afterMs > masterDownMs(100) + 500;
    });
    expect(late).toEqual([]);
    await waitForAll(two, "MASTER", 500);
    expect((await network.addresses("two")).filter((address) => address.startsWith("10.7.2.")).length).toBe(
      255,
    );

    await network.lab.resetAddresses("one");
    await network.lab.setPort("one", "up");
    const again = await network.carpFromRcConf("one", linesOf("10.7.0.3", 0));
    await waitForAnswer(again);
    await waitFor(
      async () => (await again.status()).every(({ master }) => master === "10.7.0.4"),
      2500,
      "all masters are heard",
    );
    const stoppedAt = Date.now();
    expect(await two.stop("SIGTERM")).toBe(0);
    await waitForAllHeard(network, "one", stoppedAt, 1000);
    const moved = vhids.map(
      (vhid) => network.observer.heard(vhid, "one").find(({ at }) => at >= stoppedAt)?.at,
    );
    expect(Math.max(...moved.map((at) => (at ?? Infinity) - stoppedAt))).toBeLessThan(500);
    await waitForAll(again, "MASTER", 500);
    expect((await network.addresses("two")).some((address) => address.startsWith("10.7.2."))).toBe(false);
  });
});

const vhids = Array.from({ length: 255 }, (_, index) => index + 1);

function linesOf(own: string, advskew: number): string[] {
  return [
    `ifconfig_em0="inet ${own} netmask 255.255.0.0"`,
    ...vhids.map(
      (vhid, index) =>
        `ifconfig_em0_alias${index}="inet vhid ${vhid} advskew ${advskew} pass testpass alias 10.7.2.${vhid}/32"`,
    ),
  ];
}

function waitForAll(node: LabNode, state: "MASTER" | "BACKUP", timeoutMs: number): Promise<true> {
  return waitFor(
    async () => {
      const others = (await node.status()).filter((one) => one.state !== state);
      if (others.length > 0) throw new Error(`${others.length} are not`);
      return true;
    },
    timeoutMs,
    `all are ${state}`,
    50,
  );
}

async function waitForAllHeard(
  network: Network,
  host: string,
  since: number,
  timeoutMs: number,
): Promise<void> {
  await waitFor(
    () => {
      const heard = network.observer.advertisements.filter((one) => one.host === host && one.at >= since);
      return new Set(heard.map(({ vhid }) => vhid)).size === vhids.length;
    },
    timeoutMs,
    `${host} advertises all VHIDs`,
    50,
  );
}

async function waitForAllAnnounced(network: Network, host: string, shared: readonly string[]): Promise<void> {
  await waitFor(
    () => {
      const heard = network.observer.announcements.filter((one) => one.host === host);
      const missing = shared.filter((address) => !heard.some((one) => one.address === address));
      if (missing.length > 0) throw new Error(`not announced: ${missing.join(" ")}`);
      return true;
    },
    1000,
    "all addresses are announced",
  );
}
