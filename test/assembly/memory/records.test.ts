import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, ownMac, peer } from "../../support/driver.ts";
import { addressBytes, advertisementFrame } from "../../support/frames.ts";

let driver: Driver;
let view: DataView;
beforeEach(() => {
  driver = new Driver();
  view = new DataView(driver.core.memory.buffer);
  driver.add({ vhid: 9, advbase: 3, advskew: 7, addresses: ["10.0.0.2", "10.0.0.1", "2001:db8::1"] });
});

const bytesAt = (at: number, length: number) => driver.core.memory.slice(at, at + length);

describe("records are where abi.ts says", () => {
  test("the interface", () => {
    const at = abi.INTERFACES_OFFSET;
    expect(view.getUint8(at + abi.INTERFACE_IN_USE)).toBe(1);
    expect(view.getUint8(at + abi.INTERFACE_FLAGS)).toBe(3);
    expect(bytesAt(at + abi.INTERFACE_MAC, 6)).toEqual(ownMac);
    expect(bytesAt(at + abi.INTERFACE_SOURCE4, 4)).toEqual(addressBytes("192.168.1.2"));
    expect(bytesAt(at + abi.INTERFACE_SOURCE6, 16)).toEqual(addressBytes("fe80::2"));
  });

  test("the virtual host and its entry in the lookup table", () => {
    expect(view.getUint16(abi.LOOKUP_OFFSET + 9 * 2, true)).toBe(1);
    const at = abi.INSTANCES_OFFSET;
    const wanted: [number, number][] = [
      [abi.INSTANCE_IN_USE, 1],
      [abi.INSTANCE_STATE, abi.State.Backup],
      [abi.INSTANCE_INTERFACE, 0],
      [abi.INSTANCE_VHID, 9],
      [abi.INSTANCE_ADVBASE, 3],
      [abi.INSTANCE_ADVSKEW, 7],
      [abi.INSTANCE_LAST_FROM, abi.State.Init],
      [abi.INSTANCE_LAST_TO, abi.State.Backup],
      [abi.INSTANCE_LAST_REASON, abi.Reason.InitializationComplete],
      [abi.INSTANCE_TRANSITIONS, 1],
    ];
    for (const [offset, value] of wanted) expect(view.getUint8(at + offset), `${offset}`).toBe(value);
    expect(view.getUint16(at + abi.INSTANCE_COUNT4, true)).toBe(2);
    expect(view.getUint16(at + abi.INSTANCE_COUNT6, true)).toBe(1);
    expect(view.getBigInt64(at + abi.INSTANCE_SINCE, true)).toBe(driver.now);
    expect(bytesAt(at + abi.INSTANCE_ADDRESSES4, 8)).toEqual(Uint8Array.of(10, 0, 0, 1, 10, 0, 0, 2));
    expect(bytesAt(at + abi.INSTANCE_ADDRESSES6, 16)).toEqual(addressBytes("2001:db8::1"));
    expect(driver.core.pollTimeout()).toBe(view.getBigInt64(at + abi.INSTANCE_MASTER_DOWN_DEADLINE, true));
  });

  test("the receive slot", () => {
    const frame = advertisementFrame({ ...peer, options: new Uint8Array(8).fill(1), vhid: 9 });
    driver.receive(advertisementFrame(peer), frame);
    const at = abi.RECEIVE_OFFSET + abi.RECEIVE_SLOT_SIZE;
    expect(view.getUint16(at + abi.RECEIVE_CAPTURED_LENGTH, true)).toBe(frame.length);
    expect(bytesAt(at + abi.RECEIVE_FRAME, frame.length)).toEqual(frame);
    expect(view.getUint8(at + abi.RECEIVE_VERDICT)).toBe(abi.Verdict.BadAuth);
    expect(view.getUint8(at + abi.RECEIVE_FAMILY)).toBe(4);
    expect(view.getUint16(at + abi.RECEIVE_INSTANCE, true)).toBe(0);
    expect(view.getUint16(at + abi.RECEIVE_CARP_OFFSET, true)).toBe(14 + 28);
    expect(view.getUint16(abi.RECEIVE_OFFSET + abi.RECEIVE_INSTANCE, true)).toBe(abi.NO_INSTANCE);
  });

  test("the event and the transmit slot", () => {
    driver.core.setState(0, 9, abi.State.Master);
    expect(view.getUint8(abi.EVENTS_OFFSET + abi.EVENT_KIND)).toBe(abi.Event.Apply);
    driver.core.events();
    driver.core.applied(0, 9);
    const event = abi.EVENTS_OFFSET;
    expect(view.getUint8(event + abi.EVENT_KIND)).toBe(abi.Event.Transition);
    expect(view.getUint8(event + abi.EVENT_FROM)).toBe(abi.State.Backup);
    expect(view.getUint8(event + abi.EVENT_TO)).toBe(abi.State.Master);
    expect(view.getUint8(event + abi.EVENT_VHID)).toBe(9);
    expect(view.getBigInt64(event + abi.EVENT_TIME, true)).toBe(driver.now);
    expect(driver.core.pollTransmit()).toBe(2 + 4 + 1);
    const slot = abi.TRANSMIT_OFFSET + abi.TRANSMIT_SLOT_SIZE;
    expect(view.getUint16(slot + abi.TRANSMIT_LENGTH, true)).toBe(90);
    expect(view.getUint8(slot + abi.TRANSMIT_KIND)).toBe(abi.FrameKind.Advertisement6);
    expect(view.getUint16(slot + abi.TRANSMIT_INSTANCE, true)).toBe(0);
    expect(bytesAt(slot + abi.TRANSMIT_FRAME, 2)).toEqual(Uint8Array.of(0x33, 0x33));
  });

  test("the settings", () => {
    driver.core.addDemotion(-3);
    expect(view.getInt32(abi.SETTINGS_OFFSET + abi.SETTINGS_DEMOTION, true)).toBe(-3);
    expect(view.getBigInt64(abi.SETTINGS_OFFSET + abi.SETTINGS_NOW, true)).toBe(driver.now);
    expect(view.getUint8(abi.SETTINGS_OFFSET + abi.SETTINGS_DSCP)).toBe(56);
  });
});
