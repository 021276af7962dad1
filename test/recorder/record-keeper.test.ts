import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NodeEvent } from "../../host/node/api.ts";
import { RecordFolder } from "../../host/recorder/record-folder.ts";
import { RecordKeeper } from "../../host/recorder/record-keeper.ts";
import { transition } from "../control/support.ts";

let kept: string[];
let keeper: RecordKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  kept = [];
  const folder = new RecordFolder("/nowhere", () => undefined);
  vi.spyOn(folder, "keep").mockImplementation(async (record) => {
    kept.push(Buffer.from(await record()).toString());
  });
  keeper = new RecordKeeper(folder, async (occasion) => Buffer.from(occasion));
});

afterEach(() => vi.useRealTimers());

const toMaster = "2026-11-22T12:01:07.336Z 2@eth0: BACKUP -> MASTER (master timed out)";
const fromMaster: NodeEvent = {
  ...transition,
  kind: "transition",
  vhid: 3,
  from: "MASTER",
  to: "INIT",
} as NodeEvent;

test("a transition is recorded a second later, and what happens in that second is in the same file", async () => {
  keeper.note(transition);
  await vi.advanceTimersByTimeAsync(500);
  keeper.note({ ...transition, from: "INIT", to: "BACKUP" });
  await vi.advanceTimersByTimeAsync(400);
  keeper.note(fromMaster);
  expect(kept).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  expect(kept).toEqual([`${toMaster}; 2026-11-22T12:01:07.336Z 3@eth0: MASTER -> INIT (master timed out)`]);
  await vi.advanceTimersByTimeAsync(5000);
  keeper.note(transition);
  await vi.advanceTimersByTimeAsync(1000);
  expect(kept).toHaveLength(2);
  expect(kept[1]).toBe(toMaster);
});

test("what has nothing to do with MASTER is not recorded", async () => {
  keeper.note({ ...transition, from: "INIT", to: "BACKUP" } as NodeEvent);
  keeper.note({ kind: "demotion", at: "", delta: 240, total: 240, reason: "sysctl" });
  await vi.advanceTimersByTimeAsync(5000);
  await keeper.flush();
  expect(kept).toEqual([]);
});

test("many transitions within a second make one file, and none after it", async () => {
  for (let index = 0; index < 5; index++) {
    keeper.note(transition);
    await vi.advanceTimersByTimeAsync(150);
  }
  await vi.advanceTimersByTimeAsync(5000);
  expect(kept).toHaveLength(1);
});

test("a flush does not wait for the second, and leaves nothing for later", async () => {
  keeper.note(transition);
  await keeper.flush();
  expect(kept).toEqual([toMaster]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(kept).toHaveLength(1);
});

test("of many transitions a file names the first", async () => {
  for (let index = 0; index < 255; index++) keeper.note(transition);
  await keeper.flush();
  expect(kept[0].split("; ")).toHaveLength(9);
  expect(kept[0]).toMatch(/; and 247 more$/);
});
