import * as abi from "../../assembly/abi.ts";
import type { Statistics } from "../../host/core/records.ts";
import type { Driver } from "./driver.ts";

/**
 * Everything of a core that a received frame may change, but for slots, scratch memory and statistics: what must be as
 * it was after a frame that was refused.
 */
export function remembered(driver: Driver, instances = 4): Buffer {
  const { memory } = driver.core;
  const records = memory.slice(abi.INSTANCES_OFFSET, abi.INSTANCES_OFFSET + instances * abi.INSTANCE_SIZE);
  for (let index = 0; index < instances; index++) {
    const at = index * abi.INSTANCE_SIZE + abi.INSTANCE_STATISTICS;
    records.fill(0, at, at + abi.STATISTICS_SIZE);
  }
  const before = memory.slice(abi.SETTINGS_OFFSET, abi.SCRATCH_OFFSET);
  before.fill(0, abi.SETTINGS_SIZE, abi.SETTINGS_SIZE + abi.STATISTICS_SIZE);
  return Buffer.concat([before, records]);
}

/** The statistics that grew, by how much. */
export function statisticsGrown(before: Statistics, after: Statistics): Partial<Statistics> {
  const names = Object.keys(after) as (keyof Statistics)[];
  const changed = names.filter((name) => after[name] !== before[name]);
  return Object.fromEntries(changed.map((name) => [name, after[name] - before[name]]));
}
