// Two hosts with as many cables between them as are asked for, and a capture of every advertisement on them.
import { openNamespace } from "../../build/host/demo/namespaces.js";

/** Hosts `a` and `b` with interfaces eth0, eth1, …; interface I of the first has 10.I.0.1/16, of the second 10.I.0.2/16. */
export async function openLab(interfaces) {
  const [a, b] = await Promise.all([openNamespace(), openNamespace()]);
  for (const space of [a, b]) {
    const files = ["all", "default"].map((scope) => `/proc/sys/net/ipv6/conf/${scope}/accept_dad`);
    await space.run(["tee", ...files], "0");
  }
  const numbers = Array.from({ length: interfaces }, (_, index) => index);
  await batch(
    a,
    numbers.map((at) => `link add eth${at} type veth peer name eth${at} netns ${b.pid}`),
  );
  for (const [space, host] of [
    [a, 1],
    [b, 2],
  ]) {
    await batch(space, [
      "link set lo up",
      ...numbers.flatMap((at) => [
        `link set eth${at} up`,
        `addr add 10.${at}.0.${host}/16 dev eth${at}`,
        `addr add 2001:db8:${at.toString(16)}::${host}/64 dev eth${at} nodad`,
      ]),
    ]);
  }
  return {
    a: { namespace: a },
    b: { namespace: b },
    interfaces,
    close: () => Promise.all([a.close(), b.close()]),
  };
}

/** The links of a host that are neither cables nor loopback, and its addresses other than its own. */
export async function leftBehind({ namespace }) {
  const links = JSON.parse(await namespace.run(["ip", "-j", "addr", "show"]));
  const strange = links.filter(({ ifname }) => !/^(lo|eth\d+)$/.test(ifname));
  const addresses = links
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ local }) => /^10\.\d+\.1\.|^2001:db8:[0-9a-f]+::1:/.test(local));
  return { links: strange.length, addresses: addresses.length };
}

async function batch(space, commands) {
  await space.run(["ip", "-batch", "-"], `${commands.join("\n")}\n`);
}
