import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { modulePath } from "../../../host/core/load.ts";

const intact = readFileSync(modulePath());

/** What the self-test answers in a module of which one byte is another. */
function answerOf(bytes: Uint8Array): number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return (exports.selftest as () => number)();
}

describe("the self-test", () => {
  test("passes", () => {
    expect(answerOf(intact)).toBe(0);
  });

  test("finds a wrong digest, wherever it is wrong", () => {
    const digest = Buffer.from("8a28722b250012cc264dc3ff6044f75668e5d29d", "hex");
    const at = intact.indexOf(digest);
    expect(at).toBeGreaterThan(0);
    for (let index = 0; index < digest.length; index++) {
      const damaged = Uint8Array.from(intact);
      damaged[at + index] ^= 1;
      expect(answerOf(damaged)).toBe(1);
    }
  });

  test("finds a wrong constant of SHA-1", () => {
    // FIPS 180-4 §4.2.1: 5a827999, as a signed LEB128 number.
    const at = intact.indexOf(Buffer.from("99f389d405", "hex"));
    expect(at).toBeGreaterThan(0);
    const damaged = Uint8Array.from(intact);
    damaged[at] ^= 1;
    expect(answerOf(damaged)).toBe(1);
  });
});
