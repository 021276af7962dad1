import { describe, expect, it } from "vitest";
import { Random } from "./random.ts";
import { DELAY, LATENESS, PLACING, Scene } from "./scene.ts";
import { downTimeOf, intervalOf, MILLISECOND, SECOND } from "./time.ts";

const RHO = 2e-4;
const JITTER = 2 * MILLISECOND;
/** What all bounds have in common: delay, lateness, putting the address in place. */
const slack = DELAY + LATENESS + PLACING;
const random = new Random(1, "bounds");

/** Two nodes, the first of them MASTER, both running. */
function pair(skew = 100, overrides = {}): Scene {
  const scene = new Scene([{ advskew: 0 }, { advskew: skew }], overrides).startAll();
  scene.run(8 + random.unit() * 4);
  expect([scene.isMaster(0), scene.isMaster(1)]).toEqual([true, false]);
  return scene;
}

describe("what an operator can rely on", () => {
  for (const driftPpm of [-200, 0, 200]) {
    it(`B1: alone after a cold start it is MASTER after the master-down time, at ${driftPpm} ppm`, () => {
      for (const advskew of [0, 1, 100, 240]) {
        const scene = new Scene([{ advskew, driftPpm }]).startAll();
        const time = scene.until(() => scene.isMaster(0), 10);
        const down = downTimeOf(1, advskew);
        expect(time).toBeGreaterThanOrEqual(down * (1 - RHO));
        expect(time).toBeLessThanOrEqual((down + JITTER) * (1 + RHO) + LATENESS + PLACING);
      }
    });
  }

  it("B2: when a master dies nobody answers for 2.39 to 3.39 s with a skew of 100", () => {
    const down = downTimeOf(1, 100);
    const gaps: number[] = [];
    for (let trial = 0; trial < 100; trial++) {
      const scene = pair(100, { seed: trial + 1 });
      scene.world.ownership.take(scene.now);
      scene.nodes[0].losePower();
      scene.until(() => scene.isMaster(1), 10);
      gaps.push(scene.world.ownership.take(scene.now).noneNs);
    }
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(
      down * (1 - RHO) - intervalOf(1, 0) * (1 + RHO) - LATENESS,
    );
    expect(Math.max(...gaps)).toBeLessThanOrEqual((down + JITTER) * (1 + RHO) + slack);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(SECOND / 2);
  });

  it("B3: a polite leave costs a delay, and with three backups there is one master soon", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 50 }, { advskew: 100 }, { advskew: 150 }])
      .startAll()
      .run(9);
    scene.world.ownership.take(scene.now);
    scene.nodes[0].leave();
    scene.until(() => scene.masters > 0, 1);
    expect(scene.world.ownership.take(scene.now).noneNs).toBeLessThanOrEqual(slack);
    scene.run(0.02);
    expect([0, 1, 2, 3].map((index) => scene.isMaster(index))).toEqual([false, true, false, false]);
    expect(scene.world.ownership.take(scene.now).severalNs).toBeLessThanOrEqual(
      2 * DELAY + LATENESS + PLACING,
    );
  });

  it("B4: two masters that meet are one after an interval of the better", () => {
    for (let trial = 0; trial < 30; trial++) {
      const scene = pair(100, { seed: trial + 1 });
      scene.part(0, 1);
      scene.run(6 + random.unit());
      expect(scene.masters).toBe(2);
      scene.part(0, 1, false);
      const time = scene.until(() => scene.masters === 1, 5);
      expect(time).toBeLessThanOrEqual(intervalOf(1, 0) * (1 + RHO) + DELAY + LATENESS);
      expect(scene.isMaster(0)).toBe(true);
    }
  });

  it("B4: where half of the advertisements are lost, two are left after k of them with 2^-k", () => {
    const left = [0, 0, 0, 0];
    const trials = 400;
    for (let trial = 0; trial < trials; trial++) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { seed: 1000 + trial });
      scene.part(0, 1);
      scene.startAll().run(6);
      scene.part(0, 1, false);
      scene.world.wire.loss = 0.5;
      let heardFrom = scene.frames.length;
      let sent = 0;
      // The better one's advertisements, one after the other; each must be heard before it counts.
      while (sent < 4) {
        scene.until(() => scene.frames.slice(heardFrom).some(({ sender }) => sender === 0), 5);
        heardFrom = scene.frames.length;
        scene.run(0.05);
        if (scene.masters === 2) left[sent]++;
        else break;
        sent++;
      }
    }
    left.forEach((count, index) => {
      const expected = trials * 0.5 ** (index + 1);
      const deviation = Math.sqrt(expected * (1 - 0.5 ** (index + 1)));
      expect(Math.abs(count - expected)).toBeLessThanOrEqual(4 * deviation);
    });
  });

  it("B5: a better node that joins is MASTER after an interval, and two overlap for two delays", () => {
    for (let trial = 0; trial < 30; trial++) {
      const scene = new Scene([{ advskew: 10 }, { advskew: 100 }], { seed: trial + 1 })
        .start(1)
        .run(6 + random.unit());
      scene.world.ownership.take(scene.now);
      scene.start(0);
      const time = scene.until(() => scene.isMaster(0), 5);
      expect(time).toBeLessThanOrEqual(intervalOf(1, 100) + slack);
      scene.until(() => scene.masters === 1, 5);
      expect(scene.world.ownership.take(scene.now).severalNs).toBeLessThanOrEqual(
        2 * DELAY + LATENESS + PLACING,
      );
    }
  });

  it("B6: without preemption a better backup lets the master be for an hour, whatever their clocks", () => {
    const roles = [
      { advskew: 0, driftPpm: 200 },
      { advskew: 200, driftPpm: -200 },
    ];
    const scene = new Scene(roles, { preempt: false }).start(1).run(5).start(0).run(5);
    const before = scene.transitions;
    scene.run(3600);
    expect(scene.transitions).toBe(before);
    expect([scene.isMaster(0), scene.isMaster(1)]).toEqual([false, true]);
  });

  it("B8: a demotion hands over at once to a peer that preempts", () => {
    for (let trial = 0; trial < 30; trial++) {
      const scene = pair(100, { seed: trial + 1 });
      scene.world.ownership.take(scene.now);
      scene.nodes[0].demote(240);
      const time = scene.until(() => scene.isMaster(1), 5);
      expect(time).toBeLessThanOrEqual(2 * DELAY + LATENESS + PLACING);
      scene.run(0.05);
      expect(scene.masters).toBe(1);
      expect(scene.world.ownership.take(scene.now).noneNs).toBe(0);
    }
  });

  it("B9: when all faults have stopped the best is the only master, and stays it", () => {
    for (let trial = 0; trial < 50; trial++) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 120 }, { advskew: 240 }], { seed: trial + 1 });
      scene.part(0, 1);
      scene.part(1, 2);
      scene.part(0, 2);
      scene.startAll().run(5 + 3 * random.unit());
      for (const [one, other] of [
        [0, 1],
        [1, 2],
        [0, 2],
      ])
        scene.part(one, other, false);
      scene.run(5.9);
      expect([0, 1, 2].map((index) => scene.isMaster(index))).toEqual([true, false, false]);
      const before = scene.transitions;
      scene.run(60);
      expect(scene.transitions).toBe(before);
    }
  });

  it("B10: a master whose interval is longer than another's master-down time is not waited for", () => {
    const sound = new Scene([{ advskew: 0 }, { advskew: 254 }], { preempt: false })
      .start(1)
      .run(5)
      .start(0)
      .run(60);
    expect([sound.isMaster(0), sound.isMaster(1)]).toEqual([false, true]);
    const unsound = new Scene([{ advskew: 0 }, { advskew: 0 }], { preempt: false }).start(1).run(5);
    unsound.nodes[1].command("reload", () =>
      unsound.nodes[1].door.core.setVirtualHost(0, unsound.world.plan.vhid, { advbase: 4 }),
    );
    unsound.start(0).run(8);
    expect(unsound.isMaster(0)).toBe(true);
  });
});
