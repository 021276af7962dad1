import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, SECOND, START } from "../../support/driver.ts";
import { type Insides, openInsides } from "../../support/insides.ts";

const entropy = 0xbeef_0123_4567_89abn;
const tag = 0xbeefn;

let insides: Insides;
let index: number;
beforeEach(() => {
  insides = openInsides();
  insides.callWide("reset", START, 0x65000000_00000000n);
  setUp(START);
});

/** An interface and a virtual host on it. */
function setUp(now: bigint): void {
  const record = new DataView(insides.memory.buffer, abi.COMMAND_OFFSET);
  record.setUint8(abi.COMMAND_KIND, abi.Command.SetInterface);
  insides.call("handleCommand", now);
  record.setUint8(abi.COMMAND_KIND, abi.Command.SetVirtualHost);
  record.setUint8(abi.COMMAND_VHID, 1);
  record.setUint32(abi.COMMAND_FIELDS, abi.Field.Entropy, true);
  record.setBigUint64(abi.COMMAND_ENTROPY, entropy, true);
  insides.call("handleCommand", now);
  index = insides.call("instanceIndex", 0, 1);
}

function take(): bigint {
  return BigInt.asUintN(64, insides.callWide("takeCounter", index));
}

function isOwn(counter: bigint): boolean {
  return insides.call("counterWasSent", index, counter) === 1;
}

describe("counters", () => {
  test("they tell the time, and carry the tag of their virtual host", () => {
    const counter = take();
    expect(counter & 0xffffn).toBe(tag);
    expect(counter >> 32n).toBe(0x65000000n + START / SECOND);
    insides.call("handleTimeout", START + 3n * SECOND + SECOND / 2n);
    const later = take();
    expect((later - counter) >> 16n).toBe((3n << 16n) + 0x8000n);
  });

  test("they tell the time exactly to 1/65536 s, and the tag is untouched by what is below", () => {
    for (const nanoseconds of [1n, 15_258n, 15_259n, 123_456_789n, 999_999_999n]) {
      insides.callWide("reset", START + nanoseconds, 0x65000000_00000000n);
      setUp(START + nanoseconds);
      const counter = take();
      expect(counter & 0xffffn).toBe(tag);
      expect((counter >> 16n) & 0xffffn).toBe((nanoseconds << 16n) / SECOND);
      expect(counter >> 32n).toBe(0x65000000n + START / SECOND);
    }
  });

  test("they grow strictly, however many are taken at one time", () => {
    let last = 0n;
    for (let round = 0; round < 1000; round++) {
      const counter = take();
      expect(counter > last).toBe(true);
      expect(counter & 0xffffn).toBe(tag);
      last = counter;
    }
  });

  test("none is at or below what they are advanced to, and the tag stays", () => {
    const clock = take() & ~0xffffn;
    const advance = (to: bigint) => {
      const record = new DataView(insides.memory.buffer, abi.COMMAND_OFFSET);
      record.setUint8(abi.COMMAND_KIND, abi.Command.AdvanceCounters);
      record.setBigUint64(abi.COMMAND_ENTROPY, to, true);
      insides.call("handleCommand", START);
    };
    const far = clock + (1n << 40n);
    advance(far + 0x1234n);
    expect(take()).toBe(far + 0x10000n + tag);
    expect(take()).toBe(far + 0x20000n + tag);
    // Never back.
    advance(clock);
    expect(take()).toBe(far + 0x30000n + tag);
    insides.callWide("reset", START, 0x65000000_00000000n);
    setUp(START);
    advance(1n << 40n);
    advance(clock - 1n);
    expect(take()).toBe(clock + tag);
    advance((clock + tag) & ~0xffffn);
    expect(take()).toBe(clock + 0x10000n + tag);
  });

  test("the largest of all is told", () => {
    const driver = new Driver();
    expect(driver.core.largestCounter()).toBe(0n);
    const [first] = driver.firstFrames({ vhid: 1 });
    const counterOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(42);
    expect(driver.core.largestCounter()).toBe(counterOf(first.bytes));
    driver.now += SECOND;
    const [second] = driver.firstFrames({ vhid: 2 });
    expect(driver.core.largestCounter()).toBe(counterOf(second.bytes));
  });

  test("they grow across a restart that takes a second", () => {
    const before = take();
    insides.call("reset", START + SECOND, 0x65000000_00000000n);
    expect(BigInt.asUintN(64, insides.callWide("takeCounter", index)) > before - tag).toBe(true);
  });

  test("what was sent is recognised for the last 4096 and not longer", () => {
    for (const length of [1, 2, 5, 4090, 4, 5000]) {
      const sent = Array.from({ length }, take);
      const first = Math.max(0, length - abi.SENT_COUNTER_CAPACITY);
      expect(sent.map(isOwn)).toEqual(sent.map((_, at) => at >= first));
    }
  });

  test("nothing else is taken for our own, least of all what a peer makes by counting on from it", () => {
    const sent = Array.from({ length: 130 }, take);
    for (const counter of sent) {
      for (const step of [-2n, -1n, 1n, 2n, 3n, 1000n, 65535n]) expect(isOwn(counter + step)).toBe(false);
    }
    expect(isOwn(0n)).toBe(false);
    expect(isOwn(0xffff_ffff_ffff_ffffn)).toBe(false);
  });

  test("none is one that a peer has sent, even one that counts on from ours", () => {
    const driver = new Driver();
    driver.addIn(abi.State.Master);
    driver.runUntil(driver.now + SECOND);
    const [ours] = driver.takeFrames();
    const counter = new DataView(ours.bytes.buffer, ours.bytes.byteOffset).getBigUint64(34 + 8);
    const heard = new Set<bigint>();
    for (let step = 1n; step <= 50n; step++) {
      heard.add(counter + step);
      driver.hear({ advskew: 200, counter: counter + step });
      driver.runUntil(driver.now + SECOND);
    }
    for (const { kind, bytes } of driver.takeFrames()) {
      if (kind !== abi.FrameKind.Advertisement4) continue;
      expect(heard.has(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(42))).toBe(false);
    }
    expect(driver.instance().statistics.reflected).toBe(0);
  });
});
