import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { longestGapMs, makeMaster } from "../support/adverts.ts";
import { electByHand } from "../support/elect.ts";
import { type Network, withNetwork } from "../support/network.ts";
import { ifconfig, sysctl } from "../support/operator.ts";
import { address, waitForAddress, waitForState } from "../support/pair.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = ["one", "two", "client"].map((name, index) => ({
  name,
  addresses: [`192.168.1.${3 + index}/24`],
}));
const needs = ["carp", "tcpdump", "ping"] as const;
/** There and back; CARP_LONG=1 has a hundred handovers. */
const rounds = process.env.CARP_LONG === "1" ? 50 : 3;

test.concurrent("H23: maintenance by demotion: a client that asks every 10 ms is never without an answer for 100 ms", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electByHand(network, { vhid: 1, addresses: [address], preempt: true });
    const client = await startPing(network);
    for (let round = 0; round < rounds; round++) {
      expect((await sysctl(one, "net.inet.carp.demotion=240")).code).toBe(0);
      await waitForState(two, 1, "MASTER", 1000);
      await waitForAddress(network, "one", "gone", 500);
      await sleep(200);
      expect((await sysctl(one, "net.inet.carp.demotion=-240")).code).toBe(0);
      await waitForState(one, 1, "MASTER", 2000);
      await waitForAddress(network, "two", "gone", 500);
      await sleep(200);
    }
    expect(await client.longestSilenceMs()).toBeLessThan(100);
    expect(longestGapMs(network.observer.heard(1))).toBeLessThan(1400);
  });
});

test.concurrent("H23: a demoted MASTER that hears nobody better keeps the address", async ({ skip }) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const one = await network.carp("one", { vhid: 1, addresses: [address], preempt: true });
    await makeMaster(one);
    const client = await startPing(network);
    expect((await sysctl(one, "net.inet.carp.demotion=240")).code).toBe(0);
    await sleep(2500);
    expect((await one.status())[0]).toMatchObject({ state: "MASTER", demotion: 240 });
    expect(await client.longestSilenceMs()).toBeLessThan(100);
  });
});

test.concurrent("H23: handed over by hand, by SIGUSR2 and by SIGTERM: the same", async ({ skip }) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electByHand(network, { vhid: 1, addresses: [address] });
    const client = await startPing(network);
    expect((await ifconfig(one, "vhid 1 state backup")).code).toBe(0);
    await waitForState(two, 1, "MASTER", 500);
    await sleep(3500);
    process.kill(two.pid, "SIGUSR2");
    await waitForState(one, 1, "MASTER", 1000);
    await sleep(3500);
    expect(await one.stop("SIGTERM")).toBe(0);
    await waitForState(two, 1, "MASTER", 500);
    await sleep(300);
    expect(await client.longestSilenceMs()).toBeLessThan(100);
  });
});

/** What lets the client run at once on a busy machine, so that only the address can be late; nothing where that is not to be had. */
function first(): string[] {
  const prefix = ["chrt", "--fifo", "20"];
  return spawnSync(prefix[0], [...prefix.slice(1), "true"]).status === 0 ? prefix : [];
}

/** A client that asks the address every ten milliseconds, and the longest time between two answers that it got. */
async function startPing(network: Network): Promise<{ longestSilenceMs(): Promise<number> }> {
  const child = network.lab
    .host("client")
    .namespace.start([...first(), "ping", "-n", "-D", "-i", "0.01", "-W", "1", address]);
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  await waitFor(() => /icmp_seq/.test(text), 3000, "the first answer");
  return {
    longestSilenceMs: async () => {
      const askedMs = Date.now();
      await sleep(150);
      child.kill("SIGINT");
      const times = [...text.matchAll(/^\[(\d+\.\d+)\].*icmp_seq/gm)].map(
        ([, seconds]) => Number(seconds) * 1000,
      );
      expect(times.length).toBeGreaterThan(50);
      return [...times.filter((at) => at < askedMs), askedMs].reduce(
        (most, at, index, all) => Math.max(most, index === 0 ? 0 : at - all[index - 1]),
        0,
      );
    },
  };
}
