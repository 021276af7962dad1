/** What becomes of a node whose core trapped. */
import { monotonicNs, wallClockMs } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { CoreTrap } from "../core/trap.ts";
import type { Link } from "../link/link.ts";
import type { NodeEvent } from "./api.ts";
import type { Counters } from "./counter-keeper.ts";
import type { Log } from "./log.ts";
import { Machine } from "./machine.ts";
import type { Members } from "./members.ts";
import type { Options } from "./options.ts";
import type { Ports } from "./ports.ts";
import type { Transitions } from "./transitions.ts";

/** Restarts that a node outlives in a minute; one more means that starting anew does not help. */
const mostRestarts = 3;
const windowNs = 60_000_000_000n;

/** Counters are UTC in 1/2^32 s. */
const second = 1n << 32n;
/** They are kept once a minute, and that may be late. */
const reservedSeconds = 65n;

export interface RecoveryParts {
  readonly core: Core;
  readonly link: Link;
  readonly members: Members;
  readonly ports: Ports;
  readonly options: Options;
  readonly log: Log;
  readonly transitions: Transitions;
  emit(event: NodeEvent): void;
}

/** Begins the core, and begins it anew where it trapped. */
export class Recovery {
  /** How often it had to begin anew. */
  restarts = 0;
  private readonly parts: RecoveryParts;
  private recent: bigint[] = [];
  /** The two clocks at first: counters grow with them, whatever the wall clock does, across restarts too. */
  private readonly firstNs = monotonicNs();
  /** What counters began above, and what they are known to stay below for a while. */
  private floor = 0n;
  private reserved = 0n;
  readonly firstMs = wallClockMs();

  constructor(parts: RecoveryParts) {
    this.parts = parts;
  }

  /** No counter that is sent from now on is below `counterFloor`. */
  reset(counterFloor: bigint): void {
    const now = monotonicNs();
    this.parts.core.reset(now, this.utcMs(now));
    this.parts.core.advanceCounters(counterFloor);
    this.floor = counterFloor;
    this.reserved = larger(this.reserved, counterFloor);
  }

  /**
   * What has been sent, and what is above all that can be sent within the next minute: counters follow the clock, and
   * where they are ahead of it, because it was set back, they grow by less than a second in a minute.
   */
  counters(): Counters {
    const largest = larger(this.parts.core.largestCounter(), this.floor);
    const clock = (BigInt(Math.round(this.utcMs(monotonicNs()))) << 32n) / 1000n;
    this.reserved = larger(clock + reservedSeconds * second, largest + second);
    return { largest, reserved: this.reserved };
  }

  /**
   * After an error: where the core trapped, every address is taken away, and another instance has every virtual host
   * as BACKUP; its events are to be settled, which may trap again. Any other error, and a core that keeps trapping, is
   * thrown.
   */
  begin(error: unknown): void {
    if (!(error instanceof CoreTrap)) throw error;
    const { core, link, members, ports, options, log } = this.parts;
    const lost = members.all().filter(({ holding }) => holding.held);
    for (const member of lost) members.withdraw(member);
    if (!this.permit(monotonicNs()))
      throw new Error(`the core keeps failing, ${error.message}: not going on without the operator`);
    log("error", `the core failed, ${error.message}: another one begins, every virtual host as BACKUP`);
    for (const member of lost) this.parts.emit(this.parts.transitions.lose(member.host));
    core.renew();
    this.reset(this.reserved);
    options.restore();
    ports.renew();
    const machine = new Machine(link);
    for (const member of members.all()) members.readmit(member, machine);
    for (const member of members.all()) members.run(member);
  }

  private utcMs(nowNs: bigint): number {
    return this.firstMs + Number(nowNs - this.firstNs) / 1e6;
  }

  private permit(nowNs: bigint): boolean {
    this.recent = this.recent.filter((at) => nowNs - at < windowNs);
    if (this.recent.length >= mostRestarts) return false;
    this.recent.push(nowNs);
    this.restarts++;
    return true;
  }
}

function larger(one: bigint, other: bigint): bigint {
  if (one > other) return one;
  return other;
}
