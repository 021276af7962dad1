import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { buildFuzzers, missingTools, targets } from "./build.mjs";
import { fuzz } from "./run.mjs";

/** The short form of `npm run fuzz`: each target for some seconds, from the corpus on (reliability L9, H16). */

const secondsOfTarget = Number(process.env.CARP_FUZZ_SECONDS ?? 10);
const missing = missingTools();
const folder = mkdtempSync(join(tmpdir(), "carp-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("fuzzing the compiled core", () => {
  const names = Object.keys(targets);
  let programs: Readonly<Record<string, string>> = {};
  beforeAll(async () => {
    if (missing === undefined) programs = await buildFuzzers(join(folder, "programs"), names);
  }, 240_000);

  test.for(names)("%s finds nothing", { timeout: 240_000 }, async (name, { skip }) => {
    requireOrSkip(missing === undefined, missing ?? "", skip);
    const result = await fuzz(programs[name], name, {
      seconds: secondsOfTarget,
      corpus: join(folder, "corpus", name),
      findings: join(folder, "findings"),
    });
    expect(result.finding).toBeUndefined();
    expect(result.executions).toBeGreaterThan(secondsOfTarget * 1000);
  });
});
