import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { changeVirtualHost, readStatus } from "../../host/control/client.ts";
import type { LabHost } from "../../host/demo/lab.ts";
import { type LabNode, startNode } from "../../host/demo/nodes.ts";
import { type Network, program, withNetwork } from "../support/network.ts";
import { ip } from "../support/operator.ts";
import { waitFor } from "../support/wait.ts";

/**
 * W17: what checksum offload leaves in a frame differs with the kind of link. Headers that the kernel builds (--io raw,
 * as ucarp sends) and whole frames (the packet socket), over either family, have right checksums on every one of them.
 */
const plan = [
  { name: "sender", addresses: ["192.168.1.3/24"] },
  { name: "hearer", addresses: ["192.168.1.4/24"] },
];
const kinds: readonly {
  readonly name: string;
  readonly link: string;
  readonly commands: readonly string[];
}[] = [
  { name: "veth", link: "eth0", commands: [] },
  {
    name: "macvlan",
    link: "mv0",
    commands: ["link add link eth0 name mv0 type macvlan mode bridge", "addr flush dev eth0"],
  },
  {
    name: "bridge",
    link: "br0",
    commands: [
      "link add br0 type bridge mcast_snooping 0",
      "addr flush dev eth0",
      "link set eth0 master br0",
    ],
  },
  {
    name: "VLAN",
    link: "eth0.7",
    commands: ["link add link eth0 name eth0.7 type vlan id 7", "addr flush dev eth0"],
  },
];
const enough = 3;

for (const { name, link, commands } of kinds) {
  test.concurrent(`W17, ${name}: every advertisement is heard, kernel's header or ours, IPv4 and IPv6`, async ({
    skip,
  }) => {
    await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
      for (const { name: host } of plan) {
        const isThere = await furnish(network.lab.host(host), link, commands);
        // A kernel without 802.1Q has no such links, and nothing to get wrong there.
        if (!isThere) return;
      }
      const [, raw] = await pairOn(network, link, 1, ["192.168.1.50/32"], ["--io", "raw"]);
      const [packetSender, packet] = await pairOn(network, link, 2, ["192.168.1.51/32", "2001:db8::51/128"]);
      for (const [node, counters] of [
        [raw, ["ipackets"]],
        [packet, ["ipackets", "ipackets6"]],
      ] as const) {
        const heard = await waitFor(
          async () => {
            const [host] = (await readStatus(node.socket)).virtual_hosts;
            return counters.every((counter) => host.counters[counter] >= enough) && host;
          },
          12_000,
          `${name}: ${counters.join(" and ")}`,
        );
        expect(heard.state).toBe("BACKUP");
        const { badsum, badlen, badauth, badver } = heard.counters;
        expect([badsum, badlen, badauth, badver]).toEqual([0, 0, 0, 0]);
      }
      expect((await packetSender.status())[0].state).toBe("MASTER");
    });
  });
}

/** Makes the link and gives it the host's address; false where the kernel does not know its kind. */
async function furnish(host: LabHost, link: string, commands: readonly string[]): Promise<boolean> {
  for (const command of commands) {
    try {
      await ip(host, command);
    } catch (error) {
      if (error instanceof Error && error.message.includes("Unknown device type")) return false;
      throw error;
    }
  }
  if (commands.length === 0) return true;
  await ip(host, `link set ${link} up`);
  await ip(host, `addr add ${host.addresses[0]} dev ${link}`);
  return true;
}

/** A master and its backup on that link. */
async function pairOn(
  { lab, folder }: Network,
  link: string,
  vhid: number,
  addresses: readonly string[],
  more: readonly string[] = [],
): Promise<[LabNode, LabNode]> {
  const passFile = join(folder, `${vhid}.pass`);
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  const start = async (name: string, advskew: number, own: readonly string[]): Promise<LabNode> => {
    const argv = ["--interface", link, "--vhid", String(vhid), "--pass-file", passFile, ...own];
    const socket = join(folder, `${vhid}.${name}.sock`);
    const node = startNode(lab.host(name), program, socket, [
      ...argv,
      "--advskew",
      String(advskew),
      ...addresses,
    ]);
    await waitFor(() => node.status(), 10_000, `${name} answers`, 20);
    return node;
  };
  const sender = await start("sender", 0, more);
  await changeVirtualHost(sender.socket, { interface: link, vhid, state: "MASTER" });
  return [sender, await start("hearer", 100, [])];
}
