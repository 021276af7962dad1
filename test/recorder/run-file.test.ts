import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ExitCode } from "../../host/errors.ts";
import { RunFile } from "../../host/recorder/run-file.ts";
import { temporaryDirectory } from "../control/support.ts";
import { requireOrSkip } from "../support/require.ts";
import { waitFor } from "../support/wait.ts";

const piece = (text: string) => new Uint8Array(Buffer.from(text));

test("the pieces are in the file, in order, for its owner alone; the last run is kept beside it", async () => {
  const path = join(temporaryDirectory(), "run");
  writeFileSync(path, "the run before");
  writeFileSync(`${path}.old`, "the run before that");
  const file = new RunFile(path, () => expect.fail("no warning"));
  for (const text of ["one ", "two ", "three"]) file.append(piece(text));
  await file.close();
  expect(readFileSync(path, "utf8")).toBe("one two three");
  expect(readFileSync(`${path}.old`, "utf8")).toBe("the run before");
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("a file that cannot be made is told before the node starts", () => {
  const path = join(temporaryDirectory(), "no", "such", "run");
  expect(() => new RunFile(path, () => undefined)).toThrow(
    expect.objectContaining({
      code: ExitCode.Failed,
      message: expect.stringContaining(`${path} cannot be written`),
    }),
  );
});

test("a full disk costs one warning, and nobody waits", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "/dev/full is Linux's", skip);
  const path = join(temporaryDirectory(), "run");
  const warnings: string[] = [];
  const file = new RunFile(path, (message) => warnings.push(message));
  Reflect.get(file, "stream").fd = (await import("node:fs")).openSync("/dev/full", "w");
  file.append(piece("one"));
  await waitFor(() => warnings.length > 0, 5000, "the warning");
  for (let index = 0; index < 100; index++) file.append(piece("more"));
  await file.close();
  expect(warnings).toEqual([`${path}: the recorded run ends here: ENOSPC: no space left on device, write`]);
});
