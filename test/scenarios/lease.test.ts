import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openPair, otherOf, settled, takenOverBy, type WatchedPair } from "../../bench/ownership/pair.mjs";
import { thisNode } from "../../bench/ownership/subjects.mjs";
import { startWatch } from "../../bench/ownership/watch.mjs";
import { program, requireNamespaces, requireProgram } from "../support/network.ts";
import { sleep } from "../support/wait.ts";

/**
 * reliability H1 and H2: a master that is killed or frozen has no address any more when another takes over. The long
 * form, beside ucarp and keepalived, is `npm run bench:lease`. Two owners are looked for every 10 ms.
 */
describe.concurrent("the lease", () => {
  test("a master that is killed: never two who have the address or answer for it", async ({ skip }) => {
    await withPair(skip, [], async (pair) => {
      const { master, other } = await rolesOf(pair);
      const killed = performance.now();
      await pair.programs[master].kill();
      await takenOverBy(pair, other);
      const { held, answered } = pair.eyes.end(killed);
      expect([held.bothMs, answered.bothMs]).toEqual([0, 0]);
      // Gone at last, and not before the lease was over.
      expect(held.noneMs).toBeGreaterThan(0);
      expect(held.noneMs).toBeLessThan(2500);
      pair.restart(master);
      expect(await settled(pair)).toBe(other);
    });
  });

  test("a master that is frozen and wakes up: BACKUP before it says a word", async ({ skip }) => {
    await withPair(skip, [], async (pair) => {
      const { master, other } = await rolesOf(pair);
      const frozen = performance.now();
      await pair.programs[master].freeze();
      await takenOverBy(pair, other);
      const woken = performance.now();
      await pair.programs[master].thaw();
      await sleep(2500);
      const { held, answered } = pair.eyes.end(frozen);
      expect([held.bothMs, answered.bothMs]).toEqual([0, 0]);
      const words = pair.eyes.advertisements.filter(({ at, host }) => host === master && at > woken);
      expect(words).toEqual([]);
      expect(await pair.programs[master].words()).toMatch(
        /MASTER -> BACKUP \(the lease of the addresses ran out\)/,
      );
    });
  });

  test("a master that is frozen for a moment stays master", async ({ skip }) => {
    await withPair(skip, [], async (pair) => {
      const { master, other } = await rolesOf(pair);
      const frozen = performance.now();
      await pair.programs[master].freeze();
      await sleep(600);
      await pair.programs[master].thaw();
      expect(await settled(pair)).toBe(master);
      const { held, answered } = pair.eyes.end(frozen);
      expect([held.bothMs, answered.bothMs, held.noneMs]).toEqual([0, 0, 0]);
      expect(await pair.programs[other].words()).not.toMatch(/-> MASTER/);
    });
  });

  test("without a lease a killed master leaves its address behind, and its next start takes it away", async ({
    skip,
  }) => {
    await withPair(skip, ["--no-lease"], async (pair) => {
      const { master, other } = await rolesOf(pair);
      const killed = performance.now();
      await pair.programs[master].kill();
      await takenOverBy(pair, other);
      const { held, answered } = pair.eyes.end(killed);
      expect(held.bothMs).toBeGreaterThan(1000);
      expect(answered.bothMs).toBeGreaterThan(1000);
      pair.eyes.begin();
      pair.restart(master);
      expect(await settled(pair)).toBe(other);
    });
  });
});

/** Who is which, once both have settled; from then on is recorded who has the address. */
async function rolesOf(pair: WatchedPair): Promise<Record<"master" | "other", "a" | "b">> {
  const master = await settled(pair);
  pair.eyes.begin();
  await sleep(50);
  return { master, other: otherOf(master) };
}

async function withPair(
  skip: (reason: string) => void,
  more: readonly string[],
  body: (pair: WatchedPair) => Promise<void>,
): Promise<void> {
  await requireNamespaces(skip);
  await requireProgram("carp", skip);
  const folder = await mkdtemp(join(tmpdir(), "carp-lease-"));
  const watch = startWatch();
  const pair = await openPair(await thisNode(program, folder, more), watch);
  try {
    await body(pair);
  } finally {
    await pair.close();
    watch.close();
    await rm(folder, { recursive: true, force: true });
  }
}
