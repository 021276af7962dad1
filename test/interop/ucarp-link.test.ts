import { expect, test } from "vitest";
import { withNetwork } from "../support/network.ts";
import { address, electOurs, electPeer, pairPlan, waitForAddress, waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "ucarp", "tcpdump"] as const;

for (const cause of ["link taken down", "carrier lost"] as const) {
  test.concurrent(`${cause} at ours: INIT, ucarp takes over, ours comes back as BACKUP`, async ({ skip }) => {
    await withNetwork(skip, needs, pairPlan, async (network) => {
      const { ours, peer } = await electOurs(network);
      const set = cause === "link taken down" ? network.lab.setLink : network.lab.setPort;
      const takeover = awaitTakeover(network.observer, 1, "ours", "peer", 8000);
      await set("ours", "down");
      await waitForState(ours, 1, "INIT", 1500);
      await waitForAddress(network, "ours", "gone");
      const { afterMs } = await takeover;
      expect(afterMs).toBeGreaterThan(masterDownMs(100) - 50);
      expect(afterMs).toBeLessThan(masterDownMs(100) + 2500);
      const before = network.observer.heard(1, "ours").length;
      await set("ours", "up");
      await waitForState(ours, 1, "BACKUP", 2500);
      await sleep(masterDownMs(0) + 500);
      expect(network.observer.heard(1, "ours").length).toBe(before);
      expect([(await ours.status())[0].state, peer.state()]).toEqual(["BACKUP", "MASTER"]);
    });
  });
}

test.concurrent("link taken down at ucarp: ours takes over when the master-down time has passed", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    await electPeer(network);
    const takeover = awaitTakeover(network.observer, 1, "peer", "ours", 6000);
    await network.lab.setLink("peer", "down");
    expectFormula((await takeover).afterMs, 100);
    await waitForAddress(network, "ours", "held");
  });
});

test.concurrent("cable cut with carrier kept, ours the better: both MASTER, and ours stays when it heals", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electOurs(network);
    const [before] = await ours.status();
    await network.lab.cut("ours");
    await waitFor(() => peer.state() === "MASTER", 8000, "ucarp is MASTER as well");
    expect((await ours.status())[0].state).toBe("MASTER");
    await network.lab.heal("ours");
    await waitFor(() => peer.state() === "BACKUP", 4000, "ucarp steps down");
    await waitForAddress(network, "peer", "gone");
    expect(await network.addresses("ours")).toContain(address);
    const [after] = await ours.status();
    expect(after.last_transition).toEqual(before.last_transition);
    expect(longestSilenceMs(network.observer.heard(1, "ours").map(({ at }) => at))).toBeLessThan(1250);
  });
});

test.concurrent("cable cut with carrier kept, ucarp the better: ours takes over and steps down when it heals", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electPeer(network);
    const lastBeforeCut = network.observer.heard(1, "peer").at(-1)?.at ?? 0;
    await network.lab.cut("peer");
    const { first } = await awaitTakeover(network.observer, 1, "peer", "ours", 6000);
    const heardUntil = network.observer.heard(1, "peer").findLast(({ at }) => at <= lastBeforeCut + 1100);
    expect(first.at - (heardUntil?.at ?? 0)).toBeLessThan(masterDownMs(100) + 250);
    await waitForState(ours, 1, "MASTER", 500);
    expect(peer.state()).toBe("MASTER");
    await network.lab.heal("peer");
    await waitForState(ours, 1, "BACKUP", 1500);
    await waitForAddress(network, "ours", "gone");
    expect(await network.addresses("peer")).toContain(address);
    await sleep(1500);
    expect([(await ours.status())[0].state, peer.state()]).toEqual(["BACKUP", "MASTER"]);
  });
});

function longestSilenceMs(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((at, index) => at - times[index]));
}
