import { expect, test } from "vitest";
import { type Pinger, startPinger } from "../../host/demo/client.ts";
import { type Elected, electOne, waitUntilHeard } from "../support/elect.ts";
import { type Network, withNetwork } from "../support/network.ts";
import { allAddresses, ifconfig, ip, machineState } from "../support/operator.ts";
import { waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep } from "../support/wait.ts";

const needs = ["carp", "tcpdump", "ping"] as const;
const shared = ["192.168.1.50", "2001:db8::50"] as const;
const mac = "00:00:5e:00:01:07";
const plan = [
  { name: "one", addresses: ["192.168.1.3/24", "2001:db8::3/64"] },
  { name: "two", addresses: ["192.168.1.4/24", "2001:db8::4/64"] },
  { name: "client", addresses: ["192.168.1.10/24", "2001:db8::10/64"] },
];
const virtual = { vhid: 7, addresses: shared, more: ["--vmac"] };

test.concurrent("--vmac: the client's neighbor entries keep the virtual MAC in failover and handover, and all is as before after the stop", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const before = await Promise.all(["one", "two"].map((name) => machineState(network.lab.host(name))));
    const { one, two } = await startBoth(network);
    const pingers = shared.map((address) => startPinger(network.lab.host("client"), address));
    await sleep(400);
    await expectVirtualMac(network);

    const handover = pingers.map((pinger) => pinger.mark());
    expect((await ifconfig(one, "vhid 7 state backup")).code).toBe(0);
    await waitForState(two, 7, "MASTER", 250);
    await sleep(400);
    await expectVirtualMac(network);
    expectLost(pingers, handover, 0, 15);

    expect(await two.stop("SIGTERM")).toBe(0);
    await waitForState(one, 7, "MASTER", 250);
    expect(await machineState(network.lab.host("two"))).toBe(before[1]);

    const second = await network.carp("two", { ...virtual, advskew: 100 });
    await waitForState(second, 7, "BACKUP", 2000);
    await waitUntilHeard(second, 7);
    const failover = pingers.map((pinger) => pinger.mark());
    const takeover = awaitTakeover(network.observer, 7, "one", "two", 6000);
    await Promise.all([one.stop("SIGKILL"), network.lab.setPort("one", "down")]);
    expectFormula((await takeover).afterMs, 100);
    await sleep(400);
    await expectVirtualMac(network);
    expectLost(pingers, failover, 150, (masterDownMs(100) + 300) / 10);

    expect(await second.stop("SIGTERM")).toBe(0);
    expect(await machineState(network.lab.host("two"))).toBe(before[1]);
    await network.lab.setPort("one", "up");
    const third = await network.carp("one", virtual);
    await waitForState(third, 7, "BACKUP", 2000);
    expect(await third.stop("SIGTERM")).toBe(0);
    // A start after a crash cannot know what promote_secondaries was before.
    const known = (state: string) => state.replace(/^.*eth0\/promote_secondaries.*$/m, "");
    expect(known(await machineState(network.lab.host("one")))).toBe(known(before[0]));
  });
});

for (const more of [["--vmac"], []]) {
  test.concurrent(`what kill -9 left of --vmac is cleaned up before BACKUP by a start with ${more[0] ?? "the addresses on eth0"}`, async ({
    skip,
  }) => {
    await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
      const { one, two } = await startBoth(network);
      const host = network.lab.host("one");
      const held = async () =>
        (await allAddresses(host)).filter((entry) =>
          shared.some((address) => entry.includes(` ${address}/`)),
        );
      expect((await held()).length).toBe(2);
      await one.stop("SIGKILL");
      expect((await held()).length).toBe(2);
      await waitForState(two, 7, "MASTER", 6000);
      const again = await network.carp("one", { ...virtual, more });
      await waitForState(again, 7, "BACKUP", 2000);
      expect(await held()).toEqual([]);
      const links = await ip(host, "-br link show type macvlan");
      if (more.length === 0) expect(links).toBe("");
      else expect(links).toContain(mac);
      expect((await two.status())[0].state).toBe("MASTER");
    });
  });
}

async function startBoth(network: Network): Promise<Elected> {
  const elected = await electOne(network, virtual);
  expect((await elected.two.status())[0].virtual_mac).toBe(true);
  return elected;
}

async function expectVirtualMac(network: Network): Promise<void> {
  for (const address of shared) expect(await network.neighbor("client", address)).toBe(mac);
}

function expectLost(
  pingers: readonly Pinger[],
  marks: readonly { sequence: number }[],
  least: number,
  most: number,
): void {
  for (const [index, pinger] of pingers.entries()) {
    const { sent, lost } = pinger.report(marks[index]);
    expect(sent).toBeGreaterThan(10);
    expect(lost).toBeGreaterThanOrEqual(least);
    expect(lost).toBeLessThanOrEqual(most);
  }
}
