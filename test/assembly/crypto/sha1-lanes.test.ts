import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { openInsides } from "../../support/insides.ts";
import { patternedBytes } from "../../support/patterned.ts";

const insides = openInsides();
const words = new Uint32Array(insides.memory.buffer);
const lanes = 8;
const rowWords = 8;
const schedule = insides.free;
const state = schedule + 80 * 32;
const initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];

test("hashes eight messages of one block, of every length up to 55 bytes, each in its lane", () => {
  for (let length = 0; length <= 55; length++) {
    const messages = Array.from({ length: lanes }, (_, lane) => patternedBytes(length, lane + length));
    for (const [lane, message] of messages.entries()) {
      const block = Buffer.alloc(64);
      block.set(message);
      block[length] = 0x80;
      block.writeUInt32BE(length * 8, 60);
      for (let word = 0; word < 16; word++) put(schedule, word, lane, block.readUInt32BE(word * 4));
      for (const [word, value] of initial.entries()) put(state, word, lane, value);
    }
    insides.call("sha1CompressLanes", state, state, schedule);
    expect(messages.map((_, lane) => digestOf(lane))).toEqual(
      messages.map((message) => createHash("sha1").update(message).digest("hex")),
    );
  }
});

function put(base: number, row: number, lane: number, value: number): void {
  words[base / 4 + row * rowWords + lane] = value;
}

function digestOf(lane: number): string {
  return initial
    .map((_, word) => words[state / 4 + word * rowWords + lane].toString(16).padStart(8, "0"))
    .join("");
}
