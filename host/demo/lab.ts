import { type Namespace, openNamespace } from "./namespaces.ts";

/** A host of the lab: its name and the addresses of its `eth0`, each with a prefix length, v4 and v6. */
export interface HostPlan {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** A machine with one interface, `eth0`, and a port on the bridge. */
export interface LabHost extends HostPlan {
  readonly namespace: Namespace;
  readonly mac: string;
  /** The bridge's end of the cable, in the bridge's namespace. */
  readonly port: string;
}

/** Hosts on one bridge, all in network namespaces, which end with this process. */
export interface Lab {
  readonly hosts: readonly LabHost[];
  /** The namespace of the bridge `br0` and the ports. */
  readonly bridge: Namespace;
  host(name: string): LabHost;
  /** The switch's end of the cable goes down or up: the host sees its carrier go or come. */
  setPort(name: string, state: "up" | "down"): Promise<void>;
  /** Nothing passes any more, in either direction, and the host's carrier stays. */
  cut(name: string): Promise<void>;
  heal(name: string): Promise<void>;
  /** The host's own interface is taken down or up, as by its operator. */
  setLink(name: string, state: "up" | "down"): Promise<void>;
  /** What a reboot does to addresses: only the host's own remain. */
  resetAddresses(name: string): Promise<void>;
  /** Ends every process in the lab and the lab. */
  destroy(): Promise<void>;
}

/** Builds a lab; `canUseNamespaces` (namespaces.ts) tells beforehand whether this can work. */
export async function createLab(plan: readonly HostPlan[]): Promise<Lab> {
  const opened = await Promise.allSettled([openNamespace(), ...plan.map(() => openNamespace())]);
  const spaces = opened.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  try {
    const failure = opened.find((one) => one.status === "rejected");
    if (failure?.status === "rejected") throw failure.reason;
    const [bridge, ...rest] = spaces;
    const hosts = plan.map((host, index) => ({
      ...host,
      namespace: rest[index],
      mac: `02:ca:49:00:00:${(index + 1).toString(16).padStart(2, "0")}`,
      port: `port${index + 1}`,
    }));
    await Promise.all(spaces.map((space, index) => setSysctls(space, index === 0)));
    await ip(bridge, bridgeCommands(hosts));
    await Promise.all(hosts.map((host) => ip(host.namespace, hostCommands(host))));
    return labOf(bridge, hosts);
  } catch (error) {
    await Promise.all(spaces.map((space) => space.close()));
    throw error;
  }
}

function labOf(bridge: Namespace, hosts: readonly LabHost[]): Lab {
  const host = (name: string): LabHost => {
    const found = hosts.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the lab has no host ${name}`);
    return found;
  };
  return {
    hosts,
    bridge,
    host,
    setPort: (name, state) => ip(bridge, [`link set dev ${host(name).port} ${state}`]),
    cut: (name) => ip(bridge, [`link set dev ${host(name).port} nomaster`]),
    heal: (name) => ip(bridge, [`link set dev ${host(name).port} master br0`]),
    setLink: (name, state) => ip(host(name).namespace, [`link set dev eth0 ${state}`]),
    resetAddresses: (name) => resetAddresses(host(name)),
    destroy: async () => {
      await Promise.all(hosts.map((one) => one.namespace.close()));
      await bridge.close();
    },
  };
}

async function resetAddresses(host: LabHost): Promise<void> {
  await ip(host.namespace, ["addr flush dev eth0 scope global", ...addressCommands(host)]);
}

async function ip(space: Namespace, commands: readonly string[]): Promise<void> {
  await space.run(["ip", "-batch", "-"], `${commands.join("\n")}\n`);
}

function bridgeCommands(hosts: readonly LabHost[]): string[] {
  return [
    "link add br0 type bridge mcast_snooping 0",
    "link set br0 up",
    ...hosts.flatMap(({ port, mac, namespace }) => [
      `link add ${port} type veth peer name eth0 address ${mac} netns ${namespace.pid}`,
      `link set ${port} master br0`,
      `link set ${port} up`,
    ]),
  ];
}

function hostCommands(host: LabHost): string[] {
  return ["link set lo up", "link set eth0 up", ...addressCommands(host)];
}

function addressCommands(host: LabHost): string[] {
  return host.addresses.map(
    (address) => `addr add ${address} dev eth0${address.includes(":") ? " nodad" : ""}`,
  );
}

/** IPv6 addresses are usable at once (no duplicate address detection); the bridge itself has none. */
async function setSysctls(space: Namespace, isBridge: boolean): Promise<void> {
  const name = isBridge ? "disable_ipv6" : "accept_dad";
  const files = ["all", "default"].map((scope) => `/proc/sys/net/ipv6/conf/${scope}/${name}`);
  await space.run(["tee", ...files], isBridge ? "1" : "0").catch(() => undefined);
}
