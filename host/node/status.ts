/** The node's state in the operator's words. */

import { CounterClass, State } from "../../assembly/abi.ts";
import { fromBytes } from "../address.ts";
import { wallClockMsAt } from "../clock.ts";
import type { VirtualHost } from "../config/model.ts";
import type { InstanceRecord, Peer } from "../core/records.ts";
import { counterClassWord, reasonWord, stateWord, strictnessWord } from "../core/words.ts";
import type { VirtualHostStatus } from "./api.ts";

/** How long all counters heard must have been a clock's. */
const readyAfterNs = 3_600_000_000_000n;
/** No deadline: the largest i64. */
const never = 2n ** 63n - 1n;

/** What `carp status` says of one virtual host; `demotion` is the node's, `nowNs` monotonic. */
export function describeVirtualHost(
  host: VirtualHost,
  record: InstanceRecord,
  demotion: number,
  problem: string | undefined,
  nowNs: bigint,
): VirtualHostStatus {
  const downMs = masterDownMs(record.advbase, record.advskew);
  const deadline = earlier(record.advertiseDeadlineNs, record.masterDownDeadlineNs);
  return {
    schema: 1,
    interface: host.interfaceName,
    vhid: host.vhid,
    state: stateWord(record.state),
    advbase: record.advbase,
    advskew: record.advskew,
    demotion,
    addresses: host.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    master: masterOf(record, downMs, nowNs),
    since: isoTime(record.sinceNs),
    last_transition:
      record.transitions === 0
        ? null
        : {
            from: stateWord(record.last.from),
            to: stateWord(record.last.to),
            reason: reasonWord(record.last.reason),
            at: isoTime(record.sinceNs),
          },
    counters: record.statistics,
    problem: problem ?? null,
    virtual_mac: host.virtualMac,
    advertisement_interval_ms:
      1000 * record.advbase + skewMs(Math.min(240, Math.max(0, record.advskew + demotion))),
    master_down_ms: downMs,
    next_event_ms: deadline === never ? null : Math.max(0, Number(deadline - nowNs) / 1e6),
    transitions: record.transitions,
    counter_class: counterClassWord(record.counterClass),
    strictness: strictnessWord(record.strictness),
    strict_ready:
      record.counterClass === CounterClass.Time && nowNs - record.counterClassSinceNs >= readyAfterNs,
  };
}

/** How long a backup waits for a master (protocol §5). */
export function masterDownMs(advbase: number, advskew: number): number {
  return advbase === 0 ? 3 * skewMs(advskew) : 3000 * advbase + skewMs(advskew);
}

/** The peer's address as text. */
export function peerText(peer: Peer | undefined): string | null {
  return peer === undefined ? null : fromBytes(peer.source);
}

/** ISO 8601 of a moment of the monotonic clock. */
export function isoTime(momentNs: bigint): string {
  return new Date(wallClockMsAt(momentNs)).toISOString();
}

function masterOf(record: InstanceRecord, downMs: number, nowNs: bigint): string | null {
  if (record.state === State.Master) return "self";
  const isFresh = record.peer !== undefined && Number(nowNs - record.heardAtNs) / 1e6 <= downMs;
  return record.state === State.Backup && isFresh ? peerText(record.peer) : null;
}

function earlier(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

/** 1/256 s in milliseconds. */
function skewMs(skew: number): number {
  return (skew * 1000) / 256;
}
