import { expect, test } from "vitest";
import type { HeardAdvertisement } from "../../host/demo/observer.ts";
import { withNetwork } from "../support/network.ts";
import { address, pairPlan, waitForAddress, waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "ucarp", "tcpdump"] as const;
const other = "192.168.1.51";
const handbookPlan = [
  { name: "hosta", addresses: ["192.168.1.3/24"] },
  { name: "hostb", addresses: ["192.168.1.4/24"] },
  { name: "hostc", addresses: ["192.168.1.5/24"] },
];
const hosta = [
  'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
  'ifconfig_em0_alias0="inet vhid 1 pass testpass alias 192.168.1.50/32"',
];
const hostb = [
  'ifconfig_em0="inet 192.168.1.4 netmask 255.255.255.0"',
  'ifconfig_em0_alias0="inet vhid 2 pass testpass alias 192.168.1.51/32"',
];
const hostc = [
  'ifconfig_em0="inet 192.168.1.5 netmask 255.255.255.0"',
  'ifconfig_em0_alias0="inet vhid 1 advskew 100 pass testpass alias 192.168.1.50/32"',
  'ifconfig_em0_alias1="inet vhid 2 advskew 100 pass testpass alias 192.168.1.51/32"',
];

test.concurrent("wrong pass phrase: counted as badauth, both MASTER, nobody flaps", async ({ skip }) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const ours = await network.carp("ours", { vhid: 1, addresses: [address] });
    const peer = await network.ucarp("peer", { vhid: 1, addresses: [address], pass: "otherpass" });
    await waitForState(ours, 1, "MASTER", 6000);
    await waitFor(() => peer.state() === "MASTER", 6000, "ucarp is MASTER");
    const [before] = await ours.status();
    const heardBefore = network.observer.heard(1, "ours").length;
    await sleep(8000);
    const [after] = await ours.status();
    expect(after.state).toBe("MASTER");
    expect(after.last_transition).toEqual(before.last_transition);
    expect(after.counters.badauth - before.counters.badauth).toBeGreaterThanOrEqual(7);
    expect(after.counters.badauth - before.counters.badauth).toBeLessThanOrEqual(9);
    const heard = network.observer.heard(1, "ours").length - heardBefore;
    expect([7, 8, 9]).toContain(heard);
    expect(peer.lines.filter(({ text }) => text.includes("Switching to state: MASTER")).length).toBe(1);
    expect(ours.lines.map(({ text }) => text).join("\n")).not.toMatch(/testpass|otherpass/);
  });
});

test.concurrent("two VHIDs crosswise: each side leads one, and ours takes the other when ucarp is killed", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const second = await network.ucarp("peer", { vhid: 2, addresses: [other] });
    await sleep(800);
    const ours = await network.carpFromRcConf("ours", [
      'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
      'ifconfig_em0_alias0="inet vhid 1 pass testpass alias 192.168.1.50/32"',
      'ifconfig_em0_alias1="inet vhid 2 advskew 100 pass testpass alias 192.168.1.51/32"',
    ]);
    const first = await network.ucarp("peer", { vhid: 1, addresses: [address], advskew: 100 });
    await waitForState(ours, 1, "MASTER", 6000);
    await waitForState(ours, 2, "BACKUP", 1000);
    await sleep(1500);
    expect([first.state(), second.state()]).toEqual(["BACKUP", "MASTER"]);
    expect(network.observer.heard(2, "ours")).toEqual([]);
    const takeover = awaitTakeover(network.observer, 2, "peer", "ours", 6000);
    await Promise.all([first.stop("SIGKILL"), second.stop("SIGKILL")]);
    expectFormula((await takeover).afterMs, 100);
    await waitForAddress(network, "ours", "held", 1000, other);
    expect(await network.addresses("ours")).toContain(address);
  });
});

test.concurrent("the handbook's three hosts, all ours, started together three times: no false MASTER", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], handbookPlan, async (network) => {
    for (let start = 0; start < 3; start++) {
      const begun = Date.now();
      const [a, b, c] = await Promise.all([
        network.carpFromRcConf("hosta", hosta),
        network.carpFromRcConf("hostb", hostb),
        network.carpFromRcConf("hostc", hostc),
      ]);
      await waitForState(a, 1, "MASTER", 6000);
      await waitForState(b, 2, "MASTER", 2000);
      await sleep(1500);
      for (const vhid of [1, 2]) await waitForState(c, vhid, "BACKUP", 100);
      expect(network.observer.heard(1, "hostc").filter(({ at }) => at > begun)).toEqual([]);
      expect(network.observer.heard(2, "hostc").filter(({ at }) => at > begun)).toEqual([]);
      await Promise.all([a, b, c].map((node) => node.stop("SIGKILL")));
      await Promise.all(handbookPlan.map(({ name }) => network.lab.resetAddresses(name)));
    }
  });
});

test.concurrent("the handbook's three hosts, hosta a ucarp: ours is MASTER only where the formula says so", async ({
  skip,
}) => {
  await withNetwork(skip, needs, handbookPlan, async (network) => {
    const begun = Date.now();
    const [a, b, c] = await Promise.all([
      network.ucarp("hosta", { vhid: 1, addresses: [address] }),
      network.carpFromRcConf("hostb", hostb),
      network.carpFromRcConf("hostc", hostc),
    ]);
    await waitFor(() => a.state() === "MASTER", 6000, "ucarp is MASTER of vhid 1");
    await waitForState(b, 2, "MASTER", 3000);
    await sleep(2500);
    for (const vhid of [1, 2]) await waitForState(c, vhid, "BACKUP", 100);
    expect(network.observer.heard(2, "hostc")).toEqual([]);
    expect(unlawful(network.observer.heard(1), begun)).toEqual([]);
  });
});

/** The advertisements of hostc that came before its master-down time had passed in silence. */
function unlawful(heard: readonly HeardAdvertisement[], begun: number): HeardAdvertisement[] {
  return heard.filter((one, index) => {
    const previous = heard[index - 1];
    const isFirst = one.host === "hostc" && previous?.host !== "hostc";
    return isFirst && one.at - (previous?.at ?? begun) < masterDownMs(100) - 20;
  });
}
