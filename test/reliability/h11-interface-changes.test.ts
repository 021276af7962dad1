import { readdirSync, readlinkSync } from "node:fs";
import { expect, test } from "vitest";
import type { LabHost } from "../../host/demo/lab.ts";
import type { LabNode } from "../../host/demo/nodes.ts";
import { makeMaster, nodeStatus } from "../support/adverts.ts";
import { type Network, withNetwork } from "../support/network.ts";
import { allAddresses } from "../support/operator.ts";
import { address, waitForState } from "../support/pair.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = [{ name: "one", addresses: ["192.168.1.3/24"] }];
/** Five changes each; CARP_LONG=1 has a thousand. */
const rounds = process.env.CARP_LONG === "1" ? 200 : 40;

for (const more of [[], ["--vmac"]]) {
  test.concurrent(`H11: an interface that is deleted, renamed, recreated and changed 200 times${more.map((flag) => `, ${flag}`).join("")}: no descriptor and no address too many`, async ({
    skip,
  }) => {
    await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
      const host = network.lab.host("one");
      await batch(host, create);
      const node = await launch(network, more);
      await makeMaster(node);
      const before = await settledDescriptors(node);
      for (let round = 0; round < rounds; round++) {
        for (const commands of changes(round)) await batch(host, commands);
      }
      await waitForState(node, 1, "BACKUP", 2000);
      await makeMaster(node);
      await waitFor(async () => (await holders(host)).length === 1, 1000, "one holder");
      expect(await settledDescriptors(node)).toEqual(before);
      expect((await nodeStatus(node)).interfaces).toMatchObject([
        { name: "net0", addresses: expect.arrayContaining(["10.0.0.2/24"]) },
      ]);
      expect(await node.stop("SIGTERM")).toBe(0);
      expect(await holders(host)).toEqual([]);
      expect((await host.namespace.run(["ip", "-o", "link", "show"])).match(/macvlan|carp/g)).toBeNull();
    });
  });
}

test.concurrent("H11: a MASTER whose interface gets another name: the address goes with it nowhere, and comes back with the name", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const host = network.lab.host("one");
    await batch(host, create);
    const node = await launch(network, []);
    await makeMaster(node);
    await batch(host, ["link set net0 down", "link set net0 name other0", "link set other0 up"]);
    await waitForState(node, 1, "INIT", 500);
    await waitFor(async () => (await holders(host)).length === 0, 500, "no holder");
    await batch(host, ["link set far0 name far1", ...created("10.0.0.7")]);
    await waitForState(node, 1, "BACKUP", 500);
    await makeMaster(node);
    expect(await holders(host)).toEqual(["net0"]);
    await batch(host, [
      "link del net0",
      "link set other0 down",
      "link set other0 name net0",
      "link set net0 up",
    ]);
    await makeMaster(node);
    await waitFor(async () => (await holders(host)).join() === "net0", 500, "one holder");
    expect((await nodeStatus(node)).interfaces[0].addresses).toContain("10.0.0.2/24");
  });
});

const create = created("10.0.0.2");

/** The interface, with a peer at the other end of its cable. */
function created(own: string): string[] {
  return [
    "link add net0 type veth peer name far0",
    "link set far0 up",
    `addr add ${own}/24 dev net0`,
    "link set net0 up",
  ];
}

/** What happens to the interface in a round; after each it is there again, as it was. */
function changes(round: number): string[][] {
  const down = ["link set net0 down"];
  return [
    ["link del net0", ...create],
    [
      ...down,
      "link set net0 name gone0",
      "link set gone0 up",
      "link set gone0 down",
      "link set gone0 name net0",
      "link set net0 up",
    ],
    [
      ...down,
      `link set net0 name gone${round}`,
      "link set far0 name far1",
      ...create,
      `link del gone${round}`,
    ],
    [
      "link set net0 mtu 1400",
      `link set net0 address 02:00:00:00:01:${(round + 16).toString(16)}`,
      "link set net0 mtu 1500",
    ],
    [
      "addr add 10.0.0.9/32 dev net0",
      "addr del 10.0.0.2/24 dev net0",
      "addr add 10.0.0.2/24 dev net0",
      "addr del 10.0.0.9/32 dev net0",
    ],
  ];
}

async function batch(host: LabHost, commands: readonly string[]): Promise<void> {
  await host.namespace.run(["ip", "-batch", "-"], `${commands.join("\n")}\n`);
}

async function launch(network: Network, more: readonly string[]) {
  const node = await network.carpFromRcConf(
    "one",
    [`ifconfig_net0_alias0="inet vhid 1 pass testpass alias ${address}/32"`],
    more,
  );
  return node;
}

/** The interfaces that have the virtual address. */
async function holders(host: LabHost): Promise<string[]> {
  return (await allAddresses(host))
    .filter((one) => one.endsWith(` ${address}/32`))
    .map((one) => one.split(" ")[0]);
}

/** What the node has open while one client of the control socket is connected, who asks and lingers. */
async function settledDescriptors(node: LabNode): Promise<Record<string, number>> {
  await node.status();
  await sleep(500);
  return descriptorsOf(node.pid);
}

/** What the process has open, by kind. */
function descriptorsOf(pid: number): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    const kind = readlinkSync(`/proc/${pid}/fd/${name}`).replace(/:?\[\d+\]$/, "");
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}
