import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();
const lanes = 8;
const saved = insides.free;
const savedStep = 192;
const scratch = saved + lanes * savedStep;
const hmacScratch = scratch + insides.call("lanesScratchSize");
const data = hmacScratch + 1024;

test("finishes eight HMACs of different keys and prefixes, whatever their lengths modulo 64", () => {
  insides.call("lanesPrepare", scratch);
  for (let round = 0; round < 64; round++) {
    const messages = Array.from({ length: lanes }, (_, lane) => messageOf(round, lane));
    for (const [lane, { key, prefix }] of messages.entries()) {
      const record = saved + lane * savedStep;
      insides.memory.set(key, data);
      insides.memory.set(prefix, data + 64);
      insides.call("hmacSave", record, data, key.length, data + 64, prefix.length, hmacScratch);
      expect(insides.call("hmacFitsLanes", record)).toBe(1);
      insides.call("lanesFill", scratch, lane, record);
    }
    // Every lane has its digest right but one, which has a bit of every byte wrong in turn; the lanes stay filled.
    for (let byte = -1; byte < 20; byte++) {
      const bad = (round + byte) & 7;
      for (const [lane, { key, prefix, suffix }] of messages.entries()) {
        const digest = createHmac("sha1", key).update(prefix).update(suffix).digest();
        if (byte >= 0 && lane === bad) digest[byte] ^= 1 << (byte & 7);
        insides.memory.set(suffix, data);
        insides.memory.set(digest, data + 8);
        insides.call("lanesPlace", scratch, lane, saved + lane * savedStep, data, data + 8);
      }
      insides.call("lanesFinish", scratch);
      expect(insides.call("lanesMatching", scratch)).toBe(byte < 0 ? 0xff : 0xff ^ (1 << bad));
    }
  }
});

test("long tails, and suffixes that begin elsewhere in a word, fit no lane", () => {
  const fits = (length: number): number => {
    insides.call("hmacSave", saved, data, 8, data + 64, length, hmacScratch);
    return insides.call("hmacFitsLanes", saved);
  };
  for (let length = 0; length < 300; length++) {
    expect(fits(length), `${length} bytes`).toBe(length % 4 === 3 && length % 64 <= 47 ? 1 : 0);
  }
});

/** Prefixes of 3 + 4 n bytes whose tails are one block. */
function messageOf(round: number, lane: number) {
  const blocks = (round + lane) % 4;
  const length = blocks * 64 + 3 + 4 * ((round * 5 + lane * 3) % 12);
  return {
    key: patternedBytes(1 + ((round + lane) % 20), round),
    prefix: patternedBytes(length, round + lane),
    suffix: patternedBytes(8, round * 8 + lane),
  };
}
