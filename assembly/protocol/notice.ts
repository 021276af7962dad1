/** Notices to people: each kind once in thirty seconds for a virtual host, however often its cause is given. */
import { INSTANCE_NOTICES, Notice } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import { BETWEEN_NOTICES } from "./constants.ts";
import { reportNotice } from "./report.ts";

export function notify(instance: Instance, notice: Notice): void {
  const at = changetype<usize>(instance) + INSTANCE_NOTICES + (((notice as usize) - 1) << 3);
  const now = settings().now;
  const last = load<i64>(at);
  if (last != 0 && now - last < BETWEEN_NOTICES) return;
  store<i64>(at, now);
  reportNotice(instance, notice);
}
