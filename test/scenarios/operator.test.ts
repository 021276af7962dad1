import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { electOne, waitUntilHeard } from "../support/elect.ts";
import { statusByCommand, withNetwork } from "../support/network.ts";
import { allAddresses, ifconfig, sysctl } from "../support/operator.ts";
import { address, waitForAddress, waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula, masterDownMs } from "../support/takeover.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = [
  { name: "one", addresses: ["192.168.1.3/24"] },
  { name: "two", addresses: ["192.168.1.4/24"] },
];
const virtual = { vhid: 1, addresses: [address] };
const done = { code: 0, out: "", err: "" };

test.concurrent("state backup and state master by hand: the address moves at once, there and back", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, virtual);
    expect(await ifconfig(one, "vhid 1 state backup")).toEqual(done);
    await waitForState(two, 1, "MASTER", 250);
    await waitForAddress(network, "two", "held");
    await waitForAddress(network, "one", "gone", 250);
    await sleep(1500);
    const [status] = await statusByCommand(one);
    expect(status).toMatchObject({ state: "BACKUP", master: "192.168.1.4" });
    expect(status.last_transition).toMatchObject({ from: "MASTER", to: "BACKUP" });
    expect(status.last_transition?.reason).toContain("user requested");
    expect(await ifconfig(one, "vhid 1 state master")).toEqual(done);
    await waitForState(one, 1, "MASTER", 250);
    await waitForState(two, 1, "BACKUP", 250);
    await waitForAddress(network, "one", "held", 250);
    await waitForAddress(network, "two", "gone", 250);
  });
});

test.concurrent("demotion by sysctl with preempt=1 moves the address at once, and taking it back moves it back", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, { ...virtual, preempt: true });
    const there = awaitTakeover(network.observer, 1, "one", "two", 2000);
    expect(await sysctl(one, "net.inet.carp.demotion=150")).toEqual({
      code: 0,
      out: "net.inet.carp.demotion: 0 -> 150\n",
      err: "",
    });
    const { last, afterMs } = await there;
    expect(last.advskew).toBe(150);
    expect(afterMs).toBeLessThan(250);
    await waitForState(two, 1, "MASTER", 250);
    await waitForState(one, 1, "BACKUP", 250);
    expect((await statusByCommand(one))[0]).toMatchObject({ advskew: 0, demotion: 150 });
    await sleep(1500);
    expect((await one.status())[0].state).toBe("BACKUP");
    expect((await sysctl(one, "net.inet.carp.demotion=-150")).out).toBe("net.inet.carp.demotion: 150 -> 0\n");
    await waitForState(one, 1, "MASTER", 1391 + 250);
    await waitForState(two, 1, "BACKUP", 250);
  });
});

test.concurrent("allow=0: INIT without the address, the peer takes over; allow=1: BACKUP", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, virtual);
    await sleep(1000);
    const takeover = awaitTakeover(network.observer, 1, "one", "two", 6000);
    expect((await sysctl(one, "net.inet.carp.allow=0")).code).toBe(0);
    await waitForState(one, 1, "INIT", 250);
    await waitForAddress(network, "one", "gone", 250);
    expect((await takeover).afterMs).toBeLessThan(masterDownMs(100) + 250);
    await waitForState(two, 1, "MASTER", 250);
    expect((await sysctl(one, "net.inet.carp.allow=1")).code).toBe(0);
    await waitForState(one, 1, "BACKUP", 250);
    await sleep(masterDownMs(0) + 250);
    expect((await statusByCommand(one))[0]).toMatchObject({
      state: "BACKUP",
      master: "192.168.1.4",
      demotion: 0,
    });
    expect((await two.status())[0].state).toBe("MASTER");
  });
});

for (const more of [[], ["--vmac"]]) {
  test.concurrent(`an interface that goes away${more.map((flag) => `, ${flag}`).join("")}: INIT, the peer takes over; of the same name again: BACKUP, then MASTER`, async ({
    skip,
  }) => {
    await withNetwork(skip, needs, plan, async (network) => {
      const { one, two } = await electOne(network, { ...virtual, more });
      const { lab } = network;
      const host = lab.host("one");
      await sleep(1000);
      const takeover = awaitTakeover(network.observer, 1, "one", "two", 6000);
      const port = JSON.parse(await lab.bridge.run(["ip", "-j", "link", "show", host.port]))[0].ifindex;
      await host.namespace.run(["ip", "link", "del", "eth0"]);
      await waitForState(one, 1, "INIT", 500);
      expectFormula((await takeover).afterMs, 100);
      await lab.bridge.run(
        ["ip", "-batch", "-"],
        [
          `link add ${host.port} index ${port} type veth peer name eth0 address ${host.mac} netns ${host.namespace.pid}`,
          `link set ${host.port} master br0`,
          `link set ${host.port} up`,
        ].join("\n"),
      );
      await host.namespace.run(["ip", "addr", "add", "192.168.1.3/24", "dev", "eth0"]);
      await host.namespace.run(["ip", "link", "set", "eth0", "up"]);
      await waitForState(one, 1, "BACKUP", 1500);
      await sleep(masterDownMs(0) + 250);
      expect((await statusByCommand(one))[0]).toMatchObject({
        state: "BACKUP",
        master: "192.168.1.4",
        demotion: 0,
        problem: null,
      });
      expect(await two.stop("SIGTERM")).toBe(0);
      await waitForState(one, 1, "MASTER", 250);
      expect((await allAddresses(host)).some((entry) => entry.includes(` ${address}/`))).toBe(true);
      await waitFor(
        () =>
          network.observer.announcements.some((heard) => heard.host === "one" && heard.address === address),
        500,
        "an announcement",
      );
    });
  });
}

test.concurrent("an interface that is taken down and up: INIT without the address, then BACKUP", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, { vhid: 1, addresses: [address, "2001:db8::50"] });
    await sleep(1000);
    const takeover = awaitTakeover(network.observer, 1, "one", "two", 6000);
    await network.lab.setLink("one", "down");
    await waitForState(one, 1, "INIT", 500);
    await waitForAddress(network, "one", "gone", 250);
    expect((await statusByCommand(one))[0].demotion).toBe(240);
    expectFormula((await takeover).afterMs, 100);
    expect(warnings(one, "is put back")).toEqual([]);
    await network.lab.setLink("one", "up");
    await waitForState(one, 1, "BACKUP", 1500);
    await sleep(masterDownMs(0) + 250);
    expect((await statusByCommand(one))[0]).toMatchObject({ state: "BACKUP", demotion: 0 });
    expect((await two.status())[0].state).toBe("MASTER");
  });
});

test.concurrent("an address taken from a MASTER is put back; the third time in a minute it steps down", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, virtual);
    const { namespace } = network.lab.host("one");
    const take = () => namespace.run(["ip", "addr", "del", `${address}/32`, "dev", "eth0"]);
    for (const count of [1, 2]) {
      await take();
      await waitFor(() => warnings(one, "is put back").length === count, 500, `put back ${count} times`);
      await waitForAddress(network, "one", "held", 250);
    }
    expect((await one.status())[0]).toMatchObject({ state: "MASTER", problem: null });
    expect((await two.status())[0].state).toBe("BACKUP");
    const takeover = awaitTakeover(network.observer, 1, "one", "two", 1500);
    await take();
    await waitForState(one, 1, "BACKUP", 500);
    expect((await takeover).afterMs).toBeLessThan(250);
    await waitForState(two, 1, "MASTER", 250);
    await waitForAddress(network, "two", "held", 250);
    const [status] = await statusByCommand(one);
    expect(status.demotion).toBe(240);
    expect(status.problem).toContain("somebody keeps taking them away");
    await waitForAddress(network, "one", "gone", 250);
  });
});

test.concurrent("all addresses taken at once, as by ip addr flush, are one time and no more", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const shared = [1, 2, 3, 4, 5].map((last) => `192.168.1.5${last}`);
    const one = await network.carp("one", { vhid: 1, addresses: shared });
    const host = network.lab.host("one");
    await waitForState(one, 1, "MASTER", 6000);
    for (const count of [1, 2]) {
      const commands = shared.map((last) => `addr del ${last}/32 dev eth0`);
      await host.namespace.run(["ip", "-batch", "-"], commands.join("\n"));
      await waitFor(() => warnings(one, "is put back").length === count * 5, 500, `put back ${count} times`);
      expect(await network.addresses("one")).toEqual(expect.arrayContaining(shared));
      expect((await one.status())[0]).toMatchObject({ state: "MASTER", transitions: 2, problem: null });
    }
  });
});

test.concurrent("somebody else's address at the start: that VHID stays in INIT and says why, the others run", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { namespace } = network.lab.host("one");
    await namespace.run(["ip", "addr", "add", `${address}/32`, "dev", "eth0"]);
    const one = await network.carpFromRcConf("one", [
      'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
      `ifconfig_em0_alias0="inet vhid 1 pass testpass alias ${address}/32"`,
      'ifconfig_em0_alias1="inet vhid 2 pass testpass alias 192.168.1.51/32"',
    ]);
    await waitForState(one, 2, "MASTER", 5000);
    const [first] = await statusByCommand(one);
    expect(first).toMatchObject({ vhid: 1, state: "INIT", demotion: 0 });
    expect(first.problem).toContain(`ip addr del ${address}/32 dev eth0`);
    expect(warnings(one, `1@eth0: ${address}/32 is on eth0 already`).length).toBe(1);
    expect(await network.addresses("one")).toContain(address);
    expect(network.observer.heard(1)).toEqual([]);
    await namespace.run(["ip", "addr", "del", `${address}/32`, "dev", "eth0"]);
    await waitForState(one, 1, "BACKUP", 500);
    await waitForState(one, 1, "MASTER", masterDownMs(0) + 250);
    expect((await statusByCommand(one))[0].problem).toBeNull();
    await waitForAddress(network, "one", "held", 250);
  });
});

test.concurrent("SIGHUP: what is unchanged stays MASTER without a pause; with a mistake in the file nothing changes", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const own = 'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"';
    const alias = (index: number, vhid: number, more = "") =>
      `ifconfig_em0_alias${index}="inet vhid ${vhid} ${more} pass testpass alias 192.168.1.${49 + vhid}/32"`;
    const node = await network.carpFromRcConf("one", [own, alias(0, 1), alias(1, 2)]);
    const name = (await readdir(network.folder)).find((entry) => entry.endsWith(".rc.conf")) ?? "";
    const file = join(network.folder, name);
    const write = (...lines: string[]) => writeFile(file, [own, ...lines, ""].join("\n"));
    await waitForState(node, 1, "MASTER", 5000);
    await waitForState(node, 2, "MASTER", 500);
    const [before] = await node.status();

    await write(alias(0, 1), alias(1, 3, "advskew 7"));
    process.kill(node.pid, "SIGHUP");
    await waitFor(
      async () => (await node.status()).map(({ vhid }) => vhid).join() === "1,3",
      1000,
      "1 and 3",
    );
    await waitForAddress(network, "one", "gone", 250, "192.168.1.51");
    await waitForState(node, 3, "MASTER", masterDownMs(7) + 500);
    await waitForAddress(network, "one", "held", 250, "192.168.1.52");
    const [after, third] = await statusByCommand(node);
    expect(after).toMatchObject({
      vhid: 1,
      state: "MASTER",
      transitions: before.transitions,
      since: before.since,
    });
    expect(third).toMatchObject({ vhid: 3, advskew: 7 });
    expect(network.observer.heard(2).at(-1)).toMatchObject({ advbase: 255, advskew: 255 });

    await write(alias(0, 1), alias(1, 300), alias(2, 4, "advskew 999"));
    process.kill(node.pid, "SIGHUP");
    await waitFor(() => warnings(node, "the configuration was not changed").length > 0, 1000, "a refusal");
    for (const place of [`${file}:3:`, `${file}:4:`]) expect(warnings(node, place).length).toBeGreaterThan(0);
    await sleep(1200);
    expect(await statusByCommand(node)).toMatchObject([
      { vhid: 1, state: "MASTER", since: after.since },
      { vhid: 3, state: "MASTER", since: third.since },
    ]);
    const times = network.observer.heard(1).map(({ at }) => at);
    expect(Math.max(...times.slice(1).map((at, index) => at - times[index]))).toBeLessThan(1250);
    expect(node.lines.map(({ text }) => text).join("\n")).not.toContain("testpass");
  });
});

test.concurrent("SIGTERM: the peer is MASTER at once, and nothing of the node is left", async ({ skip }) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, virtual);
    const takeover = awaitTakeover(network.observer, 1, "one", "two", 2000);
    expect(await one.stop("SIGTERM")).toBe(0);
    const { last, afterMs } = await takeover;
    expect(last).toMatchObject({ advbase: 255, advskew: 255 });
    expect(afterMs).toBeLessThan(250);
    await waitForState(two, 1, "MASTER", 250);
    expect(await network.addresses("one")).not.toContain(address);
    await waitForAddress(network, "two", "held", 250);
  });
});

test.concurrent("--source-mac own: advertisements leave with the interface's MAC, and the peer authenticates them", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { two } = await electOne(network, { ...virtual, more: ["--source-mac", "own"] }, { more: [] });
    await waitFor(() => network.observer.heard(1, "one").length >= 2, 2500, "two advertisements");
    expect(macs(network.observer.heard(1, "one"))).toEqual([network.lab.host("one").mac]);
    expect((await statusByCommand(two))[0]).toMatchObject({ state: "BACKUP", master: "192.168.1.3" });
    expect((await two.status())[0].counters.badauth).toBe(0);
    await ifconfig(two, "vhid 1 state master");
    await waitFor(() => network.observer.heard(1, "two").length >= 1, 500, "an advertisement of the peer");
    expect(macs(network.observer.heard(1, "two"))).toEqual(["00:00:5e:00:01:01"]);
  });
});

test.concurrent("--io raw shares an address with a node on packet sockets, both ways", async ({ skip }) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await electOne(network, { ...virtual, more: ["--io", "raw"] }, { more: [] });
    await waitUntilHeard(two, 1);
    expect((await statusByCommand(two))[0]).toMatchObject({
      master: "192.168.1.3",
      counters: { badauth: 0 },
    });
    expect(macs(network.observer.heard(1, "one"))).toEqual([network.lab.host("one").mac]);
    expect(await ifconfig(one, "vhid 1 state backup")).toEqual(done);
    await waitForState(two, 1, "MASTER", 250);
    await waitForAddress(network, "one", "gone", 250);
    await waitForAddress(network, "two", "held", 250);
    await waitUntilHeard(one, 1);
    expect((await statusByCommand(one))[0]).toMatchObject({
      master: "192.168.1.4",
      counters: { badauth: 0 },
    });
    const takeover = awaitTakeover(network.observer, 1, "two", "one", 6000);
    await Promise.all([two.stop("SIGKILL"), network.lab.setPort("two", "down")]);
    expectFormula((await takeover).afterMs, 0);
    await waitForAddress(network, "one", "held", 250);
    expect(await one.stop("SIGTERM")).toBe(0);
    expect(await network.addresses("one")).not.toContain(address);
  });
});

function macs(heard: readonly { sourceMac: string }[]): string[] {
  return [...new Set(heard.map(({ sourceMac }) => sourceMac))];
}

function warnings(node: LabNode, text: string) {
  return node.lines.filter((line) => line.text.includes(text));
}
