import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { State, Verdict } from "../../assembly/abi.ts";
import { Driver } from "../support/driver.ts";
import { advertisementFrame } from "../support/frames.ts";
import { type MalformedFrame, malformedFrames, sound, sound6, target } from "../support/malformed.ts";
import { remembered, statisticsGrown } from "../support/unmoved.ts";

/**
 * W12: lengths, header lengths, versions, checksums and whatever else can be wrong with one frame. Every frame of the
 * table is a valid advertisement but for the one thing that its line names; the table holds what becomes of it.
 */
const corpus = malformedFrames();
const refused = corpus.filter(({ verdict }) => verdict !== Verdict.Ok);

describe("W12", () => {
  test("the table has more than 200 frames, no two alike, and stays as it is", async () => {
    const lines = corpus.map(
      ({ name, frame, verdict, counter = "" }) =>
        `${[Verdict[verdict], counter, name].join(" | ")} | ${Buffer.from(frame).toString("hex")}`,
    );
    expect(refused.length).toBeGreaterThanOrEqual(200);
    expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length);
    const path = fileURLToPath(new URL("../vectors/malformed.txt", import.meta.url));
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(path);
  });

  test("what they are made of is sound", () => {
    const driver = driverIn(State.Backup);
    expect(driver.receive(advertisementFrame(sound), advertisementFrame(sound6))).toEqual([
      Verdict.Ok,
      Verdict.Ok,
    ]);
  });

  test.each([State.Master, State.Backup])("each has its verdict and its counter in state %i", (state) => {
    const driver = driverIn(state);
    for (const one of corpus) {
      startAnew(driver, state);
      const before = driver.instance().statistics;
      const host = driver.core.statistics();
      expect(wordOf(driver.receive(one.frame)[0]), one.name).toBe(wordOf(one.verdict));
      const grown = {
        ...statisticsGrown(host, driver.core.statistics()),
        ...statisticsGrown(before, driver.instance().statistics),
      };
      if (one.counter !== undefined) expect(grown, one.name).toMatchObject({ [one.counter]: 1 });
      if (one.verdict !== Verdict.Ok) expect(driver.instance().state, one.name).toBe(state);
    }
  });

  test.each([State.Master, State.Backup, State.Init])(
    "a thousand of the refused at once move nothing in state %i, and every packet is counted once",
    (state) => {
      const driver = driverIn(state);
      const batch = Array.from({ length: 1000 }, (_, index) => refused[index % refused.length]);
      // Who sends tags that are wrong is noted, with the first of them, and people are told once.
      driver.receive(...batch.map(({ frame }) => frame));
      expect(driver.takeEvents().filter(({ kind }) => kind !== "notice")).toEqual([]);
      const memory = remembered(driver);
      const host = driver.core.statistics();
      expect(driver.receive(...batch.map(({ frame }) => frame)).map(wordOf)).toEqual(
        batch.map(({ verdict }) => wordOf(verdict)),
      );
      expect(remembered(driver).equals(memory)).toBe(true);
      expect(driver.takeEvents()).toEqual([]);
      expect(driver.takeFrames()).toEqual([]);
      const grown = statisticsGrown(host, driver.core.statistics());
      const packets = (grown.ipackets ?? 0) + (grown.ipackets6 ?? 0);
      const uncounted = batch.filter(({ counter }) => counter === undefined).length;
      expect(packets + uncounted).toBe(batch.length);
      expect(sumOf(batch)).toEqual(
        Object.fromEntries(Object.entries(grown).filter(([name]) => name in sumOf(batch))),
      );
    },
  );
});

function sumOf(batch: readonly MalformedFrame[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { counter } of batch) if (counter !== undefined) sums[counter] = (sums[counter] ?? 0) + 1;
  return sums;
}

function driverIn(state: State): Driver {
  const driver = new Driver();
  startAnew(driver, state);
  return driver;
}

function startAnew(driver: Driver, state: State): void {
  driver.startOver();
  driver.addIn(state, { vhid: target.vhid, key: target.key, addresses: target.addresses });
}

function wordOf(verdict: Verdict): string {
  return Verdict[verdict];
}
