/** Events for the host, in the order in which they happened. The host reads them after every handle call. */
import { DemotionReason, EVENT_CAPACITY, Event, NO_INSTANCE, Notice } from "../abi.ts";
import { EventRecord, eventAt, Instance, indexOf, settings } from "../memory/records.ts";
import { effectiveSkew } from "./interval.ts";

/** How many more events fit before the host has to read. */
export function room(): u32 {
  return EVENT_CAPACITY - settings().eventCount;
}

export function reportApply(instance: Instance): void {
  append(Event.Apply, instance);
}

export function reportWithdraw(instance: Instance): void {
  append(Event.Withdraw, instance);
}

export function reportTransition(instance: Instance, from: u8, to: u8, reason: u8): void {
  const event = append(Event.Transition, instance);
  event.from = from;
  event.to = to;
  event.reason = reason;
  event.lateness = instance.lateness;
  tellNumbers(event, instance);
}

export function reportRenew(instance: Instance): void {
  append(Event.Renew, instance);
}

export function reportNotice(instance: Instance, notice: Notice): void {
  const event = append(Event.Notice, instance);
  event.reason = notice as u8;
  tellNumbers(event, instance);
}

/** `instance` is the cause, or null where the operator is. */
export function reportDemotion(instance: Instance | null, delta: i32, reason: DemotionReason): void {
  const event = append(Event.Demotion, instance);
  event.delta = delta;
  event.total = settings().demotion;
  event.reason = reason as u8;
}

/** What decided: our own interval and the last advertisement that was heard. */
function tellNumbers(event: EventRecord, instance: Instance): void {
  event.total = settings().demotion;
  event.ownAdvskew = effectiveSkew(instance) as u8;
  event.peerFamily = instance.peerFamily;
  event.peerAdvbase = instance.peerAdvbase;
  event.peerAdvskew = instance.peerAdvskew;
  event.peerSourceLow = instance.peerSourceLow;
  event.peerSourceHigh = instance.peerSourceHigh;
  event.heardAt = instance.heardAt;
  event.peerCounter = instance.counterReceived;
}

function append(kind: Event, instance: Instance | null): EventRecord {
  const all = settings();
  assert(all.eventCount < (EVENT_CAPACITY as u32));
  const event = eventAt(all.eventCount++);
  memory.fill(changetype<usize>(event), 0, offsetof<EventRecord>());
  event.kind = kind as u8;
  event.time = all.now;
  if (instance == null) {
    event.instance = NO_INSTANCE as u16;
  } else {
    event.instance = indexOf(instance) as u16;
    event.interfaceIndex = instance.interfaceIndex;
    event.vhid = instance.vhid;
  }
  return event;
}
