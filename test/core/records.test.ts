import { expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { readInstance } from "../../host/core/records.ts";
import { Driver, peer, SECOND } from "../support/driver.ts";
import { addressBytes } from "../support/frames.ts";

test("a record tells all that status shows of a virtual host", () => {
  const driver = new Driver();
  driver.add({ vhid: 1, advbase: 2, advskew: 33, flags: abi.InstanceFlag.VirtualMac });
  const begun = driver.now;
  driver.runUntil(begun + SECOND);
  driver.hear();
  const armed = 6n * SECOND + 128_906_000n;
  const record = driver.instance();
  expect(record).toMatchObject({
    interfaceIndex: 0,
    vhid: 1,
    state: abi.State.Backup,
    advbase: 2,
    advskew: 33,
    flags: abi.InstanceFlag.VirtualMac,
    promoting: false,
    sinceNs: begun,
    heardAtNs: driver.now,
    transitions: 1,
    last: { from: abi.State.Init, to: abi.State.Backup, reason: abi.Reason.InitializationComplete },
    peer: { family: 4, source: addressBytes(peer.source ?? ""), advbase: 1, advskew: 0 },
  });
  expect(record.masterDownDeadlineNs - driver.now - armed).toBeLessThan(1_953_125n);
  expect(record.statistics.ipackets).toBe(1);
});

test("a record that is not in use is none", () => {
  const driver = new Driver();
  expect(readInstance(new DataView(driver.core.memory.buffer), 0)).toBeUndefined();
  expect(driver.core.instance(0, 1)).toBeUndefined();
});
