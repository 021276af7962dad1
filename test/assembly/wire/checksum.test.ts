import { describe, expect, test } from "vitest";
import { internetChecksum } from "../../support/frames.ts";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();

function checksum(bytes: Uint8Array, offset = 0): number {
  const at = insides.free + offset;
  insides.memory.fill(0xee, at, at + bytes.length + 16);
  insides.memory.set(bytes, at);
  return insides.call("checksumOf", at, bytes.length);
}

describe("the Internet checksum", () => {
  test.each([
    ["zeros", (length: number) => new Uint8Array(length)],
    ["ones, which carry in every addition", (length: number) => new Uint8Array(length).fill(0xff)],
    ["a pattern", (length: number) => patternedBytes(length, length)],
    ["one bit", (length: number) => new Uint8Array(length).fill(1, length - 1)],
  ])("agrees with the reference over %s, for every length from 0 to 300", (_name, make) => {
    for (let length = 0; length <= 300; length++) {
      const bytes = make(length);
      // 0 and 0xffff are the two zeros of one's complement: a sum of nothing but 0 is 0, anything else is not.
      const wanted = bytes.some((byte) => byte !== 0) ? internetChecksum(bytes) : 0xffff;
      if (checksum(bytes) !== wanted) expect.fail(`wrong for ${length} bytes`);
    }
  });

  test("needs no alignment", () => {
    const bytes = patternedBytes(77, 1);
    for (let offset = 0; offset < 8; offset++) expect(checksum(bytes, offset)).toBe(internetChecksum(bytes));
  });

  test("data with its checksum in place sums to 0xffff, and no single flipped bit goes unseen", () => {
    const bytes = patternedBytes(36, 2);
    bytes.fill(0, 6, 8);
    const value = checksum(bytes);
    bytes.set([value >> 8, value & 0xff], 6);
    insides.memory.set(bytes, insides.free);
    expect(insides.call("checksumSum", insides.free, 36)).toBe(0xffff);
    for (let bit = 0; bit < 36 * 8; bit++) {
      insides.memory[insides.free + (bit >> 3)] ^= 1 << (bit & 7);
      expect(insides.call("checksumSum", insides.free, 36)).not.toBe(0xffff);
      insides.memory[insides.free + (bit >> 3)] ^= 1 << (bit & 7);
    }
  });

  test.each([20, 36])(
    "%i bytes are intact exactly where their words sum to a multiple of 0xffff",
    (length) => {
      const at = insides.free;
      const words = length / 4;
      for (let round = 0; round < 4000; round++) {
        // The last word brings the sum of the others, as 32-bit numbers, to a multiple of 0xffff, or close to one.
        const bytes = Buffer.from(patternedBytes(length, round));
        let sum = 0;
        for (let word = 0; word + 1 < words; word++) sum += bytes.readUInt32LE(4 * word);
        const quotient = Math.ceil(sum / 0xffff) + (round % 3 === 0 ? round : 0x10000 - (round % 5));
        const off = (round % 7) - 3;
        const last = quotient * 0xffff + off - sum;
        if (last < 0 || last > 0xffffffff) continue;
        bytes.writeUInt32LE(last, 4 * (words - 1));
        insides.memory.set(bytes, at);
        const intact = insides.call(`checksumIsIntact${length}`, at);
        if (intact !== (off === 0 ? 1 : 0)) expect.fail(`wrong for ${bytes.toString("hex")}`);
        expect(intact).toBe(insides.call("checksumSum", at, length) === 0xffff ? 1 : 0);
      }
    },
  );
});
