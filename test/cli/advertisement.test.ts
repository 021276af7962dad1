import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readAdvertisement, withoutTags } from "../../host/cli/advertisement.ts";

interface VectorEntry {
  readonly name: string;
  readonly vhid: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly counter: string;
  readonly src: string;
  readonly dst: string;
  readonly intact: boolean;
  readonly frame_hex: string;
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/vectors.json", import.meta.url), "utf8"),
) as readonly VectorEntry[];

test("of every intact vector the parameters are read, over both families and with IP options", () => {
  const intact = vectors.filter((vector) => vector.intact);
  expect(intact).toHaveLength(89);
  for (const { vhid, advbase, advskew, counter, src, dst, frame_hex } of intact) {
    const read = readAdvertisement(Uint8Array.from(Buffer.from(frame_hex, "hex")));
    expect(read).toMatchObject({ vhid, advbase, advskew, counter, source: src, destination: dst });
  }
});

test("no bytes make it fail, and only protocol 112 is read", () => {
  const base = vectors.slice(0, 40).map(({ frame_hex }) => Buffer.from(frame_hex, "hex"));
  const mutated = fc
    .tuple(fc.constantFrom(...base), fc.nat(80), fc.nat(60), fc.nat(255))
    .map(([frame, length, at, value]) => {
      const bytes = Uint8Array.from(frame.subarray(0, length));
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 120 }), mutated), (bytes) => {
      const read = readAdvertisement(withoutTags(bytes));
      if (read === undefined) return;
      expect(bytes.length).toBeGreaterThanOrEqual(34);
      expect(read.counter ?? "0".repeat(16)).toMatch(/^[\da-f]{16}$/);
    }),
    { numRuns: 2000 },
  );
});

test("a frame without tags is left as it is", () => {
  const frame = Uint8Array.from(Buffer.from(vectors[0].frame_hex, "hex"));
  expect(withoutTags(frame)).toBe(frame);
});
