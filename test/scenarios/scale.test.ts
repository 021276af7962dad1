import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type LabNode, startNode } from "../../host/demo/nodes.ts";
import { waitForAnswer } from "../support/elect.ts";
import { type Network, program, withNetwork } from "../support/network.ts";
import { allAddresses, ip, machineState } from "../support/operator.ts";
import { masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = [
  { name: "one", addresses: ["10.7.0.3/16", "2001:db8:0::3/64"] },
  { name: "two", addresses: ["10.7.0.4/16", "2001:db8:0::4/64"] },
];
const interfaces = [0, 1, 2, 3];
const vhids = Array.from({ length: 64 }, (_, index) => index + 1);
const isVirtual = (address: string) => /10\.[78]\d?\.1\.|::1:/.test(address);

test("64 VHIDs in both families on each of 4 interfaces: start, reload, failover, return, and all is as before", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    await addCables(network);
    const before = await states(network);

    const begun = Date.now();
    const one = await start(network, "one", 0);
    await waitForAnswer(one);
    const two = await start(network, "two", 100);
    await waitForAll(one, "MASTER", begun + masterDownMs(0) + 1500 - Date.now());
    await waitForAll(two, "BACKUP", 100);
    await waitFor(
      async () => (await two.status()).every(({ master }) => master !== null),
      2500,
      "all are heard",
    );
    expect((await allAddresses(network.lab.host("one"))).filter(isVirtual).length).toBe(4 * 64 * 2);

    await reloadOneParameter(network, one);

    await waitFor(
      async () => (await two.status()).every(({ master }) => master !== null),
      2500,
      "all are heard",
    );
    const killedAt = Date.now();
    await one.stop("SIGKILL");
    await waitForAll(two, "MASTER", masterDownMs(100) + 1500);
    // The last advertisement came at most an interval, skewed where it was changed, before the end.
    const waits = (await two.status()).map(({ since }) => Date.parse(since) - killedAt - masterDownMs(100));
    expect(Math.min(...waits)).toBeGreaterThan(-1200);
    expect(Math.max(...waits)).toBeLessThan(500);

    const again = await start(network, "one", 0);
    await waitForAnswer(again);
    expect((await allAddresses(network.lab.host("one"))).some(isVirtual)).toBe(false);
    await waitFor(
      async () => (await again.status()).every(({ master }) => master !== null),
      2500,
      "all are heard",
    );
    const stoppedAt = Date.now();
    expect(await two.stop("SIGTERM")).toBe(0);
    await waitForAll(again, "MASTER", 1500);
    const moves = (await again.status()).map(({ since }) => Date.parse(since) - stoppedAt);
    expect(Math.max(...moves)).toBeLessThan(1000);
    expect(await again.stop("SIGTERM")).toBe(0);
    expect(await states(network)).toEqual(before);
  });
}, 60_000);

test("--vmac: 32 macvlans on an interface come and go together", async ({ skip }) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const host = network.lab.host("one");
    const before = await machineState(host);
    const lines = rcConf("one", 0, [0], vhids.slice(0, 32));
    const file = join(network.folder, "vmac.rc.conf");
    await writeFile(file, lines, { mode: 0o600 });
    const node = startNode(host, program, join(network.folder, "vmac.sock"), ["--rc-conf", file, "--vmac"]);
    await waitForAnswer(node);
    await waitForAll(node, "MASTER", 6000);
    expect((await ip(host, "-o link show type macvlan")).trim().split("\n").length).toBe(32);
    expect((await allAddresses(host)).filter(isVirtual).length).toBe(64);
    const stoppedAt = performance.now();
    expect(await node.stop("SIGTERM")).toBe(0);
    expect(performance.now() - stoppedAt).toBeLessThan(2000);
    expect(await machineState(host)).toBe(before);
  });
});

/** Three more cables between the two hosts, besides the bridge. */
async function addCables({ lab }: Network): Promise<void> {
  const [one, two] = [lab.host("one"), lab.host("two")];
  for (const at of interfaces.slice(1)) {
    await ip(one, `link add eth${at} type veth peer name eth${at} netns ${two.namespace.pid}`);
    for (const [host, own] of [
      [one, 3],
      [two, 4],
    ] as const) {
      await ip(host, `link set eth${at} up`);
      await ip(host, `addr add 10.8${at}.0.${own}/16 dev eth${at}`);
      await ip(host, `addr add 2001:db8:${at}::${own}/64 dev eth${at} nodad`);
    }
  }
  await sleep(100);
}

/** The new advskew is in force, nobody changes state, and no advertisement is late. */
async function reloadOneParameter(network: Network, node: LabNode): Promise<void> {
  const transitions = (await node.status()).map((one) => one.transitions);
  await writeFile(fileOf(network, "one"), rcConf("one", 0).replace("advskew 0", "advskew 1"));
  const from = Date.now();
  process.kill(node.pid, "SIGHUP");
  await waitFor(async () => (await node.status())[0].advskew === 1, 1000, "the reload is in force");
  await sleep(1300);
  expect((await node.status()).map((one) => one.transitions)).toEqual(transitions);
  const late = vhids.flatMap((vhid) => {
    const times = network.observer.heard(vhid, "one").filter(({ source }) => source === "10.7.0.3");
    return times
      .map(({ at }, index) => ({ vhid, at, gapMs: at - (times[index - 1]?.at ?? at) }))
      .filter(({ at, gapMs }) => at > from && gapMs > 1100);
  });
  expect(late).toEqual([]);
}

async function start(network: Network, host: string, advskew: number): Promise<LabNode> {
  await writeFile(fileOf(network, host), rcConf(host, advskew), { mode: 0o600 });
  const socket = join(network.folder, `${host}${Date.now()}.sock`);
  return startNode(network.lab.host(host), program, socket, ["--rc-conf", fileOf(network, host)]);
}

function fileOf(network: Network, host: string): string {
  return join(network.folder, `${host}.rc.conf`);
}

function rcConf(host: string, advskew: number, on = interfaces, of = vhids): string {
  const own = host === "one" ? 3 : 4;
  const lines = on.flatMap((at) => {
    const net = at === 0 ? "10.7" : `10.8${at}`;
    const parameters = `advskew ${advskew} pass testpass`;
    return [
      `ifconfig_eth${at}="inet ${net}.0.${own} netmask 255.255.0.0"`,
      ...of.flatMap((vhid, index) => [
        `ifconfig_eth${at}_alias${2 * index}="inet vhid ${vhid} ${parameters} alias ${net}.1.${vhid}/32"`,
        `ifconfig_eth${at}_alias${2 * index + 1}="inet6 vhid ${vhid} 2001:db8:${at}::1:${vhid} prefixlen 128"`,
      ]),
    ];
  });
  return `${lines.join("\n")}\n`;
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

/** Of both hosts; a start after a crash cannot know what promote_secondaries was before. */
function states({ lab }: Network): Promise<string[]> {
  return Promise.all(
    ["one", "two"].map(async (name) =>
      (await machineState(lab.host(name))).replace(/^.*promote_secondaries.*$/gm, ""),
    ),
  );
}
