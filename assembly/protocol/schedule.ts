/**
 * The next deadline of every virtual host, in a binary heap: its cost grows with the logarithm of their number.
 * Each instance keeps its place in the heap, so a changed deadline moves it without a search.
 */
import { heapAt, Instance, indexOf, instanceAt, setHeapAt, settings } from "../memory/records.ts";
import { NEVER } from "./constants.ts";

/** Takes a new instance in. */
export function enroll(instance: Instance): void {
  const all = settings();
  const position = all.instanceCount++;
  instance.deadline = NEVER;
  place(position, instance);
}

/** Takes an instance out. */
export function dismiss(instance: Instance): void {
  const all = settings();
  const position = instance.heapPosition as u32;
  const last = --all.instanceCount;
  if (position == last) return;
  const moved = instanceAt(heapAt(last));
  place(position, moved);
  settle(moved);
}

/** Call after changing any timer of the instance. */
export function reschedule(instance: Instance): void {
  let earliest = instance.masterDownDeadline;
  if (instance.advertiseDeadline < earliest) earliest = instance.advertiseDeadline;
  if (instance.announceDeadline < earliest) earliest = instance.announceDeadline;
  if (instance.renewDeadline < earliest) earliest = instance.renewDeadline;
  if (instance.applyDemoted && !instance.promoting && instance.retryDeadline < earliest)
    earliest = instance.retryDeadline;
  if (instance.retrySendDeadline < earliest) earliest = instance.retrySendDeadline;
  if (earliest == instance.deadline) return;
  instance.deadline = earliest;
  settle(instance);
}

/** The earliest deadline of all, or NEVER. */
export function nextDeadline(): i64 {
  return settings().instanceCount == 0 ? NEVER : instanceAt(heapAt(0)).deadline;
}

/** The instance whose deadline is the earliest; there is at least one. */
export function next(): Instance {
  return instanceAt(heapAt(0));
}

function settle(instance: Instance): void {
  let position: u32 = instance.heapPosition as u32;
  while (position > 0) {
    const parent = instanceAt(heapAt((position - 1) >> 1));
    if (parent.deadline <= instance.deadline) break;
    const above = (position - 1) >> 1;
    place(position, parent);
    position = above;
  }
  const count = settings().instanceCount;
  for (;;) {
    let below: u32 = 2 * position + 1;
    if (below >= count) break;
    if (below + 1 < count && instanceAt(heapAt(below + 1)).deadline < instanceAt(heapAt(below)).deadline)
      below++;
    const child = instanceAt(heapAt(below));
    if (instance.deadline <= child.deadline) break;
    place(position, child);
    position = below;
  }
  place(position, instance);
}

function place(position: u32, instance: Instance): void {
  setHeapAt(position, indexOf(instance));
  instance.heapPosition = position as u16;
}
