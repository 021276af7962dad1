import { expect, test } from "vitest";
import { statusByCommand, withNetwork } from "../support/network.ts";
import { address, electOurs, electPeer, pairPlan, ucarpDeafMs, waitForAddress } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "ucarp", "tcpdump"] as const;

test.concurrent("election: ours, with the lower advskew, becomes MASTER and ucarp BACKUP", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electOurs(network);
    const [status] = await statusByCommand(ours);
    expect(status).toMatchObject({ interface: "eth0", vhid: 1, state: "MASTER", advbase: 1, advskew: 0 });
    expect(status.addresses).toEqual([`${address}/32`]);
    expect(status.last_transition).toMatchObject({ from: "BACKUP", to: "MASTER" });
    await sleep(2000);
    expect(peer.state()).toBe("BACKUP");
    expect(network.observer.heard(1, "peer")).toEqual([]);
  });
});

test.concurrent("election: ucarp, with the lower advskew, becomes MASTER and ours BACKUP", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours } = await electPeer(network);
    await sleep(masterDownMs(100));
    const [status] = await statusByCommand(ours);
    expect(status).toMatchObject({ vhid: 1, state: "BACKUP", advskew: 100, master: "192.168.1.4" });
    expect(status.counters.badauth).toBe(0);
    expect(network.observer.heard(1, "ours")).toEqual([]);
  });
});

test.concurrent("clean stop of ours: ucarp takes over at once, not after the master-down time", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours } = await electOurs(network);
    const takeover = awaitTakeover(network.observer, 1, "ours", "peer", 5000);
    expect(await ours.stop("SIGTERM")).toBe(0);
    expect(await network.addresses("ours")).not.toContain(address);
    const { last, afterMs } = await takeover;
    expect(last).toMatchObject({ advbase: 255, advskew: 255 });
    expect(afterMs).toBeLessThan(ucarpDeafMs);
    await waitForAddress(network, "peer", "held");
  });
});

test.concurrent("clean stop of ucarp: ours takes over when the master-down time has passed", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { peer } = await electPeer(network);
    const takeover = awaitTakeover(network.observer, 1, "peer", "ours", 6000);
    await peer.stop("SIGTERM");
    expectFormula((await takeover).afterMs, 100);
    await waitForAddress(network, "ours", "held");
  });
});

test.concurrent("kill -9 of ours: ucarp takes over", async ({ skip }) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours } = await electOurs(network);
    const takeover = awaitTakeover(network.observer, 1, "ours", "peer", 8000);
    await ours.stop("SIGKILL");
    const { last, afterMs } = await takeover;
    expect(last).toMatchObject({ advbase: 1, advskew: 0 });
    expect(afterMs).toBeGreaterThan(masterDownMs(100) - 50);
    expect(afterMs).toBeLessThan(masterDownMs(100) + 2500);
  });
});

test.concurrent("kill -9 of ucarp: ours takes over when the master-down time has passed", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { peer } = await electPeer(network);
    const takeover = awaitTakeover(network.observer, 1, "peer", "ours", 6000);
    await peer.stop("SIGKILL");
    const { first, afterMs } = await takeover;
    expectFormula(afterMs, 100);
    const announced = await waitFor(
      () => network.observer.announcements.find((one) => one.host === "ours" && one.address === address),
      1000,
      "a gratuitous ARP",
    );
    expect(announced.at - first.at).toBeLessThan(100);
    expect(announced.mac).toBe(network.lab.host("ours").mac);
  });
});
