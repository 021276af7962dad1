import { expect, test } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { handbook } from "../../host/demo/scenario.ts";
import { waitForAnswer } from "../support/elect.ts";
import { type Network, statusByCommand, withNetwork } from "../support/network.ts";
import { ifconfig } from "../support/operator.ts";
import { waitForAddress, waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = handbook.map(({ name, address }) => ({ name, addresses: [`${address}/24`] }));
const shared = "192.168.1.50";

/** The same hosts in the handbook's older edition, with interfaces of their own for CARP. */
const clonedInterfaces: Readonly<Record<string, readonly string[]>> = {
  hosta: [
    'hostname="hosta.example.org"',
    'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
    'cloned_interfaces="carp0"',
    'ifconfig_carp0="vhid 1 pass testpass 192.168.1.50/24"',
  ],
  hostb: [
    'hostname="hostb.example.org"',
    'ifconfig_em0="inet 192.168.1.4 netmask 255.255.255.0"',
    'cloned_interfaces="carp0"',
    'ifconfig_carp0="vhid 2 pass testpass 192.168.1.51/24"',
  ],
  hostc: [
    'hostname="hostc.example.org"',
    'ifconfig_em0="inet 192.168.1.5 netmask 255.255.255.0"',
    'cloned_interfaces="carp0 carp1"',
    'ifconfig_carp0="vhid 1 advskew 100 pass testpass 192.168.1.50/24"',
    'ifconfig_carp1="vhid 2 advskew 100 pass testpass 192.168.1.51/24"',
  ],
};
const aliases = Object.fromEntries(handbook.map(({ name, rcConf }) => [name, rcConf]));

for (const [edition, lines] of [
  ["FreeBSD 10 and later", aliases],
  ["FreeBSD 9 and earlier", clonedInterfaces],
] as const) {
  test.concurrent(`${edition}, preempt=1: hostc takes over from hosta, which returns and preempts`, async ({
    skip,
  }) => {
    await withNetwork(skip, needs, plan, async (network) => {
      const { a, b, c } = await startTogether(network, lines, ["--preempt"]);
      await loseHosta(network, a, c);
      const returned = await returnHosta(network, lines, ["--preempt"]);
      await waitForAnswer(returned);
      await waitForState(returned, 1, "MASTER", 2000);
      await waitForState(c, 1, "BACKUP", 500);
      await waitForAddress(network, "hostc", "gone");
      expect(await statusByCommand(c)).toMatchObject([
        { vhid: 1, state: "BACKUP", master: "192.168.1.3" },
        { vhid: 2, state: "BACKUP", master: "192.168.1.4", transitions: 1 },
      ]);
      expect((await b.status())[0].state).toBe("MASTER");
    });
  });

  test.concurrent(`${edition}, preempt=0: hosta returns as BACKUP, and takes over when hostc is told to hand over`, async ({
    skip,
  }) => {
    await withNetwork(skip, needs, plan, async (network) => {
      const { a, c } = await startTogether(network, lines, []);
      await loseHosta(network, a, c);
      const returned = await returnHosta(network, lines, []);
      await waitForState(returned, 1, "BACKUP", 2000);
      await sleep(3500);
      expect((await returned.status())[0]).toMatchObject({ state: "BACKUP", master: "192.168.1.5" });
      const takeover = awaitTakeover(network.observer, 1, "hostc", "hosta", 2000);
      expect(await ifconfig(c, "vhid 1 state backup")).toEqual({ code: 0, out: "", err: "" });
      expect((await takeover).afterMs).toBeLessThan(250);
      await waitForState(returned, 1, "MASTER", 250);
      await waitForAddress(network, "hosta", "held");
      await waitForAddress(network, "hostc", "gone");
    });
  });
}

async function startTogether(
  network: Network,
  lines: Readonly<Record<string, readonly string[]>>,
  more: readonly string[],
) {
  const [a, b, c] = await startWithin(headStartMs, network, lines, more);
  await waitForState(a, 1, "MASTER", 6000);
  await waitForState(b, 2, "MASTER", 2000);
  await sleep(1500);
  expect(await statusByCommand(c)).toMatchObject([
    { interface: "eth0", vhid: 1, state: "BACKUP", advskew: 100, master: "192.168.1.3", transitions: 1 },
    { interface: "eth0", vhid: 2, state: "BACKUP", advskew: 100, master: "192.168.1.4", transitions: 1 },
  ]);
  expect(network.observer.advertisements.filter(({ host }) => host === "hostc")).toEqual([]);
  return { a, b, c };
}

/** So much earlier may hostc, with advskew 100, start than the others, and still not be MASTER first. */
const headStartMs = masterDownMs(100) - masterDownMs(0) - 40;

/** Starts the three at once; on a machine so busy that they are not, once more. */
async function startWithin(
  spreadMs: number,
  network: Network,
  lines: Readonly<Record<string, readonly string[]>>,
  more: readonly string[],
): Promise<LabNode[]> {
  for (let attempt = 1; ; attempt++) {
    const nodes = await Promise.all(plan.map(({ name }) => network.carpFromRcConf(name, lines[name], more)));
    const [a, b, c] = (await Promise.all(nodes.map(waitForAnswer))).map(([{ since }]) => Date.parse(since));
    if (Math.max(a, b) - c < spreadMs || attempt === 5) return nodes;
    await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
  }
}

async function loseHosta(network: Network, a: LabNode, c: LabNode): Promise<void> {
  const takeover = awaitTakeover(network.observer, 1, "hosta", "hostc", 6000);
  await Promise.all([a.stop("SIGKILL"), network.lab.setPort("hosta", "down")]);
  expectFormula((await takeover).afterMs, 100);
  await waitForState(c, 1, "MASTER", 250);
  await waitForAddress(network, "hostc", "held");
  expect(await network.addresses("hostc")).toContain(shared);
}

async function returnHosta(
  network: Network,
  lines: Readonly<Record<string, readonly string[]>>,
  more: readonly string[],
): Promise<LabNode> {
  await network.lab.resetAddresses("hosta");
  await network.lab.setPort("hosta", "up");
  return network.carpFromRcConf("hosta", lines.hosta, more);
}
