// A lab to be attacked: two nodes or more of one virtual host on a bridge, a bystander who hears everything, and a host m
// from which the attacks come. Every node has been master once, so each has heard the others, and m has a recording.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { changeVirtualHost, readStatus, writeSysctl } from "../../build/host/control/client.js";
import { createLab } from "../../build/host/demo/lab.js";
import { startNode } from "../../build/host/demo/nodes.js";
import { observe } from "../../build/host/demo/observer.js";
import { until } from "../course.mjs";
import { catchAdvertisement, send } from "../sender.mjs";

export const key = "testpass";
export const vhid = 1;
/** As in test/vectors/malformed.txt. */
export const addresses = ["192.168.1.50/32", "2001:db8::50/128"];
const program = fileURLToPath(new URL("../../build/host/main.js", import.meta.url));
/** Whoever is heard so often is known. */
const advertisementsToKnow = 5;

/** Opens a lab with the nodes (a first: it is the best), which have the addresses `held`, and further hosts. */
export async function openAttackLab({ mode, nodes = ["a", "b"], hosts = [], held = addresses }) {
  const folder = await mkdtemp(join(tmpdir(), "carp-attack-"));
  const plan = [...nodes, "m", ...hosts].map((name, index) => ({
    name,
    addresses: [`192.168.1.${3 + index}/24`, `2001:db8::${3 + index}/64`],
  }));
  const lab = await createLab(plan);
  const observer = await observe(lab);
  const running = new Map();
  const close = async () => {
    await lab.destroy();
    await rm(folder, { recursive: true, force: true });
  };
  const start = async (name, { advskew, pass = key, to = mode }) => {
    const file = join(folder, `${name}.pass`);
    await writeFile(file, `${pass}\n`, { mode: 0o600 });
    const argv = ["--interface", "eth0", "--vhid", String(vhid), "--pass-file", file];
    const socket = join(folder, `${name}.sock`);
    const node = startNode(lab.host(name), program, socket, [...argv, "--advskew", String(advskew), ...held]);
    running.set(name, node);
    await until(() => readStatus(socket).catch(() => undefined));
    await writeSysctl(socket, "net.inet.carp.replay", ["off", "log", "strict"].indexOf(to));
    return node;
  };
  const setState = (name, state) =>
    changeVirtualHost(running.get(name).socket, { interface: "eth0", vhid, state });
  return { lab, observer, folder, nodes, running, start, setState, close };
}

/** Has every node be MASTER until the others know it, the best one last; m records an advertisement of each. */
export async function electInTurn(attackLab) {
  const { lab, nodes, observer, running, start, setState } = attackLab;
  await Promise.all(nodes.map((name, index) => start(name, { advskew: 4 * index })));
  const recorded = {};
  for (const name of [...nodes].reverse()) {
    await setState(name, "MASTER");
    const heard = () => observer.heard(vhid, name).length;
    const begun = heard();
    recorded[name] = await catchAdvertisement(lab.host("m").namespace, "eth0");
    await until(() => heard() >= begun + advertisementsToKnow);
  }
  const states = await Promise.all(nodes.map((name) => stateOf(running.get(name))));
  if (states.join() !== ["MASTER", ...nodes.slice(1).map(() => "BACKUP")].join())
    throw new Error(`the election ended with ${states.join()}`);
  return recorded;
}

/** Sends the frames in turn from m, or to `ports` alone from the switch's ends of their cables. */
export async function inject(attackLab, sender, { frames, rate, seconds, ports }) {
  const { lab } = attackLab;
  if (ports === undefined) return send(sender, lab.host("m").namespace, { frames, rate, seconds });
  const sent = await Promise.all(
    ports.map((name) =>
      send(sender, lab.bridge, { frames, rate, seconds, interfaceName: lab.host(name).port }),
    ),
  );
  return sent.reduce((sum, one) => ({
    sent: sum.sent + one.sent,
    refused: sum.refused + one.refused,
    perSecond: sum.perSecond + one.perSecond,
  }));
}

/** Lets `attack` happen and returns what has changed, been counted and been logged on every node meanwhile. */
export async function watch(attackLab, attack) {
  const { nodes, running, observer } = attackLab;
  const holders = Object.fromEntries(nodes.map((name) => [name, watchAddress(attackLab, name)]));
  await sleep(300);
  const before = await measure(attackLab);
  const begun = wallMs();
  const sent = await attack();
  const ended = wallMs();
  await sleep(100);
  const after = await measure(attackLab);
  const figures = Object.fromEntries(
    nodes.map((name) => [
      name,
      {
        states: [before[name].state, after[name].state],
        transitions: after[name].transitions - before[name].transitions,
        addressChanges: holders[name].stop(),
        lines: running
          .get(name)
          .lines.filter(({ at }) => at >= begun && at <= ended + 100)
          .map(({ text }) => text),
        counted: grown(before[name].counters, after[name].counters),
        gaps: gapsOf(
          observer
            .heard(vhid, name)
            .filter(is4)
            .map(({ at }) => at),
          begun,
          ended,
        ),
        advertisements: observer.heard(vhid, name).filter(({ at }) => at >= begun && at <= ended).length,
        announcements: observer.announcements.filter(
          ({ at, host }) => host === name && at >= begun && at <= ended,
        ).length,
      },
    ]),
  );
  return { sent, seconds: (ended - begun) / 1000, figures };
}

async function measure({ nodes, running }) {
  const all = await Promise.all(
    nodes.map(async (name) => [name, await readStatus(running.get(name).socket)]),
  );
  return Object.fromEntries(
    all.map(([name, { virtual_hosts }]) => {
      const [{ state, transitions, counters }] = virtual_hosts;
      return [name, { state, transitions, counters }];
    }),
  );
}

async function stateOf(node) {
  return (await readStatus(node.socket)).virtual_hosts[0].state;
}

/** How often the IPv4 address has come to the host or gone from it, by the kernel's own word; a renewal is neither. */
function watchAddress({ lab }, name) {
  const address = addresses[0].split("/")[0];
  const monitor = lab.host(name).namespace.start(["ip", "-o", "-4", "monitor", "address"]);
  let held;
  let changes = 0;
  let rest = "";
  monitor.stdout.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines.filter((one) => one.includes(`inet ${address}/`))) {
      const holds = !line.startsWith("Deleted");
      // The first word of a holder may be a renewal.
      if (holds !== held && !(held === undefined && holds)) changes++;
      held = holds;
    }
  });
  return {
    stop: () => {
      monitor.kill("SIGTERM");
      return changes;
    },
  };
}

function grown(before, after) {
  const entries = Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== 0));
}

/** Between advertisements, those around the watch included, in seconds. */
function gapsOf(times, begun, ended) {
  const gaps = times.slice(1).map((at, index) => [times[index], at]);
  return gaps.filter(([from, to]) => to >= begun && from <= ended).map(([from, to]) => (to - from) / 1000);
}

function is4({ source }) {
  return source.includes(".");
}

function wallMs() {
  return performance.timeOrigin + performance.now();
}
