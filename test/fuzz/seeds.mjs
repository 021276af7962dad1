// Where the fuzzers begin: for each virtual host of the set-up a plain advertisement, and the ways in which one may differ.
// The targets make checksums and digests right themselves, so none are computed here.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hosts } from "./setup.mjs";

const MULTICAST = 2;
const MENDED = 0x40;
const AUTHENTIC = 0xc0;
const NOT_ALLOWED = 0x20;

/** Writes the target's first inputs into a folder, each by the name of its content, as libFuzzer does. */
export function writeSeeds(target, folder) {
  mkdirSync(folder, { recursive: true });
  for (const seed of seedsOf[target]()) {
    writeFileSync(join(folder, createHash("sha1").update(seed).digest("hex")), seed);
  }
}

const seedsOf = {
  receive4: () => frameSeeds(4),
  receive6: () => frameSeeds(6),
  sequence: () => stepSeeds(),
  commands: () => [Buffer.from([0, 5, 3, 1, 0, 4, 0, 31]), Buffer.from([0, 6, 0, 38, 0])],
};

/** Steps of every kind, in each mode: operations and what they take, by native/sequence.c. */
function stepSeeds() {
  const hear = (host, advskew, advbase) => [0, host, 1, advskew, advbase, 1, 0];
  const lives = [
    [4, 0, 4, 0, 4, 0, 4, 0],
    [...hear(0, 0, 1), ...hear(0, 0, 1), 4, 0, ...hear(0, 200, 1)],
    [...hear(0, 0, 1), 2, 0, 0, 2, 6, 0, 9, 9, 4, 0, 2, 1, 0],
    [6, 0, 4, 0, 38, 0, 4, 0, 70, 0, 102, 0],
    [8, 0, 4, 0, 8, 28, 3, 5, 0, 7, 6, 2],
  ];
  return lives.flatMap((life) => [0, 1, 2, 4, 12, 0x20, 0x41].map((how) => Buffer.from([how, ...life])));
}

function frameSeeds(family) {
  const length = family === 4 ? 4 : 16;
  const all = hosts.flatMap((host) => {
    const how = MULTICAST | (host.interfaceIndex << 3) | AUTHENTIC;
    const frame = plainFrame(family, host.vhid);
    return [input(how, frame), input(how, padded(frame, 40)), input(how ^ 0x80, frame)];
  });
  const how = MULTICAST | MENDED;
  const own = hosts.find(({ addresses }) => addresses.some((one) => one.length === length));
  const virtual = own.addresses.find((one) => one.length === length);
  const ip = 14;
  const sourceAt = ip + (family === 4 ? 12 : 8);
  const carp = ip + (family === 4 ? 20 : 40);
  const lengthAt = ip + (family === 4 ? 2 : 4);
  const header = family === 4 ? 20 : 0;
  const plain = plainFrame(family, 1);
  const looped = changed(plain, [sourceAt, ...virtual], [carp + 1, 0]);
  const cases = [
    input(how | NOT_ALLOWED, plain),
    input(how | (3 << 3), plain),
    input(3 | MENDED, plain),
    input(how, looped),
    input(how, changed(plain, [carp, 0x31])),
    input(how, changed(plain, [carp, 0x41])),
    input(how, changed(plain, [carp + 1, 99])),
    input(how, changed(plain, [ip + (family === 4 ? 8 : 7), 64])),
    input(how, changed(plain, [ip + (family === 4 ? 9 : 6), 17])),
    input(how, changed(plain.subarray(0, carp + 20), [lengthAt, 0, header + 20])),
    input(how, changed(padded(plain, 7), [lengthAt, 0, header + 43])),
    input(how, changed(plain, [lengthAt, 0, header + 4])),
    input(how, plain.subarray(0, carp - 5)),
    input(how, plain.subarray(0, 13)),
    input(MULTICAST, plain),
  ];
  if (family === 4) cases.push(...only4(how, plain));
  return [...all, ...cases];
}

function only4(how, plain) {
  const options = Buffer.concat([plain.subarray(0, 34), Buffer.alloc(8, 1), plain.subarray(34)]);
  return [
    input(how | 0x80, changed(options, [14, 0x47], [16, 0, 64])),
    input(how, changed(plain, [20, 0x20])),
    // Right is the checksum of the IP header alone.
    input(MULTICAST, changed(plain, [24, 0x90, 0x61])),
    input(how, changed(plain, [14, 0x44])),
    input(how, changed(plain, [14, 0x55])),
    input(how, changed(plain, [16, 0, 10])),
  ];
}

/** A frame whose checksums and digest are yet to be made right. */
export function plainFrame(family, vhid) {
  const ethernet = Buffer.from(
    family === 4 ? "01005e0000120000000000000800" : "33330000001200000000000086dd",
    "hex",
  );
  const ip = Buffer.from(
    family === 4
      ? "45e0003800004000ff7000000a000002e0000012"
      : "6e0000000024 70ff fe800000000000000000000000000002 ff020000000000000000000000000012".replaceAll(
          " ",
          "",
        ),
    "hex",
  );
  const carp = Buffer.alloc(36, 0x11);
  carp.set([0x21, vhid, 0, 7, 0, 1]);
  return Buffer.concat([ethernet, ip, carp]);
}

function input(how, frame) {
  return Buffer.concat([Buffer.of(how), frame]);
}

function padded(frame, length) {
  return Buffer.concat([frame, Buffer.alloc(length, 0x5a)]);
}

/** The frame with bytes replaced: `[offset, ...bytes]` each. */
function changed(frame, ...patches) {
  const result = Buffer.from(frame);
  for (const [at, ...bytes] of patches) result.set(bytes, at);
  return result;
}
