// The attacks, by the number that they have in docs/RELIABILITY.md. A course has a lab of its own; it is given what m has
// recorded there, and says what m does.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startOn } from "../../build/host/demo/nodes.js";
import { withWrongTags } from "../sender.mjs";
import { authentic, counterAt, malformed, rewritten, spread, tagged } from "./frames.mjs";
import { addresses, inject, key, vhid } from "./lab.mjs";

const all = ["off", "log", "strict"];
const usual = ["log"];
const perSecond = 100;
const stranger = "192.168.1.99";

/** `exclusive` courses take all that the machine has, and run alone. */
export const courses = [
  replay("W1", "replay, as it is", ({ a, b }) => [a, b]),
  replay("W2", "replay, advskew rewritten", ({ a, b }) =>
    [a, b].map((frame) => rewritten(frame, { advskew: 0 })),
  ),
  replay("W2", "replay, source rewritten", ({ a, b }) =>
    [a, b].map((frame) => rewritten(frame, { source: stranger })),
  ),
  replay("W3", "forged bow-out", ({ a }) => [rewritten(a, { advbase: 255, advskew: 255 })], {
    nodes: ["a", "b", "c"],
    // With one family alone, a backup does not know the master by another source.
    held: addresses.slice(0, 1),
  }),
  replay("W4", "reflection", ({ a }) => [a]),
  replay("W4", "reflection, source rewritten", ({ a }) => [rewritten(a, { source: stranger })]),
  {
    id: "W5",
    name: "looped cables",
    modes: usual,
    attack: ({ attackLab, seconds }) => loop(attackLab, seconds),
  },
  {
    id: "W9",
    name: "TTL 254",
    modes: usual,
    attack: (course) => injectFor(course, [rewritten(course.recorded.b, { advskew: 0, timeToLive: 254 })]),
  },
  {
    id: "W10",
    name: "two clusters, one VHID, two keys",
    modes: usual,
    hosts: ["c", "d"],
    attack: ({ attackLab, seconds }) => otherCluster(attackLab, seconds),
  },
  ...[1, 6, 20].map((count) => keepalived(2, count)),
  keepalived(3, 6),
  {
    id: "W12",
    name: "every bad packet, 1.5/s",
    modes: usual,
    attack: ({ attackLab, sender, seconds }) => {
      const frames = spread(malformed(), Math.ceil(1.5 * seconds)).map(({ frame }) => frame);
      return inject(attackLab, sender, { frames, rate: 1.5, seconds, ports: ["a", "b"] });
    },
  },
  {
    id: "W12",
    name: "every bad packet, as fast as it goes",
    modes: usual,
    exclusive: true,
    attack: ({ attackLab, sender, seconds }) => {
      const frames = malformed().map(({ frame }) => frame);
      return inject(attackLab, sender, { frames, rate: 0, seconds, ports: ["a", "b"] });
    },
  },
  {
    id: "W16",
    name: "valid, in a VLAN",
    modes: usual,
    attack: (course) => {
      const frames = Array.from({ length: 500 }, (_, index) => tagged(best(index)));
      return injectFor(course, frames, { ports: ["a", "b"] });
    },
  },
  {
    id: "W18",
    name: "valid, from a's own, loopback, multicast and virtual addresses",
    modes: usual,
    attack: (course) => {
      const sources = ["192.168.1.3", "127.0.0.1", "224.0.0.18", "255.255.255.255", "192.168.1.50"];
      const frames = sources.map((source, index) => best(index, source));
      return injectFor(course, frames, { ports: ["a"] });
    },
  },
  {
    id: "W19",
    name: "1000 worse advertisements a second",
    modes: usual,
    attack: (course) => {
      const frames = Array.from({ length: 500 }, (_, index) => rewritten(best(index), { advskew: 254 }));
      return injectFor(course, frames, { rate: 1000 });
    },
  },
  {
    id: "W6",
    name: "wrong tags, as fast as it goes",
    modes: usual,
    exclusive: true,
    attack: (course) =>
      injectFor(course, withWrongTags(course.recorded.a, 16), { rate: 0, ports: ["a", "b"] }),
  },
  {
    id: "W7",
    name: "valid replays, as fast as it goes",
    modes: usual,
    exclusive: true,
    attack: (course) => injectFor(course, [course.recorded.b], { rate: 0, ports: ["a", "b"] }),
  },
];

function replay(id, name, forge, more = {}) {
  return {
    id,
    name,
    modes: all,
    attack: (course) => injectFor(course, forge(course.recorded)),
    ...more,
  };
}

function injectFor({ attackLab, sender, seconds }, frames, { rate = perSecond, ports } = {}) {
  return inject(attackLab, sender, { frames, rate, seconds, ports });
}

/** The best advertisement there is, by somebody who has the key. */
function best(index, source = stranger) {
  const [four, six] = addresses.map((address) => address.split("/")[0]);
  const bytes = [Uint8Array.from(four.split("."), Number), bytesOf6(six)];
  const counter = counterAt(Date.now()) + BigInt(index * 65536);
  return authentic({ vhid, key, addresses: bytes, counter, advskew: 0, source });
}

function bytesOf6(address) {
  const [front, back] = address
    .split("::")
    .map((part) => part.split(":").map((group) => Number.parseInt(group, 16)));
  const groups = [...front, ...new Array(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));
}

/** A second bridge that two cables join to the first; what comes round is held to 256 kbit/s, or nothing else would run. */
async function loop({ lab }, seconds) {
  const commands = [
    "link add br1 type bridge mcast_snooping 0",
    ...[1, 2].flatMap((cable) => [
      `link add up${cable} type veth peer name down${cable}`,
      `link set up${cable} master br0`,
      `link set down${cable} master br1`,
    ]),
  ];
  await lab.bridge.run(["ip", "-batch", "-"], `${commands.join("\n")}\n`);
  for (const cable of ["up1", "down1", "up2", "down2"]) {
    const limit = ["rate", "256kbit", "burst", "2kb", "latency", "20ms"];
    await lab.bridge.run(["tc", "qdisc", "add", "dev", cable, "root", "tbf", ...limit]);
  }
  const links = ["br1", "up1", "down1", "up2", "down2"].map((name) => `link set ${name} up`);
  await lab.bridge.run(["ip", "-batch", "-"], `${links.join("\n")}\n`);
  await sleep(seconds * 1000);
  await lab.bridge.run(["ip", "link", "set", "br1", "down"]);
  return undefined;
}

/** Two nodes with another pass phrase: they elect a master of their own. */
async function otherCluster({ start }, seconds) {
  await Promise.all([
    start("c", { advskew: 0, pass: "another key" }),
    start("d", { advskew: 100, pass: "another key" }),
  ]);
  await sleep(seconds * 1000);
  return undefined;
}

function keepalived(version, count) {
  return {
    id: "W11",
    name: `keepalived, VRRPv${version}, ${count} address${count === 1 ? "" : "es"}, the same id`,
    modes: usual,
    hosts: ["k"],
    attack: ({ attackLab, seconds }) => runKeepalived(attackLab, { version, count, seconds }),
  };
}

/** Runs the real one beside the nodes: MASTER of addresses of its own, under our number. */
export async function runKeepalived({ lab, folder }, { version, count, seconds, host = "k" }) {
  const file = join(folder, `${host}.conf`);
  const list = Array.from({ length: count }, (_, index) => `    192.168.1.${100 + index}/32`);
  const text = [
    "global_defs {",
    "  router_id k",
    `  vrrp_version ${version}`,
    "}",
    "vrrp_instance one {",
    "  state MASTER",
    "  interface eth0",
    `  virtual_router_id ${vhid}`,
    "  priority 250",
    "  advert_int 1",
    "  virtual_ipaddress {",
    ...list,
    "  }",
    "}",
    "",
  ];
  await writeFile(file, text.join("\n"), { mode: 0o600 });
  const pids = ["-p", "-r"].flatMap((flag) => [flag, join(folder, `${host}${flag}.pid`)]);
  const child = startOn(lab.host(host), ["keepalived", "-n", "-l", "-P", "-f", file, ...pids]);
  await sleep(seconds * 1000);
  await child.stop("SIGTERM");
  return undefined;
}
