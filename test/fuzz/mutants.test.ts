import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { root } from "../support/sources.ts";
import { buildFuzzers, missingTools } from "./build.mjs";
import { fuzz } from "./run.mjs";

/** The fuzzers find what is planted: a check taken out of a copy of the core. */

interface Mutant {
  readonly file: string;
  readonly without: string;
  readonly with: string;
  readonly target: string;
  /** What the finding says. */
  readonly words: RegExp;
}

const mutants: Readonly<Record<string, Mutant>> = {
  "a length that is not checked is read past the frame": {
    file: "assembly/engine/receive.ts",
    without: "if (payload > available) return Verdict.BadLength;",
    with: "",
    target: "receive4",
    words: /behind the frame/,
  },
  "a header that is not all there is read past the frame": {
    file: "assembly/wire/ipv6.ts",
    without: "available >= HEADER_SIZE && load",
    with: "load",
    target: "receive6",
    words: /behind the frame/,
  },
  "a check that is missing is another verdict": {
    file: "assembly/engine/receive.ts",
    without: "if (hopLimit != HOP_LIMIT) {",
    with: "if (hopLimit < 200) {",
    target: "receive6",
    words: /verdict: expected 13, found 0|verdict: expected 13, found 14/,
  },
};

const missing = missingTools();
const folder = mkdtempSync(join(tmpdir(), "carp-mutants-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a planted fault is found", () => {
  test.for(Object.entries(mutants))("%s", { timeout: 240_000 }, async ([name, mutant], { skip }) => {
    requireOrSkip(missing === undefined, missing ?? "", skip);
    const sources = join(folder, name.replaceAll(" ", "-"));
    for (const part of ["assembly", "asconfig.json"]) {
      cpSync(join(root, part), join(sources, part), { recursive: true });
    }
    const path = join(sources, mutant.file);
    const text = readFileSync(path, "utf8");
    expect(text.split(mutant.without)).toHaveLength(2);
    writeFileSync(path, text.replace(mutant.without, mutant.with));
    const programs = await buildFuzzers(join(sources, "programs"), [mutant.target], { sources });
    const places = { corpus: join(sources, "corpus"), findings: join(sources, "findings") };
    const { finding } = await fuzz(programs[mutant.target], mutant.target, { seconds: 40, ...places });
    expect(finding?.words).toMatch(mutant.words);
    expect(finding?.file).toBeDefined();
  });
});
