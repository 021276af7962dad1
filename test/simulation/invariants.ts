import type { World } from "./world.ts";

/** S1 and L1: when all must have settled there is exactly one MASTER, and with preemption it is the best. */
export function checkQuiet(world: World): void {
  if (!world.isQuiet) return;
  let masters = 0;
  let alive = 0;
  let best = Number.POSITIVE_INFINITY;
  let masterRank = 0;
  let isTied = false;
  for (const station of world.stations) {
    if (station.isMaster) masters++;
    if (!station.isAlive) continue;
    alive++;
    const { rank } = station;
    if (station.isMaster) masterRank = rank;
    if (rank === best) isTied = true;
    if (rank < best) {
      best = rank;
      isTied = false;
    }
  }
  // Equal nodes need not find each other, and those that are demoted as far as can be are equal (N4, N8).
  if (isTied || alive === 0) return;
  if (masters !== 1) world.violate(masters === 0 ? "L1" : "S1", `${masters} masters: ${describe(world)}`);
  else if (world.plan.preempt && masterRank !== best)
    world.violate("S1", `not the best is master: ${describe(world)}`);
}

function describe(world: World): string {
  return world.stations
    .map(({ isMaster, isAlive, rank }, index) => `${index}:${isAlive ? (isMaster ? "M" : "B") : "-"}${rank}`)
    .join(" ");
}
