import { beforeEach, describe, expect, test } from "vitest";
import { type Insides, openInsides } from "../../support/insides.ts";

let insides: Insides;
beforeEach(() => {
  insides = openInsides();
});

function isVrrp(length: number, ...bytes: readonly number[]): boolean {
  insides.memory.set(bytes, insides.free);
  return insides.call("vrrpIs", insides.free, length) === 1;
}

describe("VRRP among CARP (RFC 3768 §5.1, RFC 5798 §5.1)", () => {
  test.each([0, 1, 2, 5, 20, 64])("version 2 with %i addresses has their length", (count) => {
    expect(isVrrp(16 + 4 * count, 0x21, 7, 100, count)).toBe(true);
    expect(isVrrp(16 + 4 * count + 1, 0x21, 7, 100, count)).toBe(false);
    expect(isVrrp(16 + 4 * count - 1, 0x21, 7, 100, count)).toBe(false);
  });

  test("a CARP header, whose fourth byte is 7, is none", () => {
    expect(isVrrp(36, 0x21, 1, 0, 7)).toBe(false);
  });

  test("version 3 is told by its first byte", () => {
    expect(isVrrp(12, 0x31, 7, 100, 1)).toBe(true);
    expect(isVrrp(12, 0x32, 7, 100, 1)).toBe(false);
    expect(isVrrp(12, 0x41, 7, 100, 1)).toBe(false);
  });
});
