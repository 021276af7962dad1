import { expect, test } from "vitest";
import { withNetwork } from "../support/network.ts";
import {
  address,
  electOurs,
  electPeer,
  pairPlan,
  ucarpDeafMs,
  waitForAddress,
  waitForState,
} from "../support/pair.ts";
import { awaitTakeover, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "ucarp", "tcpdump"] as const;
const virtual = { vhid: 1, addresses: [address] };

test.concurrent("ours returns after kill -9 without preemption: BACKUP, and the address it left is gone", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electOurs(network);
    await ours.stop("SIGKILL");
    await waitFor(() => peer.state() === "MASTER", 8000, "ucarp is MASTER");
    const before = network.observer.heard(1, "ours").length;
    const again = await network.carp("ours", virtual);
    await waitForState(again, 1, "BACKUP", 3000);
    expect(await network.addresses("ours")).not.toContain(address);
    await sleep(masterDownMs(0) + 500);
    expect((await again.status())[0].state).toBe("BACKUP");
    expect(network.observer.heard(1, "ours").length).toBe(before);
    expect(peer.state()).toBe("MASTER");
  });
});

test.concurrent("ours returns after kill -9 with preemption: MASTER with ucarp's next advertisement", async ({
  skip,
}) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electOurs(network);
    await ours.stop("SIGKILL");
    await waitFor(() => peer.state() === "MASTER", 8000, "ucarp is MASTER");
    const takeover = awaitTakeover(network.observer, 1, "peer", "ours", 5000);
    const again = await network.carp("ours", { ...virtual, preempt: true });
    expect((await takeover).afterMs).toBeLessThan(100);
    expect((await waitForState(again, 1, "MASTER", 500)).last_transition?.reason).toContain("preempting");
    await waitFor(() => peer.state() === "BACKUP", 1000 + ucarpDeafMs, "ucarp steps down");
    await waitForAddress(network, "ours", "held");
    await waitForAddress(network, "peer", "gone");
    await sleep(1500);
    expect([(await again.status())[0].state, peer.state()]).toEqual(["MASTER", "BACKUP"]);
  });
});

test.concurrent("ucarp returns without -P: ours stays MASTER", async ({ skip }) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electPeer(network);
    await peer.stop("SIGKILL");
    const { at } = (await waitForState(ours, 1, "MASTER", 6000)).last_transition ?? {};
    const again = await network.ucarp("peer", virtual);
    await sleep(masterDownMs(0) + 1500);
    expect([(await ours.status())[0].state, again.state()]).toEqual(["MASTER", "BACKUP"]);
    expect((await ours.status())[0].last_transition?.at).toBe(at);
    expect(await network.addresses("ours")).toContain(address);
  });
});

test.concurrent("ucarp returns with -P: ours gives the address back", async ({ skip }) => {
  await withNetwork(skip, needs, pairPlan, async (network) => {
    const { ours, peer } = await electPeer(network);
    await peer.stop("SIGKILL");
    await waitForState(ours, 1, "MASTER", 6000);
    const again = await network.ucarp("peer", { ...virtual, preempt: true });
    await waitFor(() => again.state() === "MASTER", 5000, "ucarp preempts");
    await waitForState(ours, 1, "BACKUP", 1500);
    await waitForAddress(network, "ours", "gone");
    await sleep(1500);
    expect([(await ours.status())[0].state, again.state()]).toEqual(["BACKUP", "MASTER"]);
  });
});
