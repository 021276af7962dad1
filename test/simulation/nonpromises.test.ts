import { describe, expect, it } from "vitest";
import { Adversary } from "./adversary.ts";
import { EBUSY } from "./kernel.ts";
import { Scene } from "./scene.ts";
import { SECOND } from "./time.ts";

/** What CARP cannot promise, shown: every test here stays green as long as the bad thing happens. */
describe("what CARP cannot promise", () => {
  it("N1: a master that nobody hears is not the only one, for ever", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]);
    scene.cut(0, 1);
    scene.startAll().run(10);
    scene.world.ownership.take(scene.now);
    scene.run(3600);
    expect(scene.masters).toBe(2);
    expect(scene.world.ownership.take(scene.now).severalNs).toBe(3600 * SECOND);
  });

  it("N1: a partition has a master in each half", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]);
    scene.part(0, 1);
    scene.startAll().run(3600);
    expect(scene.masters).toBe(2);
  });

  it("N2: two masters that do not hear each other stay so, though a third hears both", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }, { advskew: 10 }]);
    scene.part(0, 2);
    scene.startAll().run(3600);
    expect([0, 1, 2].map((index) => scene.isMaster(index))).toEqual([true, false, true]);
  });

  it("N3: two have the address when a better node takes over, for less than two delays", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).start(1).run(6);
    scene.world.ownership.take(scene.now);
    scene.start(0).run(5);
    expect(scene.world.ownership.take(scene.now).severalNs).toBeGreaterThan(0);
  });

  it("N3: without a lease a stopped master keeps the address as long as it is stopped", () => {
    for (const [lease, least, most] of [
      [false, 16, 18],
      [true, 0, 0.003],
    ] as const) {
      const scene = new Scene([{ advskew: 0 }, { advskew: 100 }], { lease }).startAll().run(9.5);
      scene.world.ownership.take(scene.now);
      scene.nodes[0].stop();
      scene.run(20);
      scene.nodes[0].resume();
      scene.run(5);
      const { severalNs } = scene.world.ownership.take(scene.now);
      expect(severalNs).toBeGreaterThanOrEqual(least * SECOND);
      expect(severalNs).toBeLessThanOrEqual(most * SECOND);
    }
  });

  it("N3: nobody answers while the new master puts the address in place", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    scene.nodes[1].applyNs = 4 * SECOND;
    scene.world.ownership.take(scene.now);
    scene.nodes[0].losePower();
    scene.run(15);
    expect(scene.world.ownership.take(scene.now).noneNs).toBeGreaterThan(6 * SECOND);
  });

  it("N4: two equal NetBSD hosts can step up and down together", () => {
    const equal = { kind: "netbsd", advskew: 0, latenessNs: 1 } as const;
    const scene = new Scene([equal, equal], { delayNs: 20_001 }).startAll().run(60);
    expect(scene.count("netbsd yielded")).toBeGreaterThan(20);
  });

  it("N4: of two equal nodes of ours both may step down, and the jitter unties them in the end", () => {
    let steppedDown = 0;
    let settled = 0;
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const scene = new Scene([{ advskew: 7 }, { advskew: 7 }], { seed: 5000 + trial, delayNs: 200_000 });
      scene.part(0, 1);
      scene.startAll().run(6);
      scene.part(0, 1, false);
      scene.run(2);
      if (scene.masters === 0) steppedDown++;
      scene.run(3 * 3.1);
      if (scene.masters === 1) settled++;
    }
    expect(steppedDown).toBeGreaterThan(0);
    expect(settled).toBeGreaterThanOrEqual(0.99 * trials);
  });

  it("N5: who has recorded one advertisement can say any priority, and the master yields", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).start(1).run(5).start(0).run(2.5);
    const adversary = new Adversary(scene, 1);
    expect(scene.isMaster(0)).toBe(true);
    adversary.rewrite({ advbase: 1, advskew: 0, host: 77 });
    scene.run(0.1);
    expect(scene.masters).toBe(0);
    expect(scene.count("notice ReplaySuspected")).toBeGreaterThan(0);
  });

  it("N6: an old advertisement of a FreeBSD host that has died holds a backup back as long as it is sent", () => {
    const scene = new Scene([{ kind: "freebsd", advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    const adversary = new Adversary(scene, 0);
    scene.stations[0].kill();
    adversary.repeatEvery(1, 600, () => adversary.replay());
    scene.run(600);
    expect(scene.isMaster(1)).toBe(false);
    scene.run(5);
    expect(scene.isMaster(1)).toBe(true);
  });

  it("N7: a client that misses the announcements stays with the old master", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    let believed = 0;
    let isDeaf = true;
    scene.world.onAnnouncement = (index) => {
      if (!isDeaf) believed = index;
    };
    scene.nodes[0].losePower();
    scene.run(8);
    isDeaf = false;
    scene.run(3600);
    expect(scene.isMaster(1)).toBe(true);
    expect(believed).toBe(0);
  });

  it("N8: nobody is MASTER while nobody can put the address in place", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]);
    for (const { kernel } of scene.nodes) kernel.applyErrno = EBUSY;
    scene.startAll().run(600);
    expect(scene.masters).toBe(0);
    for (const { kernel } of scene.nodes) kernel.applyErrno = 0;
    scene.run(70);
    expect(scene.masters).toBe(1);
  });

  it("N8: nodes that are all demoted as far as can be are equal", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }]).startAll().run(9);
    for (const node of scene.nodes) node.demote(240);
    expect(scene.nodes.map(({ rank }) => rank)).toEqual([256 + 240, 256 + 240]);
  });

  it("N9: with one recorded advertisement the address is dark for as long as somebody likes", () => {
    const scene = new Scene([{ advskew: 0 }, { advskew: 100 }, { advskew: 200 }])
      .start(2)
      .run(5)
      .start(0, 1)
      .run(5);
    // Whoever has sent it knows it again: the recording is of one that is gone.
    const adversary = new Adversary(scene, 2);
    scene.nodes[2].losePower();
    scene.world.ownership.take(scene.now);
    adversary.repeatEvery(0.5, 600, () => adversary.rewrite({ advbase: 1, advskew: 0, host: 77 }));
    scene.run(600);
    expect(scene.world.ownership.take(scene.now).noneNs).toBeGreaterThan(590 * SECOND);
  });
});
