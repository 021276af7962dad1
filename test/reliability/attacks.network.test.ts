import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Course, courses, runKeepalived } from "../../bench/attacks/courses.mjs";
import {
  type AttackLab,
  electInTurn,
  type Figures,
  openAttackLab,
  type Watched,
  watch,
} from "../../bench/attacks/lab.mjs";
import { compileSender } from "../../bench/sender.mjs";
import { requireNamespaces, requireProgram } from "../support/network.ts";
import { requireOrSkip } from "../support/require.ts";

/**
 * The short form of bench/attacks.mjs: real nodes on real cables, each attack for two seconds. Whatever is on the wire,
 * the master goes on, the backup is silent, no address moves, and the log is not flooded.
 */
const seconds = 2;
const mostLines = 10;
/** A busy machine takes its time to bring the nodes up. */
const patienceMs = 120_000;

test.concurrent("W1 to W4 in strict mode: nothing changes, and everything is counted", {
  timeout: patienceMs,
}, async ({ skip }) => {
  await withLab(skip, { mode: "strict", held: ["192.168.1.50/32"] }, async (under) => {
    for (const course of named("W1", "W2", "W3", "W4")) {
      const { sent, figures } = await under(course);
      expectUnmoved(course.name, figures);
      const isOwn = course.name.includes("reflection") || course.id === "W3";
      // What m sends is a's own, or b's that a has heard; of either, b has heard a's.
      const [own, heard] = [figures.a.counted.reflected ?? 0, figures.b.counted.duplicates ?? 0];
      expect(own, course.name).toBeGreaterThan(isOwn ? 150 : 75);
      expect(own + (figures.a.counted.duplicates ?? 0), course.name).toBeLessThanOrEqual(sent?.sent ?? 0);
      expect(heard, course.name).toBeGreaterThan(isOwn ? 150 : 75);
    }
  });
});

test.concurrent("W1, W4, W9, W12 to W16, W18, W19 in log mode: nothing moves", {
  timeout: patienceMs,
}, async ({ skip }) => {
  await withLab(skip, { mode: "log" }, async (under) => {
    for (const course of named("W1", "W4", "W9", "W12", "W16", "W18", "W19")) {
      const watched = await under(course);
      expectUnmoved(course.name, watched.figures);
      judge(course, watched);
    }
  });
});

test.concurrent("W10, W11 and W5: another cluster, keepalived and a loop beside the nodes", {
  timeout: patienceMs,
}, async ({ skip }) => {
  await requireProgram("keepalived", skip);
  const hosts = ["c", "d", "k1", "k2", "k3", "k4"];
  await withLab(skip, { mode: "log", hosts }, async (under, attackLab) => {
    const beside = await watch(attackLab, async () => {
      const [cluster] = named("W10");
      await Promise.all([
        cluster.attack({ attackLab, recorded: {}, sender: "", seconds: 3 * seconds }),
        ...[
          [2, 1],
          [2, 6],
          [2, 20],
          [3, 6],
        ].map(([version, count], index) =>
          runKeepalived(attackLab, { version, count, seconds: 3 * seconds, host: `k${index + 1}` }),
        ),
      ]);
      return undefined;
    });
    expectUnmoved("beside others", beside.figures);
    // keepalived takes some seconds to begin, and each advertises once a second then.
    expect(beside.figures.a.counted.badauth).toBeGreaterThanOrEqual(seconds);
    expect(beside.figures.a.counted.vrrp).toBeGreaterThanOrEqual(seconds);
    const [looped] = named("W5");
    const { figures } = await under(looped);
    expectUnmoved(looped.name, figures);
    // Each advertisement comes round many times in a second.
    expect(figures.a.counted.reflected).toBeGreaterThan(20);
  });
});

type Under = (course: Course) => Promise<Watched>;

async function withLab(
  skip: (reason: string) => void,
  plan: Parameters<typeof openAttackLab>[0],
  body: (under: Under, attackLab: AttackLab) => Promise<void>,
): Promise<void> {
  await requireNamespaces(skip);
  for (const need of ["carp", "tcpdump"] as const) await requireProgram(need, skip);
  const folder = await mkdtemp(join(tmpdir(), "carp-attacks-"));
  const sender = await compileSender(folder);
  requireOrSkip(sender !== undefined, "a C compiler (cc) is needed to send the frames", skip);
  const attackLab = await openAttackLab(plan);
  try {
    const recorded = await electInTurn(attackLab);
    const under: Under = (course) =>
      watch(attackLab, () => course.attack({ attackLab, recorded, sender: sender ?? "", seconds }));
    await body(under, attackLab);
  } finally {
    await attackLab.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function named(...ids: readonly string[]): Course[] {
  return courses.filter(({ id, exclusive }) => ids.includes(id) && exclusive !== true);
}

/** One master as before, advertising once a second; the others silent; no address moved; few words. */
function expectUnmoved(name: string, figures: Readonly<Record<string, Figures>>): void {
  for (const [node, one] of Object.entries(figures)) {
    const where = `${name}, ${node}: ${one.lines.join("; ")}`;
    const state = node === "a" ? "MASTER" : "BACKUP";
    expect(one.states, where).toEqual([state, state]);
    expect(one.transitions, where).toBe(0);
    expect(one.addressChanges, where).toBe(0);
    expect(one.lines.length, where).toBeLessThanOrEqual(mostLines);
    if (node === "a") {
      expect(Math.min(...one.gaps), where).toBeGreaterThan(0.8);
      expect(Math.max(...one.gaps), where).toBeLessThan(1.2);
    } else expect(one.advertisements, where).toBe(0);
  }
}

/** What is to be counted, by the number of the attack. */
function judge({ id, name }: Course, { sent, figures: { a, b } }: Watched): void {
  const count = sent?.sent ?? 0;
  if (id === "W9") expect([a.counted.badttl, b.counted.badttl], name).toEqual([count, count]);
  if (id === "W16") {
    // What b hears is a: one of each family.
    expect(a.counted.ipackets, name).toBeUndefined();
    expect(b.counted.ipackets, name).toBe(b.counted.ipackets6);
  }
  if (id === "W18") expect(a.counted.badaddrs, name).toBe(count);
  if (id === "W19") expect(a.announcements, name).toBeLessThanOrEqual(2 * (seconds + 2) * 2);
}
