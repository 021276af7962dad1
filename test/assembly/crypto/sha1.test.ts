import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();
const state = insides.free;
const schedule = state + 64;
const message = schedule + 320;

/** Hashes as RFC 3174 §4 lays the message out, block by block from `offset` on. */
function sha1(bytes: Uint8Array, offset = 0): string {
  const padded = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes.length * 8);
  insides.memory.set(padded, message + offset);
  insides.call("sha1Initialize", state);
  for (let at = 0; at < padded.length; at += 64) {
    insides.call("sha1Compress", state, state, message + offset + at, schedule);
  }
  const words = new DataView(insides.memory.buffer, state, 20);
  return [0, 4, 8, 12, 16].map((at) => words.getUint32(at, true).toString(16).padStart(8, "0")).join("");
}

function expected(bytes: Uint8Array): string {
  return createHash("sha1").update(bytes).digest("hex");
}

describe("SHA-1", () => {
  test.each([
    ["abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
    ["abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
    ["", "da39a3ee5e6b4b0d3255bfef95601890afd80709"],
    ["01234567".repeat(80), "dea356a2cddd90c7a7ecedc5ebb563934f460452"],
  ])("gives the answer of RFC 3174 §7.3 for %j", (text, digest) => {
    expect(sha1(new Uint8Array(Buffer.from(text)))).toBe(digest);
  });

  test("agrees with node:crypto for every length from 0 to 1300", () => {
    const bytes = patternedBytes(1300, 1);
    for (let length = 0; length <= 1300; length++) {
      const part = bytes.subarray(0, length);
      if (sha1(part) !== expected(part)) expect.fail(`wrong for ${length} bytes`);
    }
  });

  test("needs no alignment", () => {
    const bytes = patternedBytes(200, 2);
    for (let offset = 0; offset < 16; offset++) expect(sha1(bytes, offset)).toBe(expected(bytes));
  });

  test("can compress into another state than it begins from", () => {
    const target = message + 4096;
    const block = patternedBytes(64, 3);
    insides.memory.set(block, message);
    insides.call("sha1Initialize", state);
    const before = insides.memory.slice(state, state + 20);
    insides.call("sha1Compress", target, state, message, schedule);
    expect(insides.memory.slice(state, state + 20)).toEqual(before);
    insides.call("sha1Compress", state, state, message, schedule);
    expect(insides.memory.slice(target, target + 20)).toEqual(insides.memory.slice(state, state + 20));
  });

  test.each([
    ["all zero", 0],
    ["all ones", 0xff],
  ])("agrees with node:crypto over %s", (_name, byte) => {
    for (const length of [1, 55, 56, 63, 64, 65, 119, 120, 128, 1000]) {
      const bytes = new Uint8Array(length).fill(byte);
      expect(sha1(bytes)).toBe(expected(bytes));
    }
  });
});
