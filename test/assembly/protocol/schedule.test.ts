import { describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, linkedFlags, SECOND } from "../../support/driver.ts";
import { openInsides } from "../../support/insides.ts";
import { patternedNumbers } from "../../support/patterned.ts";

const never = 0x7fff_ffff_ffff_ffffn;

function command(
  insides: ReturnType<typeof openInsides>,
  kind: abi.Command,
  index: number,
  vhid: number,
): void {
  const record = new DataView(insides.memory.buffer, abi.COMMAND_OFFSET);
  record.setUint8(abi.COMMAND_KIND, kind);
  record.setUint8(abi.COMMAND_INTERFACE, index);
  record.setUint8(abi.COMMAND_VHID, vhid);
  insides.call("handleCommand", 0n);
}

describe("the deadlines", () => {
  test("4080 virtual hosts come up in the order of their deadlines, through any changes", () => {
    const insides = openInsides();
    const random = patternedNumbers(1);
    insides.call("reset", 0n, 0n);
    for (let index = 0; index < abi.INTERFACE_CAPACITY; index++) {
      command(insides, abi.Command.SetInterface, index, 0);
      for (let vhid = 1; vhid < 256; vhid++) command(insides, abi.Command.SetVirtualHost, index, vhid);
    }
    const deadlines = new Map<number, bigint>();
    for (let instance = 0; instance < abi.INSTANCE_CAPACITY; instance++) deadlines.set(instance, never);
    for (let round = 0; round < 3 * abi.INSTANCE_CAPACITY; round++) {
      const instance = random() % abi.INSTANCE_CAPACITY;
      const deadline = BigInt(random() % 1_000_000) + 1n;
      deadlines.set(instance, deadline);
      insides.call("setDeadline", instance, deadline);
    }
    const sorted = [...deadlines.entries()].sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
    const values = sorted.map(([, deadline]) => deadline);
    const remaining = new Map(deadlines);
    for (const wanted of values) {
      const earliest = insides.callWide("earliestDeadline");
      if (earliest !== wanted) expect.fail(`${earliest} in place of ${wanted}`);
      if (earliest === never) break;
      const heapTop = new DataView(insides.memory.buffer).getUint16(abi.HEAP_OFFSET, true);
      expect(remaining.get(heapTop)).toBe(earliest);
      remaining.set(heapTop, never);
      insides.call("setDeadline", heapTop, never);
    }
  });

  test("virtual hosts that go leave the others in order", () => {
    const insides = openInsides();
    const random = patternedNumbers(2);
    insides.call("reset", 0n, 0n);
    command(insides, abi.Command.SetInterface, 0, 0);
    const deadlines = new Map<number, bigint>();
    for (let round = 0; round < 3000; round++) {
      const vhid = (random() % 255) + 1;
      if (deadlines.has(vhid) && random() % 3 === 0) {
        command(insides, abi.Command.RemoveVirtualHost, 0, vhid);
        deadlines.delete(vhid);
      } else {
        command(insides, abi.Command.SetVirtualHost, 0, vhid);
        const deadline = BigInt(random() % 5000) + 1n;
        insides.call("setDeadline", insides.call("instanceIndex", 0, vhid), deadline);
        deadlines.set(vhid, deadline);
      }
      const earliest = [...deadlines.values()].reduce(earlier, never);
      if (insides.callWide("earliestDeadline") !== earliest) expect.fail(`wrong after ${round} changes`);
      if (!isOrdered(insides, deadlines)) expect.fail(`out of order after ${round} changes`);
    }
  });

  test("where there is none, the next deadline is the largest number", () => {
    const driver = new Driver();
    expect(driver.core.pollTimeout()).toBe(never);
    driver.add({ addresses: [] });
    expect(driver.core.pollTimeout()).toBe(never);
    driver.core.removeVirtualHost(0, 1);
    expect(driver.core.pollTimeout()).toBe(never);
  });

  test("all 4080 take over and advertise when nobody else does, and no event is lost", () => {
    const driver = new Driver();
    for (let index = 0; index < abi.INTERFACE_CAPACITY; index++) {
      driver.setLink(linkedFlags, index);
      for (let vhid = 1; vhid < 256; vhid++) driver.add({ interfaceIndex: index, vhid });
    }
    driver.takeEvents();
    driver.runUntil(driver.now + 4n * SECOND);
    const events = driver.takeEvents();
    expect(events.filter(({ kind }) => kind === "transition")).toHaveLength(abi.INSTANCE_CAPACITY);
    const times = events.map((event) => (event.kind === "transition" ? event.timeNs : 0n)).filter(Boolean);
    expect(times.every((time, at) => at === 0 || times[at - 1] <= time)).toBe(true);
    const kinds = driver.takeFrames().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === abi.FrameKind.Advertisement4)).toHaveLength(abi.INSTANCE_CAPACITY);
    driver.core.setOption(abi.Option.Allow, 0);
    driver.do(() => 0);
    expect(driver.takeEvents()).toHaveLength(3 * abi.INSTANCE_CAPACITY);
    expect(driver.core.demotion).toBe(240 * abi.INSTANCE_CAPACITY);
  });
});

function earlier(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

/** Whether no entry of the heap is due before the one above it. */
function isOrdered(insides: ReturnType<typeof openInsides>, deadlines: ReadonlyMap<number, bigint>): boolean {
  const view = new DataView(insides.memory.buffer);
  const ofInstance = new Map(
    [...deadlines].map(([vhid, at]) => [insides.call("instanceIndex", 0, vhid), at]),
  );
  const at = (position: number) =>
    ofInstance.get(view.getUint16(abi.HEAP_OFFSET + position * 2, true)) ?? -1n;
  for (let position = 1; position < deadlines.size; position++) {
    if (at((position - 1) >> 1) > at(position)) return false;
  }
  return true;
}
