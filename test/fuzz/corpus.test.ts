import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { Option, Verdict } from "../../assembly/abi.ts";
import { canRun, type Variant } from "../../host/core/load.ts";
import { requireOrSkip } from "../support/require.ts";
import { corpusFolder, targets } from "./build.mjs";
import { digestOf, internetChecksum, judge, type ReferenceFrame, type ReferenceNode } from "./reference.ts";
import { hosts, interfaces } from "./setup.mjs";
import { inWords, Subject } from "./subject.ts";

/** What the fuzzers have learnt, once more through both builds as JavaScript runs them, against the reference. */

const node: ReferenceNode = {
  allow: true,
  interfaces: interfaces.map(({ index }) => index),
  hosts: hosts.map(({ key, addresses, ...host }) => ({
    ...host,
    key: Uint8Array.from(key),
    addresses: addresses.map((address) => Uint8Array.from(address)),
  })),
};

function inputsOf(target: string): Buffer[] {
  const folder = join(corpusFolder, target);
  return readdirSync(folder).map((name) => readFileSync(join(folder, name)));
}

/** An input of native/receive.c: how the frame comes in, then the frame. */
function readInput(input: Buffer, type: number): { frame: ReferenceFrame; allow: boolean } {
  const [how] = input;
  const bytes = new Uint8Array(input.subarray(1, 289));
  const interfaceIndex = (how >> 3) & 3;
  if (bytes.length >= 14) bytes.set([type >> 8, type & 0xff], 12);
  if ((how & 0x40) !== 0) mend(bytes, interfaceIndex, (how & 0x80) !== 0);
  return { frame: { bytes, interfaceIndex, packetType: how & 7 }, allow: (how & 0x20) === 0 };
}

/** Makes checksums right, and the digest, as far as the headers are there: as native/oracle.c does. */
function mend(bytes: Uint8Array, interfaceIndex: number, andDigest: boolean): void {
  const is4 = bytes[12] === 0x08;
  if (bytes.length < 14) return;
  const length = is4 && bytes.length > 14 ? (bytes[14] & 15) * 4 : 40;
  if (length < 20 || length > bytes.length - 14) return;
  const header = bytes.subarray(14, 14 + length);
  if (is4) store(header, 10);
  const payload = bytes.subarray(14 + length);
  const host = node.hosts.find((one) => one.interfaceIndex === interfaceIndex && one.vhid === payload[1]);
  if (andDigest && host !== undefined && payload.length >= 36)
    payload.set(digestOf(host, payload.slice(8, 16)), 16);
  const total = is4 ? header[2] * 256 + header[3] - length : 36;
  const summed = payload.subarray(0, total < 0 ? payload.length : total);
  if (summed.length >= 8) store(summed, 6);
}

function store(bytes: Uint8Array, at: number): void {
  bytes.set([0, 0], at);
  const sum = internetChecksum(bytes);
  bytes.set([sum >> 8, sum & 0xff], at);
}

describe.each<Variant>(["simd", "baseline"])("the corpus through the %s build", (variant) => {
  let subject: Subject;
  beforeEach(({ skip }) => {
    requireOrSkip(canRun(variant), `this processor cannot run the ${variant} build`, skip);
    subject ??= new Subject(variant);
  });

  test.each([
    ["receive4", 0x0800],
    ["receive6", 0x86dd],
  ] as const)("%s: every verdict is the reference's", (target, type) => {
    subject.setUp(node);
    const seen = new Set<Verdict>();
    for (const input of inputsOf(target)) {
      const { frame, allow } = readInput(input, type);
      subject.core.setOption(Option.Allow, allow ? 1 : 0);
      subject.core.events();
      const expected = inWords(judge({ ...node, allow }, frame));
      expect(subject.judge([frame])[0], input.toString("hex")).toEqual(expected);
      // The same among others, so that it lies in another lane.
      const { frame: other } = readInput(inputsOf(target)[0], type);
      expect(subject.judge([other, other, frame, other])[2], input.toString("hex")).toEqual(expected);
      seen.add(expected.verdict);
    }
    const wanted = [
      ...[Verdict.Ok, Verdict.NotCarp, Verdict.NotForUs, Verdict.NotAllowed, Verdict.BadInterface],
      ...[Verdict.BadLength, Verdict.BadVersion, Verdict.BadChecksum, Verdict.BadVhid, Verdict.Loop],
      ...[Verdict.BadTtl, Verdict.BadAuth],
      ...(type === 0x0800 ? [Verdict.BadIpChecksum, Verdict.Fragment] : []),
    ];
    expect(wanted.filter((verdict) => !seen.has(verdict))).toEqual([]);
  });
});

test("the corpus is small, and each target has one", () => {
  const sizes = Object.keys(targets).map((target) => {
    const inputs = inputsOf(target);
    expect(inputs.length, target).toBeGreaterThan(1);
    return inputs.reduce((sum, { length }) => sum + length, 0);
  });
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(2 * 1024 * 1024);
});
