import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { requireOrSkip } from "../support/require.ts";
import { type WasmFunction, wasmFunctions } from "../support/wat.ts";

/**
 * W21: how long a comparison takes must not tell where two tags differ. The compiled comparisons have no branch between
 * the first word and the verdict over all twenty bytes; bench/dudect.mjs measures what is left.
 */
const build = (name: string): string => fileURLToPath(new URL(`../../build/${name}`, import.meta.url));

/** What can make the path through a function depend on data; `select` is a conditional move. */
const branching = /^(?:if|else|block|loop|br|br_if|br_table|return|call|call_indirect|unreachable)\b/;

describe("W21", () => {
  beforeEach(({ skip }) => requireOrSkip(hasWabt(), "wasm2wat (wabt) is not installed", skip));

  test("with SIMD: four tags are compared in one straight line", () => {
    const comparing = functionsOf("carp.wasm").filter((one) => one.code.includes("i32x4.bitmask"));
    expect(comparing).toHaveLength(1);
    const [{ code }] = comparing;
    expect(code.filter((line) => branching.test(line))).toEqual([]);
    expect(code.filter((line) => line === "v128.xor")).toHaveLength(5);
    expect(code.filter((line) => line === "v128.or")).toHaveLength(4);
    expect(code.filter((line) => line === "i32x4.eq")).toHaveLength(1);
    expect(code.at(-1)).toBe("i32x4.bitmask");
  });

  test.each(["carp.wasm", "carp.baseline.wasm"])(
    "%s: a tag alone is compared in one straight line, up to the verdict",
    (name) => {
      const found = functionsOf(name).flatMap(comparisons);
      expect(found.length).toBeGreaterThanOrEqual(1);
      for (const lines of found) {
        expect(
          lines.filter((line) => branching.test(line)),
          lines.join("\n"),
        ).toEqual([]);
        expect(lines.filter((line) => line === "i64.xor")).toHaveLength(3);
        expect(lines.slice(-3)).toEqual(["i64.xor", "i64.or", "i64.eqz"]);
      }
    },
  );

  test("the look for branches finds them where they are", () => {
    const all = functionsOf("carp.wasm");
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter(({ code }) => code.some((line) => branching.test(line))).length).toBeGreaterThan(20);
  });
});

/** The lines of every comparison of twenty bytes: from the load of its first word to the verdict over all three. */
function comparisons({ code }: WasmFunction): string[][] {
  return code.flatMap((line, at) => {
    const isLastWord = line === "i64.load32_u offset=16" && code[at + 1] === "i64.xor";
    if (!isLastWord) return [];
    const before = (what: string, end: number): number[] =>
      code.flatMap((other, index) => (index < end && other.startsWith(what) ? [index] : []));
    const [firstXor] = before("i64.xor", at).slice(-2);
    const [firstLoad] = before("i64.load", firstXor).slice(-2);
    return [code.slice(firstLoad, code.indexOf("i64.eqz", at) + 1)];
  });
}

function functionsOf(name: string): WasmFunction[] {
  const limits = { encoding: "utf8", maxBuffer: 64 * 2 ** 20 } as const;
  return wasmFunctions(execFileSync("wasm2wat", [build(name)], limits));
}

function hasWabt(): boolean {
  return spawnSync("wasm2wat", ["--version"]).error === undefined;
}
