import { beforeEach, describe, expect, test } from "vitest";
import { Verdict } from "../../assembly/abi.ts";
import { canRun, type Variant } from "../../host/core/load.ts";
import { requireOrSkip } from "../support/require.ts";
import { Chance } from "./chance.ts";
import { anyFrame, changedFrame, changes, validFrame } from "./frames.ts";
import { anyNode } from "./nodes.ts";
import { judge, type ReferenceFrame, type ReferenceHost, type ReferenceNode } from "./reference.ts";
import { inWords, Subject } from "./subject.ts";

/** Every verdict of the core, and every field that it writes beside it, is the reference's (reliability W12, H16). */

const seeds = Number(process.env.CARP_FUZZ_SEEDS ?? 60);
const framesOfSeed = 500;

/** One line that says all of a difference. */
function inOneLine(made: readonly string[], { bytes, interfaceIndex, packetType }: ReferenceFrame): string {
  return `${made.join("+") || "valid"} if${interfaceIndex} type${packetType} ${Buffer.from(bytes).toString("hex")}`;
}

describe.each<Variant>(["simd", "baseline"])("the %s build and the reference agree", (variant) => {
  let subject: Subject;
  beforeEach(({ skip }) => {
    requireOrSkip(canRun(variant), `this processor cannot run the ${variant} build`, skip);
    subject ??= new Subject(variant);
  });

  test("on frames of every kind, in batches of every size", () => {
    const seen = new Map<Verdict, number>();
    for (let seed = 1; seed <= seeds; seed++) {
      const chance = new Chance(seed);
      const node = anyNode(chance);
      subject.setUp(node);
      for (let left = framesOfSeed; left > 0; ) {
        const batch = Array.from({ length: Math.min(left, chance.pick([1, 7, 8, 9, 17, 64])) }, () =>
          anyFrame(chance, node),
        );
        left -= batch.length;
        const expected = batch.map(({ frame }) => inWords(judge(node, frame)));
        const found = subject.judge(batch.map(({ frame }) => frame));
        batch.forEach(({ frame, made }, at) => {
          expect({ seed, ...found[at] }, inOneLine(made, frame)).toEqual({ seed, ...expected[at] });
          seen.set(expected[at].verdict, (seen.get(expected[at].verdict) ?? 0) + 1);
        });
      }
    }
    const wanted = Object.values(Verdict).filter(
      (one) => typeof one === "number" && one <= Verdict.BadAuth && one !== Verdict.Pending,
    );
    expect(wanted.filter((verdict) => (seen.get(verdict as Verdict) ?? 0) < seeds)).toEqual([]);
  });

  test.each(Object.keys(changes))("on valid frames that differ in one thing: %s", (name) => {
    const chance = new Chance(name.length * 7919 + name.charCodeAt(0));
    const node = { ...anyNode(chance), allow: true };
    subject.setUp(node);
    for (let round = 0; round < 25; round++) {
      const frames = Array.from({ length: 16 }, () =>
        changedFrame(chance, node, chance.pick(node.hosts), [name]),
      );
      const expected = frames.map((frame) => inWords(judge(node, frame)));
      subject.judge(frames).forEach((found, at) => {
        expect(found, inOneLine([name], frames[at])).toEqual(expected[at]);
      });
    }
  });

  test("on every length from no byte to the whole frame", () => {
    const chance = new Chance(7);
    const node = { ...anyNode(chance), allow: true };
    subject.setUp(node);
    for (const host of node.hosts) {
      const whole = validFrame(chance, host);
      const frames = Array.from({ length: whole.bytes.length + 1 }, (_, length) => ({
        ...whole,
        bytes: whole.bytes.slice(0, length),
      }));
      expect(subject.judge(frames)).toEqual(frames.map((frame) => inWords(judge(node, frame))));
    }
  });

  test("on every number of addresses, 0 to 64 of each family, and every length of the key", () => {
    const chance = new Chance(11);
    const [all4, all6] = [4, 16].map((length) => Array.from({ length: 64 }, () => chance.bytes(length)));
    const judged = new Map<Verdict, number>();
    const node = (host: ReferenceHost): ReferenceNode => ({ allow: true, interfaces: [0], hosts: [host] });
    subject.setUp({ allow: true, interfaces: [0], hosts: [] });
    for (let count4 = 0; count4 <= 64; count4++) {
      for (let count6 = 0; count6 <= 64; count6++) {
        const key = chance.bytes((count4 * 65 + count6) % 21);
        const addresses = [...all4.slice(64 - count4), ...all6.slice(0, count6)];
        const host = { interfaceIndex: 0, vhid: 1 + ((count4 + count6) % 255), key, addresses };
        subject.add(host);
        const good = validFrame(chance, host);
        const bad = changedFrame(chance, node(host), host, ["digest"]);
        const expected = [good, bad].map((frame) => inWords(judge(node(host), frame)));
        expect(subject.judge([good, bad]), `${count4} and ${count6}`).toEqual(expected);
        for (const { verdict } of expected) judged.set(verdict, (judged.get(verdict) ?? 0) + 1);
      }
    }
    expect(judged.get(Verdict.Ok)).toBeGreaterThan(4000);
    expect(judged.get(Verdict.BadAuth)).toBeGreaterThan(1000);
  });

  test("on frames in slots that still hold the bytes of others", () => {
    const chance = new Chance(13);
    const node = { ...anyNode(chance), allow: true };
    subject.setUp(node);
    const frames = Array.from({ length: 200 }, () => anyFrame(chance, node).frame);
    const expected = frames.map((frame) => inWords(judge(node, frame)));
    for (const filling of [0x00, 0xff, 0x5a]) {
      frames.forEach((frame, at) => {
        subject.core.receiveSlots(0).write(0, new Uint8Array(288).fill(filling), 288, 2);
        expect(subject.judge([frame])[0], inOneLine([], frame)).toEqual(expected[at]);
      });
    }
  });
});
