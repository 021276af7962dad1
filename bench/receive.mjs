// What taking frames in costs, end to end on a veth pair, beside ucarp in the same run: valid advertisements, ones with
// a wrong tag, and ones for a VHID that is not configured, at given rates and at everything the pair carries.
//   node bench/receive.mjs [--seconds 2] [--rates 1000,20000,100000,0] [--rounds 3] [--program build/host/main.js] [--write]
// Prints a Markdown table of medians; --write puts it into bench/RESULTS.md. Needs root (or a user namespace), cc, ucarp.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLab } from "../build/host/demo/lab.js";
import { startNode } from "../build/host/demo/nodes.js";
import { cpuNs, inNamespaces } from "./course.mjs";
import { provenance, table, writeSection } from "./results.mjs";
import { catchAdvertisement, compileSender, send, withVhid, withWrongTags } from "./sender.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rates: { type: "string", default: "1000,20000,100000,0" },
    rounds: { type: "string", default: "3" },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
    write: { type: "boolean", default: false },
  },
});
const seconds = Number(options.seconds);
const rates = options.rates.split(",").map(Number);
const rounds = Number(options.rounds);
const address = "192.168.1.50";

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-bench-"));
  const load = loadavg()[0].toFixed(2);
  const lab = await createLab([
    { name: "master", addresses: ["192.168.1.3/24"] },
    { name: "ours", addresses: ["192.168.1.4/24"] },
    { name: "ucarp", addresses: ["192.168.1.5/24"] },
  ]);
  try {
    const sender = await compileSender(folder);
    if (sender === undefined) throw new Error("cc is needed");
    const passFile = join(folder, "pass");
    await writeFile(passFile, "testpass\n", { mode: 0o600 });
    // A better master, whose advertisements are valid for ever: there is no rule against a repetition (protocol §9).
    startOurs(lab.host("master"), join(folder, "master.sock"), passFile, 0);
    const frame = await catchAdvertisement(lab.bridge, lab.host("master").port);
    const subjects = [
      { name: "this node", host: lab.host("ours"), start: oursFor(folder, passFile) },
      { name: "ucarp", host: lab.host("ucarp"), start: ucarpFor(passFile) },
    ];
    for (const subject of subjects) Object.assign(subject, await subject.start(subject.host));
    await sleep(2000);
    const kinds = {
      valid: [frame],
      "wrong tag": withWrongTags(frame, 16),
      "foreign VHID": [withVhid(frame, 2)],
    };
    const rows = [];
    for (const [kind, frames] of Object.entries(kinds)) {
      for (const rate of rates) {
        const flood = { frames, rate, seconds };
        rows.push(
          await rowOf(kind, rate, subjects, (host) =>
            send(sender, lab.bridge, { ...flood, interfaceName: host.port }),
          ),
        );
        process.stderr.write(`${rows.at(-1).join("  ")}\n`);
      }
    }
    report(rows, load);
  } finally {
    await lab.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The medians of a few rounds, in each of which the subjects take turns. */
async function rowOf(kind, rate, subjects, flood) {
  const samples = subjects.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, subject] of subjects.entries()) {
      const before = await figuresOf(subject);
      const { sent, perSecond } = await flood(subject.host);
      await sleep(50);
      const after = await figuresOf(subject);
      const cpuNs = after.cpuNs - before.cpuNs;
      samples[index].push({
        perSecond,
        perFrame: cpuNs / sent,
        share: ((cpuNs / sent) * perSecond) / 1e7,
        lost: kind === "foreign VHID" ? after.drops - before.drops : sent - (after.taken - before.taken),
      });
    }
  }
  const cells = samples.flatMap((all) => {
    const middle = (name) => all.map((one) => one[name]).toSorted((a, b) => a - b)[all.length >> 1];
    return [
      Math.round(middle("perSecond")),
      Math.round(middle("perFrame")),
      `${middle("share").toFixed(0)} %`,
      Number.isNaN(middle("lost")) ? "not told" : Math.max(0, Math.max(...all.map(({ lost }) => lost))),
    ];
  });
  return [`${kind}, ${rate === 0 ? "at most" : `${rate}/s`}`, ...cells.map(String)];
}

function report(rows, load) {
  const columns = ["frames/s", "CPU ns a frame", "CPU of a core", "lost"];
  const head = [
    "",
    ...columns.map((name) => `this node: ${name}`),
    ...columns.map((name) => `ucarp: ${name}`),
  ];
  const unlost = rows.map((row) => row.slice(0, -1));
  const text = [
    `${provenance()} Load at the start: ${load}. Medians of ${rounds} rounds of ${seconds} s; as BACKUP.`,
    "CPU is that of all the process's threads. ucarp does not tell what it loses.",
    "",
    table(head.slice(0, -1), unlost),
  ].join("\n");
  process.stdout.write(`${text}\n`);
  if (options.write) writeSection("receive", `## Taking frames in\n\n${text}`);
}

async function figuresOf(subject) {
  const [cpu, told] = await Promise.all([cpuNs(subject.pid), subject.told()]);
  return { cpuNs: cpu, ...told };
}

function startOurs(host, socket, passFile, advskew) {
  const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, "--advskew", String(advskew)];
  return startNode(host, options.program, socket, [...flags, `${address}/32`]);
}

function oursFor(folder, passFile) {
  const socket = join(folder, "ours.sock");
  return async (host) => {
    const { pid } = startOurs(host, socket, passFile, 100);
    const told = async () => {
      const { counters, interfaces } = await statusOf(socket);
      return { taken: counters.ipackets, drops: interfaces[0].drops };
    };
    return { pid, told };
  };
}

/** Its words, one for each bad frame, go nowhere. */
function ucarpFor(passFile) {
  return async (host) => {
    const flags = [
      "-i",
      "eth0",
      "-v",
      "1",
      "-o",
      passFile,
      "-a",
      address,
      "-u",
      "/bin/true",
      "-d",
      "/bin/true",
    ];
    const own = ["-s", host.addresses[0].split("/")[0], "-k", "100"];
    const stdio = ["ignore", "ignore", "ignore"];
    const child = host.namespace.start(["ucarp", ...flags, ...own, "-f", "none"], { stdio });
    return { pid: child.pid, told: async () => ({ taken: Number.NaN, drops: Number.NaN }) };
  };
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
