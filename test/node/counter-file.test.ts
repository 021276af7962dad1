import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CounterFile } from "../../host/node/counter-file.ts";

const now = Date.UTC(2026, 10, 25);
const second = 1n << 32n;
const counterNow = BigInt(now / 1000) * second;

let folder: string;
let file: CounterFile;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carp-counter-"));
  file = new CounterFile(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the counter file", () => {
  it("gives back what was written, to the bit; it is for its owner alone, and nothing else is left", async () => {
    for (const counter of [1n, counterNow + 0x1234_5678n, counterNow + 65n * second]) {
      await file.write(counter);
      expect(file.read(now)).toEqual({ counter, problem: undefined });
    }
    expect(readdirSync(folder)).toEqual(["counter"]);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  it("is no problem where there is none yet", () => {
    expect(file.read(now)).toEqual({ counter: 0n, problem: undefined });
  });

  it("is ignored, with a reason, where it is torn at any byte or any bit of it has changed", async () => {
    await file.write(counterNow + 5n);
    const whole = readFileSync(file.path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(file.path, whole.subarray(0, length));
      expect(file.read(now), `${length} bytes`).toEqual({ counter: 0n, problem: `${file.path} is damaged` });
    }
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const changed = Buffer.from(whole);
      changed[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(file.path, changed);
      expect(file.read(now).problem, `bit ${bit}`).toBe(`${file.path} is damaged`);
    }
    for (const text of ["", "\0".repeat(64), `${whole}${whole}`, "x".repeat(1_000_000)]) {
      writeFileSync(file.path, text);
      expect(file.read(now).problem).toBe(`${file.path} is damaged`);
    }
  });

  it("is ignored where it is more than a day ahead of the clock, and believed up to that", async () => {
    await file.write(counterNow + 86_400n * second);
    expect(file.read(now).problem).toBeUndefined();
    await file.write(counterNow + 3n * 86_400n * second);
    expect(file.read(now)).toEqual({ counter: 0n, problem: `${file.path} is 3 days ahead of the clock` });
    await file.write((1n << 64n) - 1n);
    expect(file.read(now).counter).toBe(0n);
  });

  it("stays as it was when writing fails", async () => {
    await file.write(counterNow);
    const gone = new CounterFile(join(folder, "gone"));
    await expect(gone.write(1n)).rejects.toThrow("ENOENT");
    expect(gone.read(now).problem).toBeUndefined();
    writeFileSync(join(folder, "blocked"), "");
    await expect(new CounterFile(join(folder, "blocked")).write(1n)).rejects.toThrow("ENOTDIR");
    chmodSync(folder, 0o700);
    expect(file.read(now).counter).toBe(counterNow);
    expect(existsSync(`${file.path}.new`)).toBe(false);
  });
});
