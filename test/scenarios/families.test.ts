import { expect, test } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { type Elected, electOne } from "../support/elect.ts";
import { type Network, statusByCommand, withNetwork } from "../support/network.ts";
import { allAddresses, ifconfig, ip } from "../support/operator.ts";
import { waitForState } from "../support/pair.ts";
import { awaitTakeover, expectFormula } from "../support/takeover.ts";
import { waitFor } from "../support/wait.ts";

const needs = ["carp", "tcpdump", "ping"] as const;
const shared = ["192.168.1.50", "2001:db8::50"] as const;
const client = { name: "client", addresses: ["192.168.1.10/24", "2001:db8::10/64"] };
const plan = [
  { name: "one", addresses: ["192.168.1.3/24", "2001:db8::3/64"] },
  { name: "two", addresses: ["192.168.1.4/24", "2001:db8::4/64"] },
  client,
];

test.concurrent("IPv4 and IPv6 addresses in one VHID: one MASTER, both answer, and both move", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const { one, two } = await startBoth(network);
    await expectAuthentic(two);
    await expectAnswers(network, "one");
    expect(new Set(network.observer.heard(1, "one").map(({ source }) => source))).toEqual(
      new Set(["192.168.1.3", await linkLocal(network, "one")]),
    );
    const takeover = awaitTakeover(network.observer, 1, "one", "two", 6000);
    await Promise.all([one.stop("SIGKILL"), network.lab.setPort("one", "down")]);
    expectFormula((await takeover).afterMs, 100);
    await waitForState(two, 1, "MASTER", 250);
    await expectAnswers(network, "two");
    await expectAnnounced(network, "two");
  });
});

test.concurrent("a node without a link-local address and one with: they authenticate each other both ways", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    await network.lab.host("one").namespace.run(["sysctl", "-qw", "net.ipv6.conf.eth0.addr_gen_mode=1"]);
    await ip(network.lab.host("one"), "-6 addr flush dev eth0 scope link");
    const { one, two } = await startBoth(network);
    await expectAuthentic(two);
    expect(network.observer.heard(1, "one").some(({ source }) => source === "2001:db8::3")).toBe(true);
    await handOver(one, two);
    await expectAuthentic(one);
    expect((await statusByCommand(one))[0].state).toBe("BACKUP");
    await expectAnswers(network, "two");
    await handOver(two, one);
    await expectAnswers(network, "one");
  });
});

test.concurrent("nodes with two source addresses of each family: they authenticate each other both ways", async ({
  skip,
}) => {
  const rich = [
    {
      name: "one",
      addresses: ["192.168.1.3/24", "192.168.1.33/24", "10.9.0.3/16", "2001:db8::3/64", "2001:db8::33/64"],
    },
    {
      name: "two",
      addresses: ["10.9.0.4/16", "192.168.1.4/24", "2001:db8:9::4/64", "2001:db8::4/64"],
    },
    client,
  ];
  await withNetwork(skip, needs, rich, async (network) => {
    const { one, two } = await startBoth(network);
    await expectAuthentic(two);
    await expectAnswers(network, "one");
    await handOver(one, two);
    await expectAuthentic(one);
    await expectAnswers(network, "two");
    const sources = network.observer.heard(1, "two").map(({ source }) => source);
    expect(new Set(sources).size).toBe(2);
  });
});

async function startBoth(network: Network): Promise<Elected> {
  const elected = await electOne(network, { vhid: 1, addresses: shared });
  await waitFor(() => network.observer.heard(1, "one").length >= 4, 3000, "two rounds of advertisements");
  expect(network.observer.heard(1, "two")).toEqual([]);
  return elected;
}

/** The backup has heard both families and found nothing wrong with them. */
async function expectAuthentic(backup: LabNode): Promise<void> {
  const { counters } = await waitFor(
    async () => {
      const [status] = await statusByCommand(backup);
      return status.counters.ipackets > 0 && status.counters.ipackets6 > 0 ? status : undefined;
    },
    2500,
    "advertisements of both families",
  );
  expect(counters).toMatchObject({ badauth: 0, badlen: 0, badsum: 0, badttl: 0, badver: 0, badvhid: 0 });
}

async function handOver(from: LabNode, to: LabNode): Promise<void> {
  expect((await ifconfig(from, "vhid 1 state backup")).code).toBe(0);
  await waitForState(to, 1, "MASTER", 250);
  await waitForState(from, 1, "BACKUP", 250);
}

/** Only the master has the addresses, and the client reaches both by ARP and neighbor discovery. */
async function expectAnswers(network: Network, master: "one" | "two"): Promise<void> {
  const held = (await allAddresses(network.lab.host(master))).join(" ");
  for (const address of shared) {
    expect(held).toContain(`eth0 ${address}/`);
    const argv = ["ping", "-c", "2", "-i", "0.1", "-W", "1", address];
    await network.lab.host("client").namespace.run(argv);
    expect(await network.neighbor("client", address)).toBe(network.lab.host(master).mac);
  }
}

async function expectAnnounced(network: Network, host: string): Promise<void> {
  const kinds = () =>
    new Set(
      network.observer.announcements
        .filter((one) => one.host === host && (shared as readonly string[]).includes(one.address))
        .map(({ kind }) => kind),
    );
  await waitFor(() => kinds().size === 3, 1000, "announcements of both families");
}

async function linkLocal(network: Network, host: string): Promise<string> {
  const all = await allAddresses(network.lab.host(host));
  return all.find((one) => one.startsWith("eth0 fe80:"))?.slice(5, -3) ?? "";
}
