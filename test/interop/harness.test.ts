import { expect, test } from "vitest";
import { startPinger } from "../../host/demo/client.ts";
import { withNetwork } from "../support/network.ts";
import { awaitTakeover, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

test("two real ucarps: election, loss of the master's host, and what the client sees of it", async ({
  skip,
}) => {
  const plan = [
    { name: "a", addresses: ["192.168.1.3/24"] },
    { name: "b", addresses: ["192.168.1.4/24"] },
    { name: "client", addresses: ["192.168.1.10/24"] },
  ];
  await withNetwork(skip, ["ucarp", "tcpdump", "ping"], plan, async (network) => {
    const { lab, observer } = network;
    const virtual = { vhid: 1, addresses: ["192.168.1.50"] };
    const a = await network.ucarp("a", virtual);
    const b = await network.ucarp("b", { ...virtual, advskew: 100 });
    await waitFor(() => a.state() === "MASTER" && b.state() === "BACKUP", 6000, "a is MASTER");
    await sleep(1500);
    expect(await network.addresses("a")).toContain("192.168.1.50");
    expect(await network.addresses("b")).not.toContain("192.168.1.50");
    const pinger = startPinger(lab.host("client"), "192.168.1.50");
    await sleep(500);
    expect(pinger.report().lost).toBe(0);
    expect(await network.neighbor("client", "192.168.1.50")).toBe(lab.host("a").mac);
    await Promise.all([a.stop("SIGKILL"), lab.setPort("a", "down")]);
    const { afterMs, first } = await awaitTakeover(observer, 1, "a", "b", 8000);
    expect(first.advskew).toBe(100);
    expect(afterMs).toBeGreaterThan(masterDownMs(100) - 50);
    expect(afterMs).toBeLessThan(masterDownMs(100) + 2500);
    await sleep(300);
    const { lost, longestGapMs } = pinger.report();
    expect(lost).toBeGreaterThan(150);
    expect(longestGapMs).toBeGreaterThan(2000);
    expect(longestGapMs).toBeLessThan(afterMs + 500);
    expect(await network.neighbor("client", "192.168.1.50")).toBe(lab.host("b").mac);
  });
});
