import * as abi from "../../assembly/abi.ts";
import type { Core } from "../../host/core/core.ts";
import { bytesOf } from "./addresses.ts";
import { key, type Plan } from "./plan.ts";

const upFlags = abi.InterfaceFlag.Up | abi.InterfaceFlag.Carrier;
const replayModes = { off: abi.Replay.Off, log: abi.Replay.Log, strict: abi.Replay.Strict };

export const keyBytes = new Uint8Array(Buffer.from(key));

/** The host-wide options of a node. */
export function configure(core: Core, plan: Plan): void {
  core.setOption(abi.Option.Preempt, plan.preempt ? 1 : 0);
  core.setOption(abi.Option.Replay, replayModes[plan.replay]);
  core.setOption(abi.Option.Lease, plan.lease ? 1 : 0);
}

/** The one interface of node `index`. */
export function setInterface(core: Core, index: number, carrier: boolean): void {
  core.setInterface(0, {
    flags: carrier ? upFlags : abi.InterfaceFlag.Up,
    mac: Uint8Array.of(2, 0, 0, 0, 0, index + 1),
    source4: bytesOf(`10.0.0.${index + 1}`),
    source6: bytesOf(`fe80::${index + 1}`),
  });
}
