import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { carpFilter, encodeFilter, type Instruction } from "../../host/nic/filter.ts";
import { addressBytes, advertisementFrame, carpFrame } from "../support/frames.ts";

/** What the kernel allows. */
const BPF_MAXINSNS = 4096;
const VLAN_TAG_PRESENT = 0xfffff000 + 48;

describe("the filter", () => {
  test("takes what is for its VHIDs and nothing else, in both families, whatever the VHIDs", () => {
    const vhids = fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 255 });
    fc.assert(
      fc.property(vhids, fc.constantFrom(4 as const, 6 as const), (wanted, family) => {
        const program = carpFilter(wanted);
        const taken = Array.from({ length: 256 }, (_, vhid) => vhid).filter(
          (vhid) => run(program, carpFrame({ family, length: 90, vhid })) > 0,
        );
        expect(taken).toEqual([...wanted].sort((one, other) => one - other));
      }),
      { numRuns: 60 },
    );
  });

  test("is short for every set, and its jumps stay inside", () => {
    const alternating = Array.from({ length: 128 }, (_, index) => 2 * index + 1);
    for (const vhids of [
      undefined,
      [],
      [1],
      alternating,
      alternating.slice(3),
      alternating.map((vhid) => vhid - 1),
    ]) {
      const program = carpFilter(vhids);
      expect(program.length).toBeLessThanOrEqual(530);
      expect(program.length).toBeLessThan(BPF_MAXINSNS);
      expect(encodeFilter(program)).toHaveLength(8 * program.length);
      program.forEach(({ code, jumpTrue, jumpFalse, operand }, index) => {
        expect(Math.max(jumpTrue, jumpFalse)).toBeLessThanOrEqual(255);
        const reach = code === 0x05 ? operand : Math.max(jumpTrue, jumpFalse);
        expect(index + 1 + (code === 0x06 ? -1 : reach)).toBeLessThan(program.length);
      });
    }
  });

  test("without a set takes every VHID", () => {
    const program = carpFilter();
    for (const vhid of [0, 1, 128, 255]) expect(run(program, carpFrame({ vhid }))).toBeGreaterThan(60_000);
  });

  test("finds the VHID behind IPv4 options", () => {
    const program = carpFilter([9]);
    for (const length of [0, 4, 12, 40]) {
      const frame = (vhid: number) =>
        advertisementFrame({ ...plain, vhid, options: new Uint8Array(length).fill(1) });
      expect(run(program, frame(9))).toBeGreaterThan(0);
      expect(run(program, frame(8))).toBe(0);
    }
  });

  test("refuses fragments, tagged frames, other protocols, and what is too short", () => {
    const program = carpFilter([9]);
    const frame = advertisementFrame({ ...plain, vhid: 9 });
    const changed = (at: number, value: number) => Uint8Array.from(frame).fill(value, at, at + 1);
    expect(run(program, frame)).toBeGreaterThan(0);
    expect(run(program, changed(20, 0x20)), "more fragments").toBe(0);
    expect(run(program, changed(21, 1)), "a fragment's offset").toBe(0);
    expect(run(program, changed(20, 0x40)), "may not be fragmented").toBeGreaterThan(0);
    expect(run(program, changed(23, 17)), "UDP").toBe(0);
    expect(run(program, changed(13, 6)), "ARP").toBe(0);
    expect(run(program, changed(22, 1)), "the TTL is the core's affair").toBeGreaterThan(0);
    expect(run(program, frame, true), "VLAN").toBe(0);
    for (let length = 0; length < 36; length++) expect(run(program, frame.subarray(0, length))).toBe(0);
  });
});

const plain = {
  advbase: 1,
  advskew: 0,
  key: "secret",
  addresses: ["10.0.0.9"],
  counter: 1n,
  source: addressBytes("10.0.0.2").join("."),
};

/** The kernel's machine, as far as the filter goes: how much of the frame is taken. */
function run(program: readonly Instruction[], frame: Uint8Array, isTagged = false): number {
  let accumulator = 0;
  let index = 0;
  const load = (at: number, size: number): boolean => {
    if (at === VLAN_TAG_PRESENT) accumulator = isTagged ? 1 : 0;
    else if (at + size > frame.length) return false;
    else accumulator = frame.subarray(at, at + size).reduce((value, byte) => value * 256 + byte, 0);
    return true;
  };
  for (let at = 0; at < program.length; at++) {
    const { code, jumpTrue, jumpFalse, operand } = program[at];
    const branch = (holds: boolean): void => {
      at += holds ? jumpTrue : jumpFalse;
    };
    if (code === 0x06) return operand;
    if (code === 0x28 && !load(operand, 2)) return 0;
    if (code === 0x30 && !load(operand, 1)) return 0;
    if (code === 0x50 && !load(index + operand, 1)) return 0;
    if (code === 0xb1) {
      if (operand >= frame.length) return 0;
      index = (frame[operand] & 15) * 4;
    }
    if (code === 0x05) at += operand;
    if (code === 0x15) branch(accumulator === operand);
    if (code === 0x35) branch(accumulator >= operand);
    if (code === 0x45) branch((accumulator & operand) !== 0);
  }
  throw new Error("the program runs off its end");
}
