/** Packets for a virtual host that are not authentic: one is an accident, three of one source in ten seconds are not. */
import { Notice } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import { CONFLICT_PACKETS, CONFLICT_TIME } from "./constants.ts";
import { notify } from "./notice.ts";

/** Takes note of one; `source` stands for its sender. True where this makes a conflict. */
export function noteConflict(instance: Instance, source: u64): bool {
  const now = settings().now;
  if (instance.conflictSource != source || now - instance.conflictSince >= CONFLICT_TIME) {
    instance.conflictSource = source;
    instance.conflictSince = now;
    instance.conflictCount = 0;
  }
  if (instance.conflictCount == CONFLICT_PACKETS) return false;
  if (++instance.conflictCount < CONFLICT_PACKETS) return false;
  notify(instance, Notice.VhidConflict);
  return true;
}
