// Cost over the number of virtual hosts, beside keepalived and ucarp in the same run, in network namespaces here.
//   node bench/scale.mjs [--counts 1,16,255,1020,4080] [--vmac 255,1020] [--idle-seconds 20] [--only NAME] [--write]
//   node bench/scale.mjs --keep FILE …
// Prints Markdown tables; --write puts them into bench/RESULTS.md. With --keep the figures are added to those in FILE,
// and the tables are of all that is in it: so a long course can be split. Needs root, keepalived, ucarp and tcpdump.
import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { provenance, table, writeSection } from "./results.mjs";
import { run } from "./scale/course.mjs";
import { keepalived, thisNode, ucarp } from "./scale/subjects.mjs";

const { values: options } = parseArgs({
  options: {
    counts: { type: "string", default: "1,16,255,1020,4080" },
    vmac: { type: "string", default: "255,1020" },
    "idle-seconds": { type: "string", default: "20" },
    only: { type: "string", default: "" },
    keep: { type: "string" },
    write: { type: "boolean", default: false },
    program: { type: "string", default: fileURLToPath(new URL("../build/host/main.js", import.meta.url)) },
  },
});
const mostUcarp = 255;
const explanation = `Two hosts in network namespaces, joined by 1, 4 or 16 veth cables, over which the virtual hosts are spread
(at most 255 on each); advbase 1, one address of each family for each; keepalived speaks VRRPv3 with advert_int 1, one
instance for each address. CPU is what all threads of the process have used while nothing
happens but advertisements, memory the resident size. Times of frames are the kernel's, from a capture on the second
host, which both pay for. The master-down time counts from the start of the program, so the second row of each table is
how long it took to begin. A master is lost by SIGKILL.

A virtual host costs its record of 2880 bytes in the core, whose memory is 13 MiB however many there are; an interface
costs a ring of 2 MiB. The rest of what memory grows by is the host's, its garbage included. Deadlines that are found due together stay together, so that virtual hosts which
were started together advertise together: a wake-up serves many of them.`;

await main();

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-scale-"));
  try {
    const plain = [
      thisNode(options.program, folder),
      thisNode(options.program, folder, { families: [4, 6] }),
      keepalived(folder),
      ucarp(folder),
    ];
    const macs = [
      thisNode(options.program, folder, { virtualMac: true }),
      keepalived(folder, { virtualMac: true }),
    ];
    const results = options.keep === undefined ? [] : await readResults(options.keep);
    for (const [list, subjects] of [
      [options.counts, plain],
      [options.vmac, macs],
    ]) {
      for (const count of list.split(",").filter(Boolean).map(Number)) {
        for (const subject of subjects.filter(({ name }) => name.includes(options.only))) {
          if (subject.name.startsWith("ucarp") && count > mostUcarp) continue;
          const figures = await measure(subject, count);
          const result = { name: subject.name, count, idleSeconds: Number(options["idle-seconds"]), figures };
          results.push(result);
          if (options.keep !== undefined) await appendFile(options.keep, `${JSON.stringify(result)}\n`);
          process.stderr.write(`${count} ${subject.name}: ${JSON.stringify(figures, round)}\n`);
        }
      }
    }
    const body = sectionOf(results);
    if (options.write) writeSection("scale", body);
    process.stdout.write(`${body}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readResults(file) {
  const text = await readFile(file, "utf8").catch(() => "");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

async function measure(subject, count) {
  try {
    return await run(subject, count, Number(options["idle-seconds"]));
  } catch (error) {
    return { failed: error.message.split("\n").slice(-3).join("; ") };
  }
}

function sectionOf(results) {
  const counts = [...new Set(results.map(({ count }) => count))].sort((one, other) => one - other);
  const parts = counts.map((count) => {
    const columns = results.filter((one) => one.count === count);
    const names = [...new Set(columns.flatMap(({ figures }) => Object.keys(figures)))];
    const rows = names.map((name) => [name, ...columns.map(({ figures }) => numberOf(figures[name]))]);
    const title = `### ${count} virtual host${count === 1 ? "" : "s"}`;
    return `${title}\n\n${table(["", ...columns.map(({ name }) => name)], rows)}`;
  });
  const curves = ["CPU as master, %", "CPU as backup, %", "memory as master, MiB"].map((figure) =>
    curveOf(results, counts, figure),
  );
  return ["## Scale", provenance(), explanation, ...curves, ...parts].join("\n\n");
}

/** One figure over the number of virtual hosts. */
function curveOf(results, counts, figure) {
  const names = [...new Set(results.map(({ name }) => name))];
  const of = (name, count) =>
    results.find((one) => one.name === name && one.count === count)?.figures[figure];
  const rows = names.map((name) => [name, ...counts.map((count) => numberOf(of(name, count)))]);
  return `### ${figure}, by the number of virtual hosts\n\n${table(["", ...counts.map(String)], rows)}`;
}

function numberOf(value) {
  if (value === undefined) return "–";
  if (typeof value === "string") return value;
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return String(Number(value.toFixed(digits)));
}

function round(_, value) {
  return typeof value === "number" ? Math.round(value * 100) / 100 : value;
}
