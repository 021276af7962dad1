import { Attacker } from "./attacker.ts";
import { checkQuiet } from "./invariants.ts";
import type { DoorPool } from "./module.ts";
import { Node } from "./node.ts";
import { FreeBsd, NetBsd, OpenBsd } from "./peers/bsd.ts";
import { Ucarp } from "./peers/ucarp.ts";
import type { Member, Plan } from "./plan.ts";
import { Storm } from "./storm.ts";
import { type Station, type Violation, World } from "./world.ts";

export interface Outcome {
  readonly fingerprint: string;
  readonly violations: readonly Violation[];
  readonly world: World;
}

/** A run may take so many steps in a virtual second and station before it is stopped as one that never ends. */
const STEPS_PER_SECOND = 20_000;

/** One run from its beginning to its end, or to its first violation. */
export function run(plan: Plan, pool: DoorPool, trace?: (line: string) => void): Outcome {
  const world = new World(plan);
  world.trace = trace;
  world.stations.push(...plan.members.map((member, index) => stationOf(world, index, member, pool)));
  const nodes = world.stations.filter((station) => station instanceof Node);
  world.wire.attach(world.stations);
  const storm = new Storm(world, nodes);
  storm.begin();
  new Attacker(world, storm).begin();
  try {
    play(world);
  } catch (error) {
    pool.discard();
    world.violate("H16", error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  for (const { watch } of nodes) watch.cells.addTo(world.coverage);
  return { fingerprint: world.fingerprint.text(), violations: world.violations, world };
}

/** The station that the member stands for. */
export function stationOf(world: World, index: number, member: Member, pool: DoorPool): Station {
  switch (member.kind) {
    case "ours":
      return new Node(world, index, member, pool.at(index));
    case "freebsd":
      return new FreeBsd(world, index, member);
    case "openbsd":
      return new OpenBsd(world, index, member);
    case "netbsd":
      return new NetBsd(world, index, member);
    case "ucarp":
      return new Ucarp(world, index, member);
  }
}

function play(world: World): void {
  const { durationNs, members } = world.plan;
  let second = 0;
  let steps = 0;
  while (world.violations.length === 0 && world.step(durationNs)) {
    world.steps++;
    checkQuiet(world);
    const present = Math.floor(world.now / 1e9);
    if (present !== second) steps = 0;
    second = present;
    if (++steps > STEPS_PER_SECOND * members.length) world.violate("S10", "it does not get on");
  }
}
