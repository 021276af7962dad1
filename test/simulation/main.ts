import { parseArgs } from "node:util";
import { Coverage } from "./coverage.ts";
import { DoorPool, pathOf } from "./module.ts";
import { planOf } from "./plan.ts";
import { run } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    hours: { type: "string", default: "24" },
    nodes: { type: "string", default: "3" },
    module: { type: "string" },
    trace: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed);
const pool = new DoorPool(values.module ?? pathOf("baseline"));
const coverage = new Coverage();
const begun = process.cpuUsage();
const t0 = process.hrtime.bigint();
let bad = 0;
let steps = 0;
const nodes = Number(values.nodes);
const hours = Number(values.hours);
for (let n = 0; n < Number(values.seeds); n++) {
  const plan = planOf(seed + n, nodes, hours, { attacks: [] });
  const p2 = { ...plan, members: plan.members.map((m) => ({ ...m, kind: "ours" as const })) };
  const outcome = run(p2, pool, values.trace ? (line) => console.log(line) : undefined);
  steps += outcome.world.steps;
  coverage.merge(outcome.world.coverage);
  if (outcome.violations.length > 0) {
    bad++;
    if (bad < 10) console.log(seed + n, JSON.stringify(outcome.violations[0]));
  }
}
const used = process.cpuUsage(begun);
const wall = Number(process.hrtime.bigint() - t0) / 1e9;
const cpu = (used.user + used.system) / 1e6;
console.log({ steps, bad, wall, cpu, rate: (Number(values.seeds) * nodes * hours) / cpu });
if (values.json) console.log([...coverage.counts].sort());
