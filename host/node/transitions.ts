import { monotonicNs } from "../clock.ts";
import type { VirtualHost } from "../config/model.ts";
import type { CoreNews, CoreOrder } from "../core/records.ts";
import { reasonWord, stateWord } from "../core/words.ts";
import type { TransitionEvent } from "./api.ts";
import { isoTime, masterDownMs, peerText } from "./status.ts";

/** So many transitions are remembered. */
const capacity = 1024;

type Transition = Extract<CoreNews, { kind: "transition" }>;

/** The transitions of a node, each with the numbers that decided it. */
export class Transitions {
  private readonly ring: TransitionEvent[] = [];
  private oldest = 0;
  /** How long the addresses of a virtual host took that is about to become MASTER. */
  private readonly applied = new Map<number, bigint>();

  /** Puts addresses in place, and takes the time. */
  time({ interfaceIndex, vhid }: CoreOrder, apply: () => void): void {
    const begin = monotonicNs();
    apply();
    this.applied.set(interfaceIndex * 256 + vhid, monotonicNs() - begin);
  }

  /** A transition as people are told of it; it is remembered. `host` is as it is configured. */
  explain(news: Transition, interfaceName: string, host: VirtualHost | undefined): TransitionEvent {
    const { timeNs, vhid, from, to, reason, peer, numbers } = news;
    const key = news.interfaceIndex * 256 + vhid;
    const applyNs = stateWord(to) === "MASTER" ? this.applied.get(key) : undefined;
    this.applied.delete(key);
    const [advbase, advskew] = [host?.advbase ?? 0, host?.advskew ?? 0];
    const event: TransitionEvent = {
      kind: "transition",
      at: isoTime(timeNs),
      interface: interfaceName,
      vhid,
      from: stateWord(from),
      to: stateWord(to),
      reason: reasonWord(reason),
      peer: peerText(peer),
      monotonic_ms: milliseconds(timeNs),
      own: { advbase, advskew: numbers.effectiveSkew, demotion: numbers.demotion },
      heard:
        peer === undefined
          ? null
          : {
              source: peerText(peer) as string,
              advbase: peer.advbase,
              advskew: peer.advskew,
              counter: `0x${numbers.peerCounter.toString(16).padStart(16, "0")}`,
            },
      since_last_advertisement_ms: peer === undefined ? null : milliseconds(timeNs - numbers.heardAtNs),
      master_down_ms: masterDownMs(advbase, advskew),
      lateness_ms: numbers.latenessUs / 1000,
      apply_ms: applyNs === undefined ? null : milliseconds(applyNs),
    };
    this.remember(event);
    return event;
  }

  /** What became of a MASTER whose core failed: nobody decided, and nothing is known. */
  lose({ interfaceName, vhid, advbase, advskew }: VirtualHost): TransitionEvent {
    const now = monotonicNs();
    const event: TransitionEvent = {
      kind: "transition",
      at: isoTime(now),
      interface: interfaceName,
      vhid,
      from: "MASTER",
      to: "INIT",
      reason: "core failed",
      peer: null,
      monotonic_ms: milliseconds(now),
      own: { advbase, advskew, demotion: 0 },
      heard: null,
      since_last_advertisement_ms: null,
      master_down_ms: masterDownMs(advbase, advskew),
      lateness_ms: 0,
      apply_ms: null,
    };
    this.remember(event);
    return event;
  }

  /** The last ones, oldest first. */
  list(): TransitionEvent[] {
    return [...this.ring.slice(this.oldest), ...this.ring.slice(0, this.oldest)];
  }

  private remember(event: TransitionEvent): void {
    if (this.ring.length < capacity) this.ring.push(event);
    else {
      this.ring[this.oldest] = event;
      this.oldest = (this.oldest + 1) % capacity;
    }
  }
}

/** With microseconds behind the point. */
function milliseconds(ns: bigint): number {
  return Number(ns / 1000n) / 1000;
}
