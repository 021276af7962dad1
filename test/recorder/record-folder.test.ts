import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { RecordFolder, recordCapacity, recordSizeCapacity } from "../../host/recorder/record-folder.ts";
import { temporaryDirectory } from "../control/support.ts";

const at = (second: number) => new Date(Date.UTC(2026, 10, 25, 16, 0, second, 7));
let path: string;
let warnings: string[];
let folder: RecordFolder;

beforeEach(() => {
  path = join(temporaryDirectory(), "a", "records");
  warnings = [];
  folder = new RecordFolder(path, (message) => warnings.push(message));
});

test("a recording is written to a folder that is made for it, for its owner and group to read", async () => {
  await folder.keep(async () => Buffer.from("one"), at(1));
  expect(readFileSync(join(path, "carp-20261125T160001.007Z.pcapng"), "utf8")).toBe("one");
  expect(statSync(join(path, "carp-20261125T160001.007Z.pcapng")).mode & 0o007).toBe(0);
  expect(warnings).toEqual([]);
});

test("of many the last sixteen stay, and what is not a recording stays too", async () => {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "aaa.pcapng"), "somebody's own");
  for (let second = 0; second < 20; second++)
    await folder.keep(async () => Buffer.from(`${second}`), at(second));
  const names = readdirSync(path).sort();
  expect(names).toHaveLength(recordCapacity + 1);
  expect(names[0]).toBe("aaa.pcapng");
  expect(names[1]).toBe("carp-20261125T160004.007Z.pcapng");
  expect(warnings).toEqual([]);
});

test("one that is too large is not written", async () => {
  await folder.keep(async () => Buffer.alloc(recordSizeCapacity + 1), at(1));
  expect(existsSync(path)).toBe(false);
  expect(warnings).toHaveLength(1);
});

test("what cannot be written is told once, and no more", async () => {
  writeFileSync(join(temporaryDirectory(), "x"), "");
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "a file where the folder should be");
  for (let second = 0; second < 5; second++) await folder.keep(async () => Buffer.from("one"), at(second));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(/^the recording could not be written: .*EEXIST|ENOTDIR/);
});
