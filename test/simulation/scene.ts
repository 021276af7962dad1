import type { State } from "../../assembly/abi.ts";
import type { Frame } from "./frame.ts";
import { DoorPool, pathOf } from "./module.ts";
import { Node } from "./node.ts";
import { type Member, type Plan, planOf } from "./plan.ts";
import { stationOf } from "./run.ts";
import { MILLISECOND, NEVER, SECOND } from "./time.ts";
import { type Station, World } from "./world.ts";

const pool = new DoorPool(pathOf("baseline"));

/** How much a scene's member may differ from the plainest node. */
export type Role = Partial<Member>;

/** The most that a frame is under way in a scene, that a timer is late, and that putting addresses in place takes. */
export const DELAY = MILLISECOND;
export const LATENESS = MILLISECOND;
export const PLACING = 30_000;

/** A few stations and no fault but what the test makes. */
export class Scene {
  readonly world: World;
  readonly nodes: Node[];
  readonly stations: readonly Station[];
  /** All that was sent. */
  readonly frames: Frame[] = [];

  constructor(roles: readonly Role[], overrides: Partial<Plan> = {}) {
    const members = roles.map((role): Member => {
      return { kind: "ours", advskew: 0, driftPpm: 0, latenessNs: LATENESS, ...role };
    });
    this.world = new World({
      ...planOf(overrides.seed ?? 1, roles.length, 1),
      advbase: 1,
      preempt: true,
      addresses: ["10.0.1.1"],
      replay: "log",
      lease: true,
      delayNs: DELAY,
      faults: [],
      attacks: [],
      ...overrides,
      members,
    });
    this.world.stations.push(...members.map((member, index) => stationOf(this.world, index, member, pool)));
    this.stations = this.world.stations;
    this.nodes = this.world.stations.filter((station) => station instanceof Node);
    this.world.wire.attach(this.world.stations);
    this.world.wire.onFrame = (frame) => this.frames.push(frame);
    // A test says itself what is quiet.
    this.world.disturb(NEVER);
  }

  get now(): number {
    return this.world.now;
  }

  get masters(): number {
    return this.stations.filter(({ isMaster }) => isMaster).length;
  }

  start(...indexes: readonly number[]): this {
    for (const index of indexes) this.stations[index].start();
    return this;
  }

  startAll(): this {
    return this.start(...this.stations.keys());
  }

  /** Goes on for so many seconds. */
  run(seconds: number): this {
    const end = this.now + seconds * SECOND;
    while (this.world.step(end));
    this.world.now = end;
    this.world.wire.now = end;
    return this;
  }

  /** Goes on until it is so, and returns how long that took in nanoseconds; NEVER where it takes more than `seconds`. */
  until(isSo: () => boolean, seconds: number): number {
    const begun = this.now;
    while (!isSo()) if (!this.world.step(begun + seconds * SECOND)) return NEVER;
    return this.now - begun;
  }

  /** Cuts the way from one to the other, or both ways. */
  cut(from: number, to: number, isCut = true): void {
    this.world.wire.cut(from, to, isCut);
  }

  part(one: number, other: number, isCut = true): void {
    this.cut(one, other, isCut);
    this.cut(other, one, isCut);
  }

  isMaster(index: number): boolean {
    return this.stations[index].isMaster;
  }

  stateOf(index: number): State {
    return this.nodes[index].door.state;
  }

  /** How often any of our nodes has gone from one state to another. */
  get transitions(): number {
    let sum = 0;
    for (const [what, times] of this.world.coverage.counts) if (/^\w+>\w+ /.test(what)) sum += times;
    return sum;
  }

  count(what: string): number {
    return this.world.coverage.counts.get(what) ?? 0;
  }
}
