import { describe, expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { Driver, ownMac, peer } from "../support/driver.ts";
import { advertisementFrame } from "../support/frames.ts";

describe("receive slots", () => {
  test("a frame that is longer than a slot is cut, and both lengths are told", () => {
    const { core } = new Driver();
    const slots = core.receiveSlots(4);
    const frame = new Uint8Array(1000).fill(7);
    slots.write(3, frame, 70_000, 1);
    const view = new DataView(core.memory.buffer, abi.RECEIVE_OFFSET + 3 * abi.RECEIVE_SLOT_SIZE);
    expect(view.getUint16(abi.RECEIVE_CAPTURED_LENGTH, true)).toBe(abi.RECEIVE_FRAME_CAPACITY);
    expect(view.getUint16(abi.RECEIVE_WIRE_LENGTH, true)).toBe(0xffff);
    expect(view.getUint8(abi.RECEIVE_INTERFACE)).toBe(4);
    expect(view.getUint8(abi.RECEIVE_PACKET_TYPE)).toBe(1);
    const next = core.memory.slice(abi.RECEIVE_OFFSET + 4 * abi.RECEIVE_SLOT_SIZE).subarray(0, 16);
    expect(next.every((byte) => byte === 0)).toBe(true);
  });

  test("verdict, family and place of the header are told for each slot", () => {
    const driver = new Driver();
    driver.add();
    driver.add({ vhid: 6, addresses: ["2001:db8::1"] });
    const over6 = advertisementFrame({ ...peer, vhid: 6, addresses: ["2001:db8::1"], source: "fe80::9" });
    driver.receive(advertisementFrame(peer), over6, Uint8Array.of(1, 2, 3));
    const slots = driver.core.receiveSlots(0);
    const told = [0, 1, 2].map((slot) => [slots.verdict(slot), slots.family(slot), slots.carpOffset(slot)]);
    expect(told).toEqual([
      [abi.Verdict.Ok, 4, 34],
      [abi.Verdict.Ok, 6, 54],
      [abi.Verdict.NotCarp, 0, 0],
    ]);
  });
});

describe("transmit slots", () => {
  test("each tells its frame, its kind and its interface, and takes an errno", () => {
    const driver = new Driver();
    driver.setLink(3, 2);
    driver.add({ interfaceIndex: 2, vhid: 8 });
    driver.core.setState(2, 8, abi.State.Master);
    driver.core.applied(2, 8);
    const { core } = driver;
    expect(core.pollTransmit()).toBe(3);
    const slots = core.transmitSlots;
    const kinds = [abi.FrameKind.Advertisement4, abi.FrameKind.ArpRequest, abi.FrameKind.ArpReply];
    expect([0, 1, 2].map((slot) => slots.kind(slot))).toEqual(kinds);
    expect([0, 1, 2].map((slot) => slots.interfaceIndex(slot))).toEqual([2, 2, 2]);
    expect([0, 1, 2].map((slot) => slots.frameLength(slot))).toEqual([70, 42, 42]);
    expect(slots.frame(1).subarray(6, 12)).toEqual(ownMac);
    for (let failure = 0; failure < 3; failure++) {
      slots.setErrno(0, 101);
      core.handleSent(driver.now, 1);
    }
    expect(core.statistics().senderrors).toBe(3);
    expect(core.demotion).toBe(240);
  });
});
