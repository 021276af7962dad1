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
const digests = hmacScratch + 1024;
const data = digests + lanes * 20;

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
        insides.memory.set(digest, digests + lane * 20);
        insides.call("lanesPlace", scratch, lane, data, digests + lane * 20);
      }
      insides.call("lanesFinish", scratch);
      expect(insides.call("lanesMatching", scratch)).toBe(byte < 0 ? 0xff : 0xff ^ (1 << bad));
    }
  }
});

test("a lane holds its HMAC until it is forgotten, and then nothing of it is left", () => {
  const scratchSize = insides.call("lanesScratchSize");
  insides.memory.fill(0, scratch, scratch + scratchSize);
  insides.call("lanesPrepare", scratch);
  const fresh = insides.memory.slice(scratch, scratch + scratchSize);
  const other = saved + savedStep;
  for (const record of [saved, other]) {
    insides.memory.set(patternedBytes(71, record), data);
    insides.call("hmacSave", record, data, 20, data + 20, 51 - 4, hmacScratch);
  }
  for (const lane of [0, 3, 7]) insides.call("lanesFill", scratch, lane, saved);
  insides.call("lanesFill", scratch, 5, other);
  const holders = (record: number) =>
    Array.from({ length: lanes }, (_, lane) => insides.call("lanesHold", scratch, lane, record));
  expect(holders(saved)).toEqual([1, 0, 0, 1, 0, 0, 0, 1]);
  for (let lane = 0; lane < lanes; lane++)
    insides.call("lanesPlace", scratch, lane === 1 ? 0 : 7, data, data);
  insides.call("lanesFinish", scratch);
  insides.call("lanesForget", scratch, saved);
  expect(holders(saved)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(holders(other)).toEqual([0, 0, 0, 0, 0, 1, 0, 0]);
  insides.call("lanesForget", scratch, other);
  // Lanes that nobody took have computed something, of zeros; what others held is gone.
  const after = insides.memory.slice(scratch, scratch + scratchSize);
  const column = (image: Uint8Array, lane: number) => image.filter((_, at) => ((at >> 2) & 7) === lane);
  const columnsEnd = scratchSize - lanes * 16;
  for (const lane of [0, 3, 5, 7])
    expect(column(after.subarray(0, columnsEnd), lane), `lane ${lane}`).toEqual(
      column(fresh.subarray(0, columnsEnd), lane),
    );
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
