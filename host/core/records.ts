import * as abi from "../../assembly/abi.ts";

/** What the core says of one virtual host. Times are monotonic nanoseconds. */
export interface InstanceRecord {
  readonly interfaceIndex: number;
  readonly vhid: number;
  readonly state: abi.State;
  readonly advbase: number;
  readonly advskew: number;
  readonly flags: number;
  readonly promoting: boolean;
  readonly sinceNs: bigint;
  readonly masterDownDeadlineNs: bigint;
  readonly advertiseDeadlineNs: bigint;
  readonly transitions: number;
  readonly last: { readonly from: abi.State; readonly to: abi.State; readonly reason: abi.Reason };
  readonly peer: Peer | undefined;
  readonly heardAtNs: bigint;
  readonly counterClass: abi.CounterClass;
  /** Since when it has been that. */
  readonly counterClassSinceNs: bigint;
  readonly strictness: abi.Strictness;
  readonly statistics: Statistics;
}

/** The last authentic advertisement of a virtual host: who sent it, and with which interval. */
export interface Peer {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly advbase: number;
  readonly advskew: number;
}

/** FreeBSD's carpstats and ours, by name. */
export type Statistics = Record<keyof typeof abi.Statistic, number>;

export type CoreEvent = CoreOrder | CoreNews;

/** What the core asks of the host: put the addresses in place, take them away, or renew their lease. */
export interface CoreOrder {
  readonly kind: "apply" | "withdraw" | "renew";
  readonly interfaceIndex: number;
  readonly vhid: number;
}

/** What the core tells. */
export type CoreNews =
  | {
      readonly kind: "transition";
      readonly interfaceIndex: number;
      readonly vhid: number;
      readonly timeNs: bigint;
      readonly from: abi.State;
      readonly to: abi.State;
      readonly reason: abi.Reason;
      readonly peer: Peer | undefined;
      readonly numbers: DecidingNumbers;
    }
  | {
      readonly kind: "notice";
      readonly interfaceIndex: number;
      readonly vhid: number;
      readonly timeNs: bigint;
      readonly notice: abi.Notice;
      readonly peer: Peer | undefined;
    }
  | {
      readonly kind: "demotion";
      /** The cause, or undefined where the operator is. */
      readonly cause: { readonly interfaceIndex: number; readonly vhid: number } | undefined;
      readonly timeNs: bigint;
      readonly delta: number;
      readonly total: number;
      readonly reason: abi.DemotionReason;
    };

/** What a transition was decided on, besides the peer. */
export interface DecidingNumbers {
  /** Our own advskew with the demotion in it. */
  readonly effectiveSkew: number;
  readonly demotion: number;
  /** When the last advertisement was heard, and its counter; meaningless where there is no peer. */
  readonly heardAtNs: bigint;
  readonly peerCounter: bigint;
  /** By how much the timer that decided was late. */
  readonly latenessUs: number;
}

export function isOrder(event: CoreEvent): event is CoreOrder {
  return event.kind === "apply" || event.kind === "withdraw" || event.kind === "renew";
}

/**
 * The events of one batch without the orders to put addresses in place that a later one of them takes back: the answer to
 * such an order would be taken for that to the next.
 */
export function withoutCancelled(events: readonly CoreEvent[]): readonly CoreEvent[] {
  if (!events.some(({ kind }) => kind === "withdraw")) return events;
  const withdrawn = new Set<number>();
  const standing: CoreEvent[] = [];
  for (const event of events.toReversed()) {
    const place = isOrder(event) ? event.interfaceIndex * 256 + event.vhid : -1;
    if (event.kind === "withdraw") withdrawn.add(place);
    if (event.kind !== "apply" || !withdrawn.has(place)) standing.push(event);
  }
  return standing.reverse();
}

/** The record of instance `index`, or undefined where it is not in use. */
export function readInstance(view: DataView, index: number): InstanceRecord | undefined {
  const at = abi.INSTANCES_OFFSET + index * abi.INSTANCE_SIZE;
  if (view.getUint8(at + abi.INSTANCE_IN_USE) === 0) return undefined;
  return {
    interfaceIndex: view.getUint8(at + abi.INSTANCE_INTERFACE),
    vhid: view.getUint8(at + abi.INSTANCE_VHID),
    state: view.getUint8(at + abi.INSTANCE_STATE),
    advbase: view.getUint8(at + abi.INSTANCE_ADVBASE),
    advskew: view.getUint8(at + abi.INSTANCE_ADVSKEW),
    flags: view.getUint8(at + abi.INSTANCE_FLAGS),
    promoting: view.getUint8(at + abi.INSTANCE_PROMOTING) !== 0,
    sinceNs: view.getBigInt64(at + abi.INSTANCE_SINCE, true),
    masterDownDeadlineNs: view.getBigInt64(at + abi.INSTANCE_MASTER_DOWN_DEADLINE, true),
    advertiseDeadlineNs: view.getBigInt64(at + abi.INSTANCE_ADVERTISE_DEADLINE, true),
    transitions: view.getUint32(at + abi.INSTANCE_TRANSITIONS, true),
    last: {
      from: view.getUint8(at + abi.INSTANCE_LAST_FROM),
      to: view.getUint8(at + abi.INSTANCE_LAST_TO),
      reason: view.getUint8(at + abi.INSTANCE_LAST_REASON),
    },
    peer: readPeer(view, at + abi.INSTANCE_PEER_FAMILY, at + abi.INSTANCE_PEER_SOURCE),
    heardAtNs: view.getBigInt64(at + abi.INSTANCE_HEARD_AT, true),
    counterClass: view.getUint8(at + abi.INSTANCE_COUNTER_CLASS),
    counterClassSinceNs: view.getBigInt64(at + abi.INSTANCE_COUNTER_CLASS_SINCE, true),
    strictness: view.getUint8(at + abi.INSTANCE_STRICTNESS),
    statistics: readStatistics(view, at + abi.INSTANCE_STATISTICS),
  };
}

/** STATISTIC_COUNT counters from `at` on. */
export function readStatistics(view: DataView, at: number): Statistics {
  const statistics: Partial<Statistics> = {};
  for (let index = 0; index < abi.STATISTIC_COUNT; index++) {
    const name = abi.Statistic[index] as keyof typeof abi.Statistic;
    statistics[name] = Number(view.getBigUint64(at + index * 8, true));
  }
  return statistics as Statistics;
}

/** The event at position `index` of the event ring. */
export function readEvent(view: DataView, index: number): CoreEvent {
  return readEventAt(view, abi.EVENTS_OFFSET + index * abi.EVENT_SIZE);
}

/** The event whose record begins there. */
export function readEventAt(view: DataView, at: number): CoreEvent {
  const kind: abi.Event = view.getUint8(at + abi.EVENT_KIND);
  const interfaceIndex = view.getUint8(at + abi.EVENT_INTERFACE);
  const vhid = view.getUint8(at + abi.EVENT_VHID);
  const reason = view.getUint8(at + abi.EVENT_REASON);
  const timeNs = view.getBigInt64(at + abi.EVENT_TIME, true);
  switch (kind) {
    case abi.Event.Apply:
      return { kind: "apply", interfaceIndex, vhid };
    case abi.Event.Withdraw:
      return { kind: "withdraw", interfaceIndex, vhid };
    case abi.Event.Renew:
      return { kind: "renew", interfaceIndex, vhid };
    case abi.Event.Transition:
      return {
        kind: "transition",
        interfaceIndex,
        vhid,
        timeNs,
        from: view.getUint8(at + abi.EVENT_FROM),
        to: view.getUint8(at + abi.EVENT_TO),
        reason,
        peer: readPeer(view, at + abi.EVENT_PEER_FAMILY, at + abi.EVENT_PEER_SOURCE),
        numbers: readNumbers(view, at),
      };
    case abi.Event.Notice:
      return {
        kind: "notice",
        interfaceIndex,
        vhid,
        timeNs,
        notice: reason,
        peer: readPeer(view, at + abi.EVENT_PEER_FAMILY, at + abi.EVENT_PEER_SOURCE),
      };
    case abi.Event.Demotion: {
      const hasCause = view.getUint16(at + abi.EVENT_INSTANCE, true) !== abi.NO_INSTANCE;
      return {
        kind: "demotion",
        cause: hasCause ? { interfaceIndex, vhid } : undefined,
        timeNs,
        delta: view.getInt32(at + abi.EVENT_DELTA, true),
        total: view.getInt32(at + abi.EVENT_TOTAL, true),
        reason,
      };
    }
  }
}

function readNumbers(view: DataView, at: number): DecidingNumbers {
  return {
    effectiveSkew: view.getUint8(at + abi.EVENT_OWN_ADVSKEW),
    demotion: view.getInt32(at + abi.EVENT_TOTAL, true),
    heardAtNs: view.getBigInt64(at + abi.EVENT_HEARD_AT, true),
    peerCounter: view.getBigUint64(at + abi.EVENT_PEER_COUNTER, true),
    latenessUs: view.getUint32(at + abi.EVENT_LATENESS, true),
  };
}

/** Family, advbase and advskew lie side by side from `at` on, in instances and in events. */
function readPeer(view: DataView, at: number, sourceAt: number): Peer | undefined {
  const family = view.getUint8(at);
  if (family !== 4 && family !== 6) return undefined;
  return {
    family,
    source: new Uint8Array(view.buffer.slice(sourceAt, sourceAt + (family === 4 ? 4 : 16))),
    advbase: view.getUint8(at + 1),
    advskew: view.getUint8(at + 2),
  };
}
