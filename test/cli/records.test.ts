import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Arguments } from "../../host/cli/arguments.ts";
import { keepRecords } from "../../host/cli/records.ts";
import { LogWriter } from "../../host/log.ts";
import type { NodeController } from "../../host/node/api.ts";
import { StandInNode, temporaryDirectory, transition } from "../control/support.ts";
import { Sink } from "./support.ts";

const before = process.env.STATE_DIRECTORY;

afterEach(() => {
  if (before === undefined) delete process.env.STATE_DIRECTORY;
  else process.env.STATE_DIRECTORY = before;
});

function keep(folder: string | undefined, node: NodeController | undefined = new StandInNode()) {
  const values = new Map(folder === undefined ? [] : [["record-dir", [folder]]]);
  const sink = new Sink();
  return { sink, records: keepRecords(new Arguments(values, []), new LogWriter(sink), () => node) };
}

test("a transition is recorded in the folder of --record-dir", async () => {
  const folder = join(temporaryDirectory(), "records");
  const { records, sink } = keep(folder);
  records?.note(transition);
  await records?.flush();
  const [file, ...more] = readdirSync(folder);
  expect(more).toEqual([]);
  expect(readFileSync(join(folder, file), "utf8")).toContain("2@eth0: BACKUP -> MASTER");
  expect(sink.text).toBe("");
});

test("without it the state directory has the records, the first of several", async () => {
  const state = temporaryDirectory();
  process.env.STATE_DIRECTORY = `${state}:/nowhere`;
  const { records } = keep(undefined);
  records?.note(transition);
  await records?.flush();
  expect(readdirSync(join(state, "records"))).toHaveLength(1);
});

test("without either, and where an empty name was given, there are none", () => {
  delete process.env.STATE_DIRECTORY;
  expect(keep(undefined).records).toBeUndefined();
  process.env.STATE_DIRECTORY = "/nowhere";
  expect(keep("").records).toBeUndefined();
});

test("a node that cannot be asked costs one line of the log", async () => {
  const folder = join(temporaryDirectory(), "records");
  const node = new StandInNode();
  const { records, sink } = keep(folder, node);
  for (let round = 0; round < 3; round++) {
    node.trouble = new Error("the packet thread is gone");
    records?.note(transition);
    await records?.flush();
  }
  expect(existsSync(folder)).toBe(false);
  expect(sink.text).toMatch(
    /^\S+ carp: warning: the recording could not be written: the packet thread is gone\n$/,
  );
});
