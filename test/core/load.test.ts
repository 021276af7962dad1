import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { instantiate, modulePath } from "../../host/core/load.ts";
import { OperatorError } from "../../host/errors.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "carp-load-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("loading the core", () => {
  test("gives a core that has passed its known answers", () => {
    expect(instantiate().selftest()).toBe(0);
  });

  test("two cores share nothing", () => {
    const [one, two] = [instantiate(), instantiate()];
    one.reset(5n, 0n);
    expect(one.memory.buffer).not.toBe(two.memory.buffer);
  });

  test("a missing file is explained", () => {
    expect(() => instantiate(join(folder, "none.wasm"))).toThrow(OperatorError);
    expect(() => instantiate(join(folder, "none.wasm"))).toThrow(/none\.wasm is missing: build it with/);
  });

  test("a core that computes wrongly is not started, and the machine is named", () => {
    const bytes = Uint8Array.from(readFileSync(modulePath()));
    const at = Buffer.from(bytes).indexOf(Buffer.from("8a28722b250012cc", "hex"));
    bytes[at] ^= 1;
    const path = write("wrong.wasm", bytes);
    expect(() => instantiate(path)).toThrow(OperatorError);
    expect(() => instantiate(path)).toThrow(/self-test 1 failed on Node \S+, V8 \S+, \w+: not starting/);
  });

  test("a core of another version is refused before anything else", () => {
    // (module (memory (export "memory") 1) (func (export "abiVersion") (result i32) i32.const 99))
    const sections = [
      "0061736d01000000",
      "01050160" + "00017f",
      "03020100",
      "0503010001",
      "0717020a" +
        Buffer.from("abiVersion").toString("hex") +
        "0000" +
        "06" +
        Buffer.from("memory").toString("hex") +
        "0200",
      "0a07010500" + "41e300" + "0b",
    ];
    const path = write("other.wasm", Buffer.from(sections.join(""), "hex"));
    expect(() => instantiate(path)).toThrow(/another ABI version/);
  });
});
