// A flood of advertisements that are right but for the tag and bear the master's own source and MAC, at everything a veth
// pair carries: first at the master, then at its backup. Ours and ucarp's in turn, in network namespaces on this machine.
//   node bench/flood.mjs [--seconds 60] [--program build/host/main.js] [--write]
// Prints a Markdown table; --write puts it into bench/RESULTS.md. Needs root (or a user namespace), cc, ucarp, tcpdump.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLab } from "../build/host/demo/lab.js";
import { startNode } from "../build/host/demo/nodes.js";
import { PcapReader } from "../build/host/demo/pcap-reader.js";
import { cpuNs, inNamespaces, residentMib, until } from "./course.mjs";
import { provenance, table, writeSection } from "./results.mjs";
import { catchAdvertisement, compileSender, send, withWrongTags } from "./sender.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
    write: { type: "boolean", default: false },
  },
});
const seconds = Number(options.seconds);
const address = "192.168.1.50";
const intervalMs = 1000;

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-bench-"));
  try {
    const sender = await compileSender(folder);
    if (sender === undefined) throw new Error("cc is needed");
    const load = loadavg()[0].toFixed(2);
    const columns = [];
    for (const subject of [await oursIn(folder), await ucarpIn(folder)]) {
      process.stderr.write(`${subject.name}: ${seconds} s\n`);
      columns.push(await course(subject, sender));
    }
    const rows = Object.keys(columns[0]).map((name) => [
      name,
      ...columns.map((figures) => (Number.isNaN(figures[name]) ? "not told" : String(figures[name]))),
    ]);
    const text = [
      `${provenance()} Load at the start: ${load}. ${seconds} s of flood.`,
      "",
      table(["", "this node", "ucarp"], rows),
    ].join("\n");
    process.stdout.write(`${text}\n`);
    if (options.write) writeSection("flood", `## Flood\n\n${text}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function course(subject, sender) {
  const lab = await createLab([
    { name: "a", addresses: ["192.168.1.3/24"] },
    { name: "b", addresses: ["192.168.1.4/24"] },
  ]);
  try {
    const a = await subject.start(lab.host("a"), 0);
    await until(async () => (await a.state()) === "MASTER");
    const b = await subject.start(lab.host("b"), 100);
    await until(async () => (await b.state()) === "BACKUP");
    const nodes = { a, b };
    const heard = { a: listen(lab, "a"), b: listen(lab, "b") };
    const frame = await catchAdvertisement(lab.bridge, lab.host("a").port);
    const flood = { frames: withWrongTags(frame, 16), seconds };
    const figures = {};
    for (const [role, target] of [
      ["MASTER", "a"],
      ["BACKUP", "b"],
    ]) {
      await sleep(2000);
      const before = await measure(nodes[target]);
      const others = await Promise.all([a.told(), b.told()]);
      const begun = wallMs();
      // From the switch's end of the target's own cable, so that nothing else slows the flood down.
      const sent = await send(sender, lab.bridge, { ...flood, interfaceName: lab.host(target).port });
      const ended = wallMs();
      const after = await measure(nodes[target]);
      const othersAfter = await Promise.all([a.told(), b.told()]);
      await sleep(300);
      Object.assign(figures, figuresOf(role, { before, after, sent, begun, ended, heard }));
      const transitions = othersAfter.map((told, index) => told.transitions - others[index].transitions);
      figures[`flood at the ${role}: transitions of master, backup`] = transitions.join(", ");
    }
    return figures;
  } finally {
    await lab.destroy();
  }
}

function figuresOf(role, { before, after, sent, begun, ended, heard }) {
  const label = (text) => `flood at the ${role}: ${text}`;
  const during = ({ at }) => at >= begun - intervalMs && at <= ended;
  const gaps = gapsOf(heard.a.filter(during).map(({ at }) => at));
  const own = heard.a.filter(({ at }) => at >= begun && at <= ended).length;
  const difference = (name) => after[name] - before[name];
  const cpuNs = difference("cpuNs");
  return {
    [label("frames/s")]: Math.round(sent.perSecond),
    [label("lost in the kernel")]: difference("drops"),
    [label("the master's advertisements, longest gap in intervals")]:
      `${own}, ${(Math.max(...gaps) / intervalMs).toFixed(3)}`,
    [label("advertisements of the backup")]: heard.b.filter(during).length,
    ...(role === "BACKUP" && {
      [label("accepted of the master's advertisements")]: shareOf(difference("accepted"), own),
    }),
    [label("CPU of a core")]: `${((cpuNs / (ended - begun)) * 1e-4).toFixed(0)} %`,
    [label("CPU per frame sent, ns")]: Math.round(cpuNs / sent.sent),
    [label("memory growth, MiB")]: difference("residentMib").toFixed(1),
    [label("resident at the end, MiB")]: after.residentMib.toFixed(0),
    [label("log lines")]: difference("lines"),
  };
}

function wallMs() {
  return performance.timeOrigin + performance.now();
}

async function measure(node) {
  const [cpu, memory, told] = await Promise.all([
    cpuNs(node.process.pid),
    residentMib(node.process.pid),
    node.told(),
  ]);
  return { cpuNs: cpu, residentMib: memory, ...told };
}

/** Advertisements as they enter the bridge from the host, with the kernel's time. */
function listen(lab, name) {
  const heard = [];
  const { port } = lab.host(name);
  const argv = ["tcpdump", "-i", port, "-p", "-s", "96", "-U", "--immediate-mode", "-Z", "root"];
  // The word keeps the flood, which leaves the bridge here, out in the kernel; tcpdump's own -Q would not.
  const child = lab.bridge.start([...argv, "-w", "-", "inbound and ip proto 112"]);
  const reader = new PcapReader((at) => heard.push({ at }));
  child.stdout.on("data", (chunk) => reader.push(chunk));
  child.stderr.resume();
  return heard;
}

function gapsOf(times) {
  return times.slice(1).map((at, index) => at - times[index]);
}

function shareOf(accepted, sent) {
  return Number.isNaN(accepted) ? "not told" : `${((100 * accepted) / sent).toFixed(1)} %`;
}

async function oursIn(folder) {
  const passFile = join(folder, "pass");
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  let sockets = 0;
  const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, "--preempt"];
  const start = async (host, advskew) => {
    const socket = join(folder, `${++sockets}.sock`);
    const argv = [...flags, "--advskew", String(advskew), `${address}/32`];
    const node = startNode(host, options.program, socket, argv);
    const state = () =>
      node.status().then(
        ([status]) => status.state,
        () => undefined,
      );
    const told = async () => ({ lines: node.lines.length, ...(await toldBy(socket)) });
    return { process: node, state, told };
  };
  return { name: "this node", start };
}

async function toldBy(socket) {
  const { virtual_hosts, interfaces } = await statusOf(socket);
  const [{ transitions, counters }] = virtual_hosts;
  return { transitions, accepted: counters.ipackets - counters.badauth, drops: interfaces[0].drops };
}

function statusOf(socketPath) {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/v1/status" }, async (answer) => {
      let body = "";
      for await (const chunk of answer) body += chunk;
      resolve(JSON.parse(body));
    });
    asked.on("error", reject);
    asked.end();
  });
}

async function ucarpIn(folder) {
  const [passFile, up, down] = ["pass", "up", "down"].map((name) => join(folder, `ucarp.${name}`));
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  await writeFile(up, '#!/bin/sh\nexec ip addr add "$2/32" dev "$1"\n', { mode: 0o700 });
  await writeFile(down, '#!/bin/sh\nexec ip addr del "$2/32" dev "$1"\n', { mode: 0o700 });
  const flags = ["-i", "eth0", "-v", "1", "-o", passFile, "-a", address, "-u", up, "-d", down];
  const start = async (host, advskew) => {
    const own = ["-s", host.addresses[0].split("/")[0], "-k", String(advskew)];
    const child = host.namespace.start(["ucarp", ...flags, ...own, "-P", "-z", "-f", "none"]);
    // It says a line for each bad frame: they are counted, not kept.
    let lines = 0;
    const switches = [];
    child.stdout.resume();
    child.stderr.on("data", (chunk) => {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
      if (!chunk.includes("Switching to state")) return;
      for (const [, word] of chunk.toString().matchAll(/Switching to state: (\w+)/g)) switches.push(word);
    });
    const state = async () => switches.at(-1);
    const told = async () => ({
      lines,
      transitions: switches.length,
      accepted: Number.NaN,
      drops: Number.NaN,
    });
    return { process: child, state, told };
  };
  return { name: "ucarp", start };
}
