import { expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { type CoreEvent, readInstance, withoutCancelled } from "../../host/core/records.ts";
import { Driver, peer, SECOND } from "../support/driver.ts";
import { addressBytes, advertisementFrame } from "../support/frames.ts";

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

test("an order that is taken back in the same batch is not carried out; those of others, and later ones, are", () => {
  const order = (kind: "apply" | "withdraw" | "renew", vhid = 1): CoreEvent => ({
    kind,
    interfaceIndex: 0,
    vhid,
  });
  const kept = (...events: CoreEvent[]) =>
    withoutCancelled(events).map((event) => ("vhid" in event ? `${event.kind} ${event.vhid}` : event.kind));
  expect(kept(order("apply"), order("withdraw"))).toEqual(["withdraw 1"]);
  expect(kept(order("apply"), order("withdraw"), order("apply"))).toEqual(["withdraw 1", "apply 1"]);
  expect(kept(order("apply", 2), order("apply"), order("withdraw"))).toEqual(["apply 2", "withdraw 1"]);
  expect(kept(order("withdraw"), order("apply"), order("renew"))).toEqual([
    "withdraw 1",
    "apply 1",
    "renew 1",
  ]);
  expect(kept(order("apply"), order("apply", 2))).toEqual(["apply 1", "apply 2"]);
});

test("a takeover that is taken back and decided anew in one batch asks for the addresses once", () => {
  const driver = new Driver();
  driver.appliesAtOnce = false;
  driver.core.setOption(abi.Option.Preempt, 1);
  driver.addIn(abi.State.Backup, { advskew: 50 });
  const frames = [200, 0, 200].map((advskew, at) =>
    advertisementFrame({ ...peer, advskew, counter: BigInt(at + 1) }),
  );
  driver.receive(...frames);
  const events = driver.takeEvents();
  expect(events.map(({ kind }) => kind)).toEqual(["apply", "withdraw", "apply"]);
  expect(withoutCancelled(events).map(({ kind }) => kind)).toEqual(["withdraw", "apply"]);
});
