import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import type { VirtualHostParameters } from "../../../host/core/core.ts";
import { Driver, linkedFlags } from "../../support/driver.ts";
import { addressBytes } from "../../support/frames.ts";

const { Command, CommandResult, Option, State } = abi;
const secret = new Uint8Array(Buffer.from("Zq7#secret-pass-phr."));

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

/** Where in the memory those bytes are found. */
function placesOf(bytes: Uint8Array): number[] {
  const memory = Buffer.from(driver.core.memory.buffer);
  const places: number[] = [];
  for (let at = memory.indexOf(bytes); at >= 0; at = memory.indexOf(bytes, at + 1)) places.push(at);
  return places;
}

/** Which record of virtual hosts that place is in, or undefined outside of them. */
function recordOf(place: number): number | undefined {
  const index = Math.floor((place - abi.INSTANCES_OFFSET) / abi.INSTANCE_SIZE);
  return index >= 0 && index < abi.INSTANCE_CAPACITY ? index : undefined;
}

describe("pass phrases", () => {
  test("a key is in its virtual host's record and nowhere else", () => {
    driver.core.setVirtualHost(0, 1, { key: secret });
    expect(placesOf(secret).map(recordOf)).toEqual([0]);
  });

  test.each<[string, VirtualHostParameters, abi.CommandResult]>([
    ["advskew", { advskew: 255 }, CommandResult.AdvskewOutOfRange],
    ["advbase", { advbase: 0 }, CommandResult.AdvbaseOutOfRange],
  ])("a command that is refused for its %s leaves no key behind", (_name, parameters, result) => {
    expect(driver.core.setVirtualHost(0, 1, { key: secret, ...parameters })).toBe(result);
    expect(placesOf(secret)).toEqual([]);
  });

  test("a command for an interface that is not there leaves no key behind", () => {
    expect(driver.core.setVirtualHost(9, 1, { key: secret })).toBe(CommandResult.NoSuchInterface);
    expect(driver.core.setVirtualHost(99, 1, { key: secret })).toBe(CommandResult.NoSuchInterface);
    expect(placesOf(secret)).toEqual([]);
  });

  test("a shorter key leaves nothing of the longer one", () => {
    driver.core.setVirtualHost(0, 1, { key: secret });
    driver.core.setVirtualHost(0, 1, { key: Uint8Array.of(65) });
    expect(placesOf(secret.subarray(4, 12))).toEqual([]);
  });

  test.each<[string, () => void]>([
    ["its virtual host", () => driver.core.removeVirtualHost(0, 1)],
    ["its interface", () => driver.core.removeInterface(0)],
    ["everything", () => driver.core.reset(0n, 0)],
  ])("a key goes with %s, and so does what was made of it", (_name, remove) => {
    driver.add({ key: Buffer.from(secret).toString() });
    driver.do(() => driver.core.setState(0, 1, State.Master));
    const record = abi.INSTANCES_OFFSET;
    const saved = driver.core.memory.slice(record + 304, record + 304 + 40);
    expect(placesOf(saved)).toHaveLength(1);
    remove();
    expect(placesOf(secret)).toEqual([]);
    expect(placesOf(saved)).toEqual([]);
    expect(placesOf(saved.subarray(0, 20))).toEqual([]);
    expect(placesOf(saved.subarray(20))).toEqual([]);
  });
});

describe("what is refused changes nothing", () => {
  const address4 = (index: number) => Uint8Array.of(10, 0, index >> 8, index & 0xff);
  const address6 = (index: number) => Uint8Array.of(0x20, 1, ...new Array<number>(13).fill(0), index);
  const list = (count: number, make: (index: number) => Uint8Array) =>
    Array.from({ length: count }, (_, index) => make(index + 1));

  test.each<[string, () => abi.CommandResult, abi.CommandResult]>([
    ["VHID 0", () => driver.core.setVirtualHost(0, 0, {}), CommandResult.VhidOutOfRange],
    ["advbase 0", () => driver.core.setVirtualHost(0, 1, { advbase: 0 }), CommandResult.AdvbaseOutOfRange],
    [
      "advskew 255",
      () => driver.core.setVirtualHost(0, 1, { advskew: 255 }),
      CommandResult.AdvskewOutOfRange,
    ],
    [
      "21 bytes",
      () => driver.core.setVirtualHost(0, 1, { key: new Uint8Array(21) }),
      CommandResult.KeyTooLong,
    ],
    [
      "300 bytes",
      () => driver.core.setVirtualHost(0, 1, { key: new Uint8Array(300) }),
      CommandResult.KeyTooLong,
    ],
    ["65 IPv4", () => driver.core.setAddresses(0, 1, list(65, address4)), CommandResult.TooManyAddresses],
    ["65 IPv6", () => driver.core.setAddresses(0, 1, list(65, address6)), CommandResult.TooManyAddresses],
    ["no vhid", () => driver.core.setAddresses(0, 2, []), CommandResult.NoSuchVirtualHost],
    ["no vhid to remove", () => driver.core.removeVirtualHost(0, 2), CommandResult.NoSuchVirtualHost],
    ["no interface", () => driver.core.removeInterface(3), CommandResult.NoSuchInterface],
    ["interface 16", () => driver.core.removeVirtualHost(16, 1), CommandResult.NoSuchInterface],
    ["state 3", () => driver.core.setState(0, 1, 3 as abi.State), CommandResult.ValueOutOfRange],
    ["state -1", () => driver.core.setState(0, 1, -1 as abi.State), CommandResult.ValueOutOfRange],
    ["an unasked Applied", () => driver.core.applied(0, 1), CommandResult.NotExpected],
    ["an unasked ApplyFailed", () => driver.core.applyFailed(0, 1), CommandResult.NotExpected],
    ["preempt 2", () => driver.core.setOption(Option.Preempt, 2), CommandResult.ValueOutOfRange],
    ["allow -1", () => driver.core.setOption(Option.Allow, -1), CommandResult.ValueOutOfRange],
    ["dscp 64", () => driver.core.setOption(Option.Dscp, 64), CommandResult.ValueOutOfRange],
    ["option 9", () => driver.core.setOption(9 as abi.Option, 1), CommandResult.ValueOutOfRange],
  ])("%s", (_name, command, result) => {
    driver.add();
    driver.takeEvents();
    const before = driver.core.memory.slice(
      abi.INSTANCES_OFFSET,
      abi.INSTANCES_OFFSET + 2 * abi.INSTANCE_SIZE,
    );
    const settings = driver.core.memory.slice(abi.SETTINGS_OFFSET, abi.COMMAND_OFFSET);
    expect(CommandResult[driver.do(command)]).toBe(CommandResult[result]);
    expect(driver.takeEvents()).toEqual([]);
    const after = driver.core.memory.slice(
      abi.INSTANCES_OFFSET,
      abi.INSTANCES_OFFSET + 2 * abi.INSTANCE_SIZE,
    );
    expect(Buffer.compare(after, before)).toBe(0);
    expect(driver.core.memory.slice(abi.SETTINGS_OFFSET, abi.COMMAND_OFFSET)).toEqual(settings);
  });

  test.each([0, 14, 255])("command %i is unknown", (kind) => {
    driver.add();
    const raw = driver.core;
    raw.memory[abi.COMMAND_OFFSET + abi.COMMAND_KIND] = kind;
    expect(Command[kind]).toBeUndefined();
    const call = (raw as unknown as { command(kind: number, index: number, vhid: number): number }).command;
    expect(call.call(raw, kind, 0, 1)).toBe(CommandResult.UnknownCommand);
  });

  test("64 addresses of each family are held", () => {
    driver.core.setVirtualHost(0, 1, {});
    const all = [...list(64, address4), ...list(64, address6)];
    expect(driver.core.setAddresses(0, 1, all)).toBe(CommandResult.Ok);
    expect(driver.instance().state).toBe(State.Backup);
  });
});

describe("options", () => {
  test.each([
    [Option.Preempt, 1],
    [Option.Dscp, 0],
    [Option.Dscp, 63],
    [Option.Allow, 0],
    [Option.IfdownDemotionFactor, -7],
    [Option.SenderrDemotionFactor, 1000],
  ])("option %i takes %i", (option, value) => {
    expect(driver.core.setOption(option, value)).toBe(CommandResult.Ok);
    expect(driver.core.option(option)).toBe(value);
  });

  test("their defaults are FreeBSD's (protocol §9.1)", () => {
    const options = [Option.Allow, Option.Preempt, Option.Dscp, Option.IfdownDemotionFactor];
    expect(options.map((option) => driver.core.option(option))).toEqual([1, 0, 56, 240]);
    expect(driver.core.option(Option.SenderrDemotionFactor)).toBe(240);
  });
});

describe("reset", () => {
  test("a virtual host that had something to send sends again after it", () => {
    driver.core.setVirtualHost(0, 1, {});
    driver.core.setAddresses(0, 1, [addressBytes("192.168.1.50")]);
    driver.core.setState(0, 1, State.Master);
    driver.core.applied(0, 1);
    driver.core.reset(driver.now, 0);
    driver.setLink(linkedFlags);
    driver.addIn(State.Backup);
    driver.do(() => driver.core.setState(0, 1, State.Master));
    expect(driver.takeFrames()).toHaveLength(3);
  });
});
