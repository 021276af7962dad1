// What renewing leases costs: masters with and without, at the same time, window after window, in namespaces here.
//   node bench/leasecost.mjs [--counts 1,255,1020] [--dual-stack 1,64,128] [--windows 5] [--seconds 10] [--no-write]
// Prints a table and writes the section `lease-cost` of bench/RESULTS.md. Needs root and tcpdump.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { cpuNs, inNamespaces, until } from "./course.mjs";
import { provenance, table, writeSection } from "./results.mjs";
import { openLab } from "./scale/lab.mjs";
import { thisNode, virtualHosts } from "./scale/subjects.mjs";

const { values: options } = parseArgs({
  options: {
    counts: { type: "string", default: "1,255,1020" },
    "dual-stack": { type: "string", default: "1,64,128" },
    windows: { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    "no-write": { type: "boolean", default: false },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const mostOnOne = 255;
const explanation = `Lone masters with advbase 1, with and without a lease, each in namespaces of its own and all at the same
time, so that both have the same machine. CPU is what all threads of the process have used, the kernel's work in their calls
included: the median of the windows. What the kernel does besides, to look for leases that are over, is not in it.`;

await inNamespaces(main);

async function main() {
  const rows = [];
  for (const [families, counts] of [
    [[4], options.counts],
    [[4, 6], options["dual-stack"]],
  ]) {
    for (const count of counts.split(",").filter(Boolean).map(Number)) {
      rows.push(await compare(count, families));
      process.stderr.write(`${rows.at(-1).join(" | ")}\n`);
    }
  }
  const head = [
    "virtual hosts",
    "with the lease, % of a core",
    "without",
    "the lease",
    "sleeps a second, with",
    "without",
  ];
  const words = `${provenance()}\n\n${explanation}\n\n${options.windows} windows of ${options.seconds} s.`;
  const body = `## What the lease costs\n\n${words}\n\n${table(head, rows)}`;
  process.stdout.write(`${body}\n`);
  if (!options["no-write"]) writeSection("lease-cost", body);
}

async function compare(count, families) {
  const masters = await Promise.all([true, false].map((lease) => startMaster(count, families, lease)));
  try {
    const shares = [[], []];
    const sleeps = [[], []];
    for (let window = 0; window < Number(options.windows); window++) {
      const before = await Promise.all(masters.map(usage));
      await sleep(Number(options.seconds) * 1000);
      const after = await Promise.all(masters.map(usage));
      for (const index of [0, 1]) {
        shares[index].push((after[index].ns - before[index].ns) / 1e7 / Number(options.seconds));
        sleeps[index].push((after[index].sleeps - before[index].sleeps) / Number(options.seconds));
      }
    }
    const [withLease, without] = shares.map(median);
    const figures = [withLease, without, withLease - without].map((share) => share.toFixed(2));
    const name = `${count}, ${families.length === 2 ? "an address of each family" : "IPv4"}`;
    return [name, ...figures, ...sleeps.map((all) => median(all).toFixed(1))];
  } finally {
    await Promise.all(masters.map((master) => master.stop()));
  }
}

async function startMaster(count, families, lease) {
  const folder = await mkdtemp(join(tmpdir(), "carp-lease-"));
  const interfaces = Math.ceil(count / mostOnOne);
  const lab = await openLab(interfaces);
  const node = await thisNode(options.program, folder, { families, lease }).start(
    lab.a,
    "a",
    virtualHosts(count, interfaces),
  );
  await node.ready();
  await until(async () => (await node.status()).virtual_hosts.every(({ state }) => state === "MASTER"));
  await sleep(3000);
  const [pid] = await node.pids();
  return {
    pid,
    async stop() {
      await node.stop();
      await lab.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function usage({ pid }) {
  return { ns: await cpuNs(pid), sleeps: await sleepsOf(pid) };
}

/** How often all threads of the process went to sleep. */
async function sleepsOf(pid) {
  let sum = 0;
  for (const task of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${task}/status`, "utf8");
    sum += Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(text)[1]);
  }
  return sum;
}

function median(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}
