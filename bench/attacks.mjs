// Every attack of docs/RELIABILITY.md that can be made on a wire, against nodes in network namespaces on this machine.
//   node bench/attacks.mjs [--seconds 60] [--labs 8] [--only W1,W3] [--mode strict] [--write]
// Prints a Markdown table of what each changed, what was counted and how much was logged; --write puts it into
// bench/RESULTS.md. Several labs run side by side; what takes all of the machine runs alone. Needs root (or a user
// namespace), cc, tcpdump and keepalived.
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { courses } from "./attacks/courses.mjs";
import { electInTurn, openAttackLab, watch } from "./attacks/lab.mjs";
import { inNamespaces } from "./course.mjs";
import { provenance, table, writeSection } from "./results.mjs";
import { compileSender } from "./sender.mjs";

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    labs: { type: "string", default: "8" },
    only: { type: "string" },
    mode: { type: "string" },
    write: { type: "boolean", default: false },
  },
});
const seconds = Number(options.seconds);
const head = [
  "attack",
  "replay",
  "frames/s",
  "transitions",
  "addresses moved",
  "master's gaps, s",
  "backup's advertisements",
  "counted by the master",
  "counted by the backup",
  "announcements",
  "log lines",
];

await inNamespaces(main);

async function main() {
  const folder = await mkdtemp(join(tmpdir(), "carp-bench-"));
  try {
    const sender = await compileSender(folder);
    if (sender === undefined) throw new Error("cc is needed");
    const load = loadavg()[0].toFixed(2);
    const chosen = courses
      .filter(({ id }) => options.only === undefined || options.only.split(",").includes(id))
      .flatMap((course) => course.modes.map((mode) => ({ ...course, mode })))
      .filter(({ mode }) => options.mode === undefined || mode === options.mode);
    const alone = chosen.filter(({ exclusive }) => exclusive);
    const together = chosen.filter(({ exclusive }) => !exclusive);
    const rows = new Map();
    await sideBySide(together, Number(options.labs), async (course) =>
      rows.set(course, await run(course, sender)),
    );
    await sideBySide(alone, 1, async (course) => rows.set(course, await run(course, sender)));
    const text = [
      `${provenance()} Load at the start: ${load}. ${seconds} s of each, up to ${options.labs} labs side by side.`,
      "",
      table(
        head,
        chosen.map((course) => rows.get(course)),
      ),
    ].join("\n");
    process.stdout.write(`${text}\n`);
    if (options.write) writeSection("attacks", `## Attacks\n\n${text}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sideBySide(list, width, work) {
  const waiting = [...list];
  await Promise.all(
    Array.from({ length: Math.min(width, list.length) }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}

async function run(course, sender) {
  const { id, name, mode, attack } = course;
  process.stderr.write(`${id} ${name}, ${mode}\n`);
  const attackLab = await openAttackLab(course);
  try {
    const recorded = await electInTurn(attackLab);
    const result = await watch(attackLab, () => attack({ attackLab, recorded, sender, seconds }));
    return rowOf(course, result);
  } catch (error) {
    return [`${id} ${name}`, mode, `failed: ${error.message}`, ...head.slice(3).map(() => "")];
  } finally {
    await attackLab.close();
  }
}

function rowOf({ id, name, mode }, { sent, figures }) {
  const nodes = Object.values(figures);
  const [master, ...backups] = nodes;
  const [shortest, longest] = [Math.min(...master.gaps), Math.max(...master.gaps)];
  return [
    `${id} ${name}`,
    mode,
    sent === undefined ? "" : String(Number(sent.perSecond.toPrecision(3))),
    nodes.map(({ transitions }) => transitions).join(", "),
    nodes.map(({ addressChanges }) => addressChanges).join(", "),
    master.gaps.length === 0 ? "none sent" : `${shortest.toFixed(3)} to ${longest.toFixed(3)}`,
    backups.map(({ advertisements }) => advertisements).join(", "),
    countedText(master.counted),
    countedText(backups[0].counted),
    String(master.announcements),
    nodes.map(({ lines }) => lines.length).join(", "),
  ];
}

/** What was sent is no news. */
function countedText(counted) {
  const names = Object.keys(counted).filter((name) => !name.startsWith("opackets"));
  return names.map((name) => `${name} ${counted[name]}`).join(", ") || "nothing";
}
