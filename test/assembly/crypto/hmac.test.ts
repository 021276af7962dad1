import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();
const savedSize = insides.call("hmacSavedSize");
const scratchSize = insides.call("hmacScratchSize");
const suffixSize = 8;

const saved = insides.free;
const scratch = saved + 256;
const digest = scratch + 1024;
const key = digest + 64;
const suffix = key + 64;
const prefix = suffix + 64;

function save(keyBytes: Uint8Array, prefixBytes: Uint8Array): void {
  insides.memory.set(keyBytes, key);
  insides.memory.set(prefixBytes, prefix);
  insides.call("hmacSave", saved, key, keyBytes.length, prefix, prefixBytes.length, scratch);
}

function finish(suffixBytes: Uint8Array): string {
  insides.memory.set(suffixBytes, suffix);
  insides.call("hmacFinish", saved, suffix, digest, scratch);
  return Buffer.from(insides.memory.subarray(digest, digest + 20)).toString("hex");
}

function expected(keyBytes: Uint8Array, ...parts: readonly Uint8Array[]): string {
  const hmac = createHmac("sha1", keyBytes);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

const twenty = (byte: number) => new Uint8Array(20).fill(byte);
const text = (words: string) => new Uint8Array(Buffer.from(words));

describe("HMAC-SHA1", () => {
  test.each([
    ["1", twenty(0x0b), text("Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00"],
    ["2", text("Jefe"), text("what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
    ["3", twenty(0xaa), new Uint8Array(50).fill(0xdd), "125d7342b9ac11cd91a39af48aa17b4f63f175d3"],
    [
      "4",
      Uint8Array.from({ length: 25 }, (_, index) => index + 1),
      new Uint8Array(50).fill(0xcd),
      "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
    ],
    ["5", twenty(0x0c), text("Test With Truncation"), "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"],
  ])("gives RFC 2202's answer %s", (_number, keyBytes, message, answer) => {
    save(keyBytes, message.subarray(0, message.length - suffixSize));
    expect(finish(message.subarray(message.length - suffixSize))).toBe(answer);
  });

  test("agrees with node:crypto for every prefix from 0 to 1300 bytes", () => {
    const keyBytes = text("mekmitasdigoat");
    const bytes = patternedBytes(1300, 4);
    const end = patternedBytes(suffixSize, 5);
    for (let length = 0; length <= 1300; length++) {
      const part = bytes.subarray(0, length);
      save(keyBytes, part);
      if (finish(end) !== expected(keyBytes, part, end)) expect.fail(`wrong for a prefix of ${length} bytes`);
    }
  });

  test("agrees with node:crypto for every key from 0 to 64 bytes, at every place in a block", () => {
    const keyBytes = patternedBytes(64, 6);
    const bytes = patternedBytes(71, 7);
    const end = patternedBytes(suffixSize, 8);
    for (let keyLength = 0; keyLength <= 64; keyLength++) {
      for (let length = 0; length <= 71; length++) {
        const [one, two] = [keyBytes.subarray(0, keyLength), bytes.subarray(0, length)];
        save(one, two);
        if (finish(end) !== expected(one, two, end))
          expect.fail(`wrong for ${keyLength} and ${length} bytes`);
      }
    }
  });

  test("one saved prefix serves many suffixes", () => {
    const keyBytes = text("love");
    const bytes = patternedBytes(60, 9);
    save(keyBytes, bytes);
    const before = insides.memory.slice(saved, saved + savedSize);
    for (let seed = 0; seed < 100; seed++) {
      const end = patternedBytes(suffixSize, seed);
      expect(finish(end)).toBe(expected(keyBytes, bytes, end));
    }
    expect(insides.memory.slice(saved, saved + savedSize)).toEqual(before);
  });

  test("a longer key is refused by a trap", () => {
    expect(() => insides.call("hmacSave", saved, key, 65, prefix, 0, scratch)).toThrow(
      WebAssembly.RuntimeError,
    );
  });

  test("saving leaves no key in its scratch memory", () => {
    const keyBytes = patternedBytes(20, 10);
    save(keyBytes, patternedBytes(7, 11));
    const left = Buffer.from(insides.memory.subarray(scratch, scratch + scratchSize));
    for (const pad of [0, 0x36, 0x5c]) {
      const padded = Buffer.from(keyBytes.map((byte) => byte ^ pad));
      expect(left.includes(padded.subarray(0, 4))).toBe(false);
      expect(left.includes(Buffer.from(padded.subarray(0, 4)).reverse())).toBe(false);
    }
  });

  test("digests differ when any single bit does", () => {
    const [a, b] = [digest, digest + 32];
    insides.memory.set(patternedBytes(20, 12), a);
    for (let bit = 0; bit < 160; bit++) {
      insides.memory.copyWithin(b, a, a + 20);
      expect(insides.call("hmacSameDigest", a, b)).toBe(1);
      insides.memory[b + (bit >> 3)] ^= 1 << (bit & 7);
      expect(insides.call("hmacSameDigest", a, b)).toBe(0);
    }
  });

  test("only the twenty bytes of a digest are compared", () => {
    const [a, b] = [digest, digest + 32];
    insides.memory.fill(7, a, a + 20);
    insides.memory.fill(7, b, b + 20);
    insides.memory[a + 20] = 1;
    insides.memory[b + 20] = 2;
    expect(insides.call("hmacSameDigest", a, b)).toBe(1);
  });
});
