import { rewritten } from "./attacker.ts";
import { type Frame, frameOf, Truth } from "./frame.ts";
import type { Scene } from "./scene.ts";
import { SECOND } from "./time.ts";

/** Fields that the digest does not cover. */
export interface Rewriting {
  readonly advbase: number;
  readonly advskew: number;
  /** The last byte of the source address. */
  readonly host: number;
}

/** Somebody in a scene who has recorded the last advertisement of one station, and does as a test says. */
export class Adversary {
  private readonly scene: Scene;
  private readonly recorded: Frame;

  /** Records what station `index` has sent last; it has sent something. */
  constructor(scene: Scene, index: number) {
    this.scene = scene;
    const recorded = scene.frames.findLast(({ sender }) => sender === index);
    if (recorded === undefined) throw new Error(`station ${index} has sent nothing`);
    this.recorded = recorded;
  }

  /** As it was. */
  replay(): void {
    this.scene.world.wire.inject(frameOf(this.recorded.bytes, -1, Truth.Replayed));
  }

  rewrite({ advbase, advskew, host }: Rewriting): void {
    this.scene.world.wire.inject(rewritten(this.recorded, advbase, advskew, host));
  }

  /** Back to whom it came from. */
  reflect(): void {
    this.scene.world.wire.inject({ ...this.recorded, truth: Truth.Replayed }, this.recorded.sender);
  }

  /** Acts every so many seconds, for so many. */
  repeatEvery(seconds: number, length: number, act: () => void): void {
    for (let time = 0; time < length; time += seconds) this.scene.world.after(time * SECOND, act);
  }
}
