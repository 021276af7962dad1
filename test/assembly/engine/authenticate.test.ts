import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  CommandResult,
  INSTANCE_SIZE,
  INSTANCES_OFFSET,
  InterfaceFlag,
  LANES_OFFSET,
  LANES_SIZE,
  RECEIVE_CAPACITY,
  Verdict,
} from "../../../assembly/abi.ts";
import { Core } from "../../../host/core/core.ts";
import { instantiate } from "../../../host/core/load.ts";
import { PacketType } from "../../../host/nic/nic.ts";
import { addressBytes, advertisementFrame, resealed } from "../../support/frames.ts";
import { patternedBytes } from "../../support/patterned.ts";

/** One suite for both modules: with SIMD, eight at a time, and without. */
const modules = ["carp.wasm", "carp.baseline.wasm"].map((name) => ({
  name,
  path: fileURLToPath(new URL(`../../../build/${name}`, import.meta.url)),
}));
const key = "mekmitasdigoat";
const carpOffset = { 4: 34, 6: 54 } as const;

describe.each(modules)("$name", ({ path }) => {
  test("gives every set of addresses its verdict, cold and after tier-up", () => {
    const core = coreWith(path);
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count <= 45; count++) {
        for (const set of [list4(count), list6(count), [...list4(count), ...list6(45 - count)]]) {
          if (set.length === 0) continue;
          setAddresses(core, 7, set);
          const frames = [good(7, set, round), damaged(good(7, set, 99n), 20, 1), good(7, set.slice(1), 5n)];
          expect(verdicts(core, frames), `${count} addresses, round ${round}`).toEqual([
            Verdict.Ok,
            Verdict.BadAuth,
            // With one address less: another digest, or no advertisement at all.
            set.length > 1 ? Verdict.BadAuth : Verdict.NotCarp,
          ]);
        }
      }
      warm(core);
    }
  });

  test("gives every frame of every batch from 0 to 130 its own verdict", () => {
    const core = coreWith(path);
    for (let vhid = 1; vhid <= 9; vhid++) setAddresses(core, vhid, setOf(vhid));
    for (let length = 0; length <= 130; length++) {
      const kinds = Array.from({ length }, (_, index) => (index * 7 + length) % 5);
      const frames = kinds.map((kind, index) => frameOf(kind, 1 + ((index * 5 + length) % 9), index));
      expect(verdicts(core, frames), `a batch of ${length}`).toEqual(kinds.map((kind) => expectedOf[kind]));
    }
  });

  test("sees every single bit of counter and tag, whatever lies beside it", () => {
    const core = coreWith(path);
    const set = list4(1);
    setAddresses(core, 3, set);
    const whole = good(3, set, 0x0123456789abcdefn);
    const bits = Array.from({ length: 28 * 8 }, (_, bit) => damaged(whole, 8 + (bit >> 3), 1 << (bit & 7)));
    const frames = bits.flatMap((frame) => [frame, whole]);
    for (let first = 0; first < frames.length; first += 13) {
      const batch = frames.slice(first, first + 13);
      const wanted = batch.map((frame) => (frame === whole ? Verdict.Ok : Verdict.BadAuth));
      expect(verdicts(core, batch)).toEqual(wanted);
    }
  });

  test("keeps virtual hosts apart: the same addresses and another key, or another VHID", () => {
    const core = coreWith(path);
    for (let vhid = 1; vhid <= 16; vhid++) {
      core.setVirtualHost(0, vhid, { key: Buffer.from(`${key}${vhid % 2}`) });
      core.setAddresses(0, vhid, list4(1).map(addressBytes));
    }
    const frames = Array.from({ length: 64 }, (_, index) => {
      const vhid = 1 + (index % 16);
      const other = index % 3 === 0 ? (vhid + 1) % 2 : vhid % 2;
      return advertisement(vhid, list4(1), BigInt(index), `${key}${other}`);
    });
    expect(verdicts(core, frames)).toEqual(
      frames.map((_, index) => (index % 3 === 0 ? Verdict.BadAuth : Verdict.Ok)),
    );
  });

  test("a new key, other addresses and a new virtual host in an old one's place count from the next batch on", () => {
    const core = coreWith(path);
    const [before, after] = [list4(1), list4(2)];
    const batch = () => [
      ...Array.from({ length: 9 }, (_, index) => good(1, before, index)),
      ...Array.from({ length: 9 }, (_, index) => good(1, after, index)),
      ...Array.from({ length: 9 }, (_, index) => advertisement(1, before, BigInt(index), "another")),
    ];
    const expectOk = (which: number) =>
      expect(verdicts(core, batch())).toEqual(
        Array.from({ length: 27 }, (_, index) =>
          Math.floor(index / 9) === which ? Verdict.Ok : Verdict.BadAuth,
        ),
      );
    setAddresses(core, 1, before);
    expectOk(0);
    setAddresses(core, 1, after);
    expectOk(1);
    setAddresses(core, 1, before);
    core.setVirtualHost(0, 1, { key: Buffer.from("another") });
    expectOk(2);
    core.removeVirtualHost(0, 1);
    expect(new Set(verdicts(core, batch()))).toEqual(new Set([Verdict.BadVhid]));
    setAddresses(core, 1, before);
    expectOk(0);
  });

  test("nothing of a key, or of what is made of it, is left in memory when its virtual host is gone", () => {
    const core = coreWith(path);
    const lanes = () => core.memory.slice(LANES_OFFSET, LANES_OFFSET + LANES_SIZE);
    const states = () => core.memory.slice(INSTANCES_OFFSET, INSTANCES_OFFSET + INSTANCE_SIZE);
    const before = lanes();
    setAddresses(core, 1, list4(1));
    const made = Buffer.from(states().subarray(304, 344));
    verdicts(
      core,
      Array.from({ length: 16 }, (_, index) => good(1, list4(1), index)),
    );
    expect(Buffer.from(core.memory.buffer).includes(made)).toBe(true);
    core.removeVirtualHost(0, 1);
    expect(lanes()).toEqual(before);
    expect(Buffer.from(core.memory.buffer).includes(made)).toBe(false);
    expect(Buffer.from(core.memory.buffer).includes(key)).toBe(false);
  });

  test("fills the whole ring and leaves nothing of one batch to the next", () => {
    const core = coreWith(path);
    setAddresses(core, 1, list4(2));
    const wrong = Array.from({ length: RECEIVE_CAPACITY }, (_, index) =>
      damaged(good(1, list4(2), index), 30, 8),
    );
    expect(new Set(verdicts(core, wrong))).toEqual(new Set([Verdict.BadAuth]));
    const right = Array.from({ length: 3 }, (_, index) => good(1, list4(2), index));
    expect(verdicts(core, right)).toEqual([Verdict.Ok, Verdict.Ok, Verdict.Ok]);
  });
});

test("both modules export the same", () => {
  const [one, other] = modules.map(({ path }) => Object.keys(instantiate(path)).sort());
  expect(other).toEqual(one);
});

/** Kinds of frames in a batch: right, wrong tag, unknown VHID, wrong TTL, not CARP. */
const expectedOf = [Verdict.Ok, Verdict.BadAuth, Verdict.BadVhid, Verdict.BadTtl, Verdict.NotCarp];

function frameOf(kind: number, vhid: number, index: number): Uint8Array {
  const frame = good(vhid, setOf(vhid), BigInt(index) * 0x0101010101010101n);
  if (kind === 1) return damaged(frame, 16 + (index % 20), 1 << (index % 8));
  if (kind === 2) return good(200, setOf(vhid), 1n);
  if (kind === 3) return advertisement(vhid, setOf(vhid), 1n, key, 254);
  if (kind === 4) return Uint8Array.from(frame.with(12, 0x86).with(13, 0x00));
  return frame;
}

/** Some VHIDs have tails of two blocks, which no lane fits, and some advertise over IPv6. */
function setOf(vhid: number): string[] {
  if (vhid % 4 === 0) return list4(12 + (vhid % 3));
  return vhid % 4 === 1 ? list6(vhid) : list4(vhid);
}

function coreWith(path: string): Core {
  const core = new Core(instantiate(path));
  core.reset(0n, 0);
  core.setInterface(0, {
    flags: InterfaceFlag.Up | InterfaceFlag.Carrier,
    mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
    source4: new Uint8Array(4),
    source6: new Uint8Array(16),
  });
  return core;
}

function setAddresses(core: Core, vhid: number, set: readonly string[]): void {
  core.setVirtualHost(0, vhid, { key: Buffer.from(key) });
  expect(core.setAddresses(0, vhid, set.map(addressBytes))).toBe(CommandResult.Ok);
}

function verdicts(core: Core, frames: readonly Uint8Array[]): Verdict[] {
  const slots = core.receiveSlots(0);
  for (const [slot, frame] of frames.entries()) slots.write(slot, frame, frame.length, PacketType.Multicast);
  core.verifyFrames(frames.length);
  return frames.map((_, slot) => slots.verdict(slot));
}

/** Enough verifications for the engine to have optimised what it runs. */
function warm(core: Core): void {
  setAddresses(core, 7, list4(1));
  verdicts(
    core,
    Array.from({ length: 256 }, (_, index) => good(7, list4(1), index)),
  );
  for (let time = 0; time < 200; time++) core.verifyFrames(256);
}

function good(vhid: number, set: readonly string[], counter: bigint | number): Uint8Array {
  return set.length === 0 ? new Uint8Array(70) : advertisement(vhid, set, BigInt(counter), key);
}

function advertisement(
  vhid: number,
  addresses: readonly string[],
  counter: bigint,
  pass: string,
  timeToLive = 255,
): Uint8Array {
  return advertisementFrame({ vhid, advbase: 1, advskew: 9, key: pass, addresses, counter, timeToLive });
}

/** The frame with bits of a byte of its CARP header flipped, and its checksum mended. */
function damaged(frame: Uint8Array, at: number, bits: number): Uint8Array {
  const result = Uint8Array.from(frame);
  result[carpOffset[frame[12] === 0x08 ? 4 : 6] + at] ^= bits;
  return resealed(result);
}

function list4(count: number): string[] {
  const bytes = patternedBytes(count * 4, 11);
  return Array.from(
    { length: count },
    (_, index) => `10.${index}.${bytes[index * 4]}.${bytes[index * 4 + 1]}`,
  );
}

function list6(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `2001:db8:${(index * 977).toString(16)}::${index + 1}`);
}
