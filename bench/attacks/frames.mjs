// What an attacker on the LAN can make: with the key, whole advertisements; without it, a recorded one rewritten.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { internetChecksum } from "../../build/host/cli/benchframes.js";

const ipOffset = 14;
const carpOffset = 34;
const table = fileURLToPath(new URL("../../test/vectors/malformed.txt", import.meta.url));

/** A copy of an IPv4 frame with fields of the CARP header, or the source, rewritten, and both checksums mended. */
export function rewritten(frame, { advbase, advskew, source, timeToLive }) {
  const copy = Buffer.from(frame);
  if (advskew !== undefined) copy[carpOffset + 2] = advskew;
  if (advbase !== undefined) copy[carpOffset + 5] = advbase;
  if (source !== undefined) copy.set(source.split(".").map(Number), ipOffset + 12);
  if (timeToLive !== undefined) copy[ipOffset + 8] = timeToLive;
  seal(copy, ipOffset, ipOffset + 20, ipOffset + 10);
  seal(copy, carpOffset, carpOffset + 36, carpOffset + 6);
  return copy;
}

/** An authentic advertisement over IPv4 of whoever has the key. */
export function authentic({ vhid, key, addresses, counter, advbase = 1, advskew = 0, source }) {
  const counterBytes = Buffer.alloc(8);
  counterBytes.writeBigUInt64BE(counter);
  const hmac = createHmac("sha1", key).update(Uint8Array.of(2, 1, vhid));
  for (const address of addresses) hmac.update(address);
  const carp = [
    0x21,
    vhid,
    advskew,
    7,
    0,
    advbase,
    0,
    0,
    ...counterBytes,
    ...hmac.update(counterBytes).digest(),
  ];
  const ip = [
    0x45,
    0xe0,
    0,
    56,
    0,
    0,
    0x40,
    0,
    255,
    112,
    0,
    0,
    ...source.split(".").map(Number),
    224,
    0,
    0,
    18,
  ];
  const ethernet = [1, 0, 0x5e, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, vhid, 8, 0];
  return rewritten(Uint8Array.from([...ethernet, ...ip, ...carp]), {});
}

/** The counter of a node of this kind so many milliseconds after the epoch. */
export function counterAt(milliseconds) {
  const whole = Math.floor(milliseconds / 1000);
  const part = Math.floor(((milliseconds - whole * 1000) * 65536) / 1000);
  return (BigInt(whole) << 32n) | (BigInt(part) << 16n) | 0x1234n;
}

/** The frame in VLAN 7. */
export function tagged(frame) {
  return Buffer.concat([frame.subarray(0, 12), Uint8Array.of(0x81, 0, 0, 7), frame.subarray(12)]);
}

/** What is wrong in one thing and refused, by test/vectors/malformed.txt, as far as an interface sends it. */
export function malformed() {
  return readFileSync(table, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.split(" | "))
    .filter(([verdict, , , hex]) => verdict !== "Ok" && (hex?.length ?? 0) > 2 * ipOffset)
    .map(([verdict, counter, name, hex]) => ({ verdict, counter, name, frame: Buffer.from(hex, "hex") }));
}

/** `count` of the list, evenly spread over it. */
export function spread(list, count) {
  return Array.from(
    { length: Math.min(count, list.length) },
    (_, index) => list[Math.floor((index * list.length) / Math.min(count, list.length))],
  );
}

function seal(frame, from, to, at) {
  frame.fill(0, at, at + 2);
  frame.writeUInt16BE(internetChecksum(frame.subarray(from, to)), at);
}
