import { describe, expect, test } from "vitest";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();
const view = new DataView(insides.memory.buffer);
/** An odd address: nothing may need alignment. */
const at = insides.free + 1;

describe("network byte order", () => {
  test("numbers are read as they stand on the wire", () => {
    for (let seed = 0; seed < 100; seed++) {
      insides.memory.set(patternedBytes(8, seed), at);
      expect(insides.call("bytesLoad16", at)).toBe(view.getUint16(at));
      expect(insides.call("bytesLoad32", at) >>> 0).toBe(view.getUint32(at));
      expect(BigInt.asUintN(64, insides.callWide("bytesLoad64", at))).toBe(view.getBigUint64(at));
    }
  });

  test("they are written so, and nothing beside them", () => {
    const before = patternedBytes(16, 1);
    const stored = (name: string, value: number | bigint) => {
      insides.memory.set(before, at);
      insides.call(name, at + 4, value);
      return Buffer.from(insides.memory.subarray(at, at + 16)).toString("hex");
    };
    const around = (hex: string) => {
      const whole = Buffer.from(before).toString("hex");
      return whole.slice(0, 8) + hex + whole.slice(8 + hex.length);
    };
    expect(stored("bytesStore16", 0x0102)).toBe(around("0102"));
    expect(stored("bytesStore32", 0x01020304)).toBe(around("01020304"));
    expect(stored("bytesStore64", 0x0102030405060708n)).toBe(around("0102030405060708"));
  });

  test.each([
    ["bytesCopyMac", 6],
    ["bytesCopyAddress6", 16],
  ])("%s copies %i bytes, no more and no less", (name, length) => {
    insides.memory.set(patternedBytes(32, 2), at);
    insides.memory.fill(0xee, at + 64, at + 96);
    insides.call(name, at + 65, at);
    const copied = insides.memory.slice(at + 64, at + 64 + length + 2);
    expect(copied).toEqual(Uint8Array.of(0xee, ...patternedBytes(length, 2), 0xee));
  });
});
