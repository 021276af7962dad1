import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { root } from "./module.ts";
import { mutants } from "./mutants.ts";
import { tryMutant } from "./mutation.ts";

describe("planted faults", () => {
  it("are at least twenty, and each text is once in the core", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(20);
    const lost = mutants.filter(({ file, text }) => {
      const source = readFileSync(join(root, "assembly", file), "utf8");
      return source.split(text).length !== 2;
    });
    expect(lost.map(({ name }) => name)).toEqual([]);
  });

  for (const name of ["a master never yields", "renews the lease although sending fails"]) {
    it(`is caught: ${name}`, async () => {
      const mutant = mutants.find((one) => one.name === name);
      const { caughtBy } = await tryMutant(mutant!);
      expect(caughtBy).toMatch(/^S\d/);
    }, 240_000);
  }
});
