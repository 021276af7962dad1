import { describe, expect, it } from "vitest";
import { Scene } from "./scene.ts";

describe("loss of advertisements", () => {
  for (const loss of [0.05, 0.1, 0.2]) {
    it(`B7: false takeovers at a loss of ${loss * 100} % are as many as the formula says`, () => {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(8);
      expect(scene.isMaster(0)).toBe(true);
      scene.world.wire.loss = loss;
      scene.world.wire.onFrame = undefined;
      const before = scene.count("Backup>Master MasterTimedOut");
      const hours = 240;
      scene.run(hours * 3600);
      const expected = hours * 3600 * (1 - loss) * loss ** 3;
      const found = scene.count("Backup>Master MasterTimedOut") - before;
      expect(Math.abs(found - expected)).toBeLessThanOrEqual(4 * Math.sqrt(expected));
    }, 300_000);
  }
});
