import { expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { Core } from "../../host/core/core.ts";
import { Driver, linkedFlags, SECOND, START } from "../support/driver.ts";
import { addressBytes } from "../support/frames.ts";

test("counters are made of the wall clock that reset was told", () => {
  const driver = new Driver();
  const utcSeconds = 1_700_000_000;
  const [frame] = driver.firstFrames({});
  expect(new DataView(frame.bytes.buffer, frame.bytes.byteOffset).getUint32(42)).toBe(utcSeconds);
  driver.takeFrames();
  driver.runUntil(START + 5n * SECOND);
  const sent = driver.takeFrames().filter(({ kind }) => kind === abi.FrameKind.Advertisement4);
  const seconds = sent.map(
    ({ bytes }) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(42) - utcSeconds,
  );
  expect(seconds).toEqual([1, 2, 3, 4, 5]);
});

test("a command says by its own parameters what it changes, whatever was commanded before", () => {
  const driver = new Driver();
  driver.add({ advbase: 9, advskew: 9, flags: 1 });
  driver.core.setVirtualHost(0, 1, { advskew: 3 });
  expect(driver.instance()).toMatchObject({ advbase: 9, advskew: 3, flags: 1 });
  driver.core.setVirtualHost(0, 1, { flags: 0 });
  expect(driver.instance()).toMatchObject({ advbase: 9, advskew: 3, flags: 0 });
});

test("more addresses than there is room for do not overwrite their neighbours", () => {
  const core = new Core();
  core.reset(0n, 0);
  core.setInterface(0, {
    flags: linkedFlags,
    mac: new Uint8Array(6),
    source4: new Uint8Array(4),
    source6: new Uint8Array(16),
  });
  core.setVirtualHost(0, 1, {});
  const before = core.memory.slice(abi.COMMAND_OFFSET + abi.COMMAND_SIZE, abi.SCRATCH_OFFSET);
  const many = Array.from({ length: 500 }, () => addressBytes("2001:db8::1"));
  expect(core.setAddresses(0, 1, many)).toBe(abi.CommandResult.TooManyAddresses);
  expect(core.memory.slice(abi.COMMAND_OFFSET + abi.COMMAND_SIZE, abi.SCRATCH_OFFSET)).toEqual(before);
});
