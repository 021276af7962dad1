import { effects } from "./faults.ts";
import type { Node } from "./node.ts";
import type { FaultKind } from "./plan.ts";
import { Random } from "./random.ts";
import { SECOND } from "./time.ts";
import type { World } from "./world.ts";

/**
 * Faults come in storms, and between two of them it is quiet for long enough to judge what the stations have made of it.
 * When a storm ends everything is whole again.
 */
export class Storm {
  readonly world: World;
  readonly nodes: readonly Node[];
  /** When the present storm is over. */
  end = 0;
  private readonly times: Random;
  private readonly streams = new Map<FaultKind, Random>();
  private generation = 0;

  constructor(world: World, nodes: readonly Node[]) {
    this.world = world;
    this.nodes = nodes;
    this.times = new Random(world.plan.seed, "storm");
    for (const kind of world.plan.faults)
      this.streams.set(kind, new Random(world.plan.seed, `fault ${kind}`));
  }

  /** Everybody begins, and after a quiet time the first storm does. */
  begin(): void {
    const { world } = this;
    for (const station of world.stations)
      this.later(this.times.chance(0.3) ? 0 : this.times.below(8 * SECOND), () => station.start());
    world.after(8 * SECOND + this.quietTime(), () => this.rise());
  }

  /** Whether there is a storm. */
  get isRaging(): boolean {
    return this.world.now < this.end;
  }

  /** What is left of the storm, at most `length`. */
  atMost(length: number): number {
    return Math.max(0, Math.min(length, this.end - this.world.now));
  }

  /** Has something happen that the stations may have to get over. */
  later(delayNs: number, act: () => void): void {
    this.world.after(delayNs, () => {
      this.world.disturb();
      act();
    });
  }

  private rise(): void {
    const { world } = this;
    const length = this.times.between(world.plan.stormNs / 2, world.plan.stormNs * 1.5);
    this.end = world.now + length;
    world.disturb(this.end);
    const generation = ++this.generation;
    for (const kind of this.streams.keys()) this.next(kind, generation);
    world.after(length, () => this.calm());
  }

  private next(kind: FaultKind, generation: number): void {
    const random = this.streams.get(kind)!;
    this.world.after(random.exponential(this.world.plan.faultEveryNs), () => {
      if (!this.isRaging || generation !== this.generation) return;
      this.world.disturb();
      this.world.note(`fault ${kind}`);
      this.world.happened(`fault ${kind}`);
      effects[kind](this, random);
      this.next(kind, generation);
    });
  }

  private calm(): void {
    const { world } = this;
    world.note("calm");
    world.disturb();
    world.wire.heal();
    for (const node of this.nodes) {
      node.kernel.applyErrno = 0;
      node.kernel.sendErrno = 0;
      node.applyNs = 30_000;
      node.kernel.setForeign(false);
      node.thaw(false);
    }
    for (const station of world.stations) {
      station.resume();
      station.setLink(true);
      station.start();
    }
    for (const node of this.nodes) node.recover();
    world.after(world.convergenceNs + this.quietTime(), () => this.rise());
  }

  private quietTime(): number {
    const { quietNs } = this.world.plan;
    return this.times.between(quietNs / 2, quietNs * 1.5);
  }
}
