/** The virtual hosts: created, found, destroyed. A VHID belongs to an interface (protocol §3.1). */
import { INSTANCE_CAPACITY, INSTANCE_SIZE, INSTANCES_OFFSET, NO_INSTANCE } from "../abi.ts";
import { Instance, indexOf, instanceAt, lookUp, setLookUp, settings } from "../memory/records.ts";
import { forget, prepare } from "./authenticator.ts";
import { NEVER } from "./constants.ts";
import { forgetSent } from "./counter.ts";
import { release } from "./demotion.ts";
import { retract } from "./outbox.ts";
import { forgetPeers } from "./replay.ts";
import { dismiss, enroll } from "./schedule.ts";

/** The virtual host of that VHID on that interface, or null. */
export function find(interfaceIndex: u32, vhid: u32): Instance | null {
  const index = lookUp(interfaceIndex, vhid);
  return index == NO_INSTANCE ? null : instanceAt(index);
}

/**
 * A new virtual host in INIT: advbase 1, advskew 0, an empty key and no address (protocol §6.1). There is always
 * room, since the capacity covers every VHID of every interface.
 */
export function create(interfaceIndex: u32, vhid: u32): Instance {
  const instance = instanceAt(freeIndex());
  const record = changetype<usize>(instance);
  const queued = instance.queued;
  memory.fill(record, 0, INSTANCE_SIZE);
  instance.queued = queued;
  instance.inUse = 1;
  instance.interfaceIndex = interfaceIndex as u8;
  instance.vhid = vhid as u8;
  instance.advbase = 1;
  instance.random = 1;
  instance.since = settings().now;
  instance.masterDownDeadline = NEVER;
  instance.advertiseDeadline = NEVER;
  instance.announceDeadline = NEVER;
  instance.renewDeadline = NEVER;
  instance.retrySendDeadline = NEVER;
  enroll(instance);
  setLookUp(interfaceIndex, vhid, indexOf(instance));
  prepare(instance);
  return instance;
}

/** Forgets a virtual host that is in INIT, its key included, and what it added to the demotion. */
export function destroy(instance: Instance): void {
  forget(instance);
  forgetSent(instance);
  forgetPeers(instance);
  release(instance);
  dismiss(instance);
  retract(instance, 0xff);
  setLookUp(instance.interfaceIndex, instance.vhid, NO_INSTANCE);
  const queued = instance.queued;
  memory.fill(changetype<usize>(instance), 0, INSTANCE_SIZE);
  instance.queued = queued;
}

/** Forgets every virtual host at once, and whatever they have sent or heard. */
export function wipe(): void {
  const limit = settings().instanceLimit;
  for (let index: u32 = 0; index < limit; index++) {
    forgetSent(instanceAt(index));
    forgetPeers(instanceAt(index));
  }
  memory.fill(INSTANCES_OFFSET, 0, limit * INSTANCE_SIZE);
}

function freeIndex(): u32 {
  const all = settings();
  if (all.instanceCount == all.instanceLimit) return all.instanceLimit++;
  for (let index: u32 = 0; index < (INSTANCE_CAPACITY as u32); index++) {
    if (!instanceAt(index).inUse) return index;
  }
  return unreachable();
}
