import { describe, expect, it } from "vitest";
import { Adversary } from "./adversary.ts";
import { Scene } from "./scene.ts";
import { MILLISECOND, SECOND } from "./time.ts";

/** Three nodes in strict mode that have all heard each other's counters long enough to enforce it. */
function strictTrio(): { readonly scene: Scene; readonly former: Adversary } {
  const scene = new Scene([{ advskew: 0 }, { advskew: 100 }, { advskew: 200 }], { replay: "strict" });
  scene.start(2).run(9).start(0, 1).run(5);
  // The master learns the others' counters while it waits for the link to come back.
  scene.nodes[0].setLink(false);
  scene.run(9);
  scene.nodes[0].setLink(true);
  scene.run(12);
  scene.nodes[1].setLink(false);
  scene.run(1);
  scene.nodes[1].setLink(true);
  scene.run(9);
  expect(scene.nodes.map(({ isStrict }) => isStrict)).toEqual([true, true, true]);
  expect([0, 1, 2].map((index) => scene.isMaster(index))).toEqual([true, false, false]);
  return { scene, former: new Adversary(scene, 0) };
}

describe("attacks from the wire", () => {
  it("W1, W2, W3: in strict mode ten minutes of what was recorded change nothing", () => {
    const { scene, former } = strictTrio();
    const before = scene.transitions;
    scene.world.ownership.take(scene.now);
    former.repeatEvery(0.01, 600, () => former.replay());
    former.repeatEvery(0.013, 600, () => former.rewrite({ advbase: 1, advskew: 0, host: 77 }));
    former.repeatEvery(0.017, 600, () => former.rewrite({ advbase: 255, advskew: 255, host: 1 }));
    scene.run(600);
    expect(scene.transitions).toBe(before);
    expect(scene.world.ownership.take(scene.now)).toEqual({ noneNs: 0, severalNs: 0 });
  });

  it("W3: a bow-out that is forged from what was heard is not believed, unless counters are not looked at", () => {
    for (const [replay, least, most] of [
      ["off", 30, 70],
      ["log", 0, 0],
    ] as const) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { replay }).startAll().run(9);
      const adversary = new Adversary(scene, 0);
      adversary.repeatEvery(0.1, 60, () => adversary.rewrite({ advbase: 255, advskew: 255, host: 1 }));
      scene.run(60);
      const takeovers = scene.count("Backup>Master PreemptingSlowerMaster");
      expect(takeovers).toBeGreaterThanOrEqual(least);
      expect(takeovers).toBeLessThanOrEqual(most);
      expect(scene.count("notice BowOutIgnored") > 0).toBe(replay === "log");
    }
  });

  it("W4: a reflection changes nothing, in any mode", () => {
    for (const replay of ["off", "log", "strict"] as const) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { replay }).startAll().run(9);
      const adversary = new Adversary(scene, 0);
      const before = scene.transitions;
      adversary.repeatEvery(0.01, 60, () => adversary.reflect());
      scene.run(60);
      expect(scene.transitions).toBe(before);
    }
  });

  it("H1: stopped for half a second to a minute, a master with a lease never overlaps", () => {
    for (let trial = 0; trial < 100; trial++) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { seed: trial + 1 }).startAll();
      scene.run(9 + trial / 100);
      scene.world.ownership.take(scene.now);
      scene.nodes[0].stop();
      scene.run(0.5 * 120 ** (trial / 100));
      const sent = scene.frames.length;
      const { masters } = scene;
      scene.nodes[0].resume();
      const mine = scene.frames.slice(sent).filter(({ sender }) => sender === 0);
      // Nothing is sent before the queue is read, where somebody else is MASTER.
      if (masters === 2) expect(mine).toEqual([]);
      expect(scene.world.ownership.take(scene.now).severalNs).toBe(0);
      scene.run(5);
      expect(scene.world.ownership.take(scene.now).severalNs).toBeLessThanOrEqual(3 * MILLISECOND);
    }
  });

  it("H2: the address of a killed node is gone when its lease is over, and nobody has it twice", () => {
    for (let trial = 0; trial < 100; trial++) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { seed: trial + 1 }).startAll();
      scene.run(9 + trial / 100);
      scene.world.ownership.take(scene.now);
      scene.nodes[0].kill();
      expect(scene.until(() => !scene.nodes[0].kernel.present, 5)).toBeLessThanOrEqual(2.1 * SECOND);
      scene.run(5);
      expect(scene.isMaster(1)).toBe(true);
      expect(scene.world.ownership.take(scene.now).severalNs).toBe(0);
    }
  });

  it("H4: steps of the wall clock have no effect", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    const before = scene.transitions;
    for (const step of [-288, 288, -1, 1, -3600]) {
      for (const node of scene.nodes) node.wallOffsetNs += step * SECOND;
      scene.run(60);
    }
    expect(scene.transitions).toBe(before);
  });

  it("H12: a demotion for failing sends does not stay", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    scene.nodes[0].kernel.sendErrno = 105;
    scene.run(10);
    expect(scene.isMaster(1)).toBe(true);
    expect(scene.nodes[0].watch.demotion).toBe(240);
    scene.nodes[0].kernel.sendErrno = 0;
    scene.run(30);
    expect(scene.nodes[0].watch.demotion).toBe(0);
    expect([scene.isMaster(0), scene.isMaster(1)]).toEqual([true, false]);
  });
});
