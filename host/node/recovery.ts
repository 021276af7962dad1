/** What becomes of a node whose core trapped. */
import { monotonicNs, wallClockMs } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { CoreTrap } from "../core/trap.ts";
import type { Link } from "../link/link.ts";
import type { NodeEvent } from "./api.ts";
import type { Log } from "./log.ts";
import { Machine } from "./machine.ts";
import type { Member, Members } from "./members.ts";
import type { Options } from "./options.ts";
import type { Ports } from "./ports.ts";
import { isoTime } from "./status.ts";

/** Restarts that a node outlives in a minute; one more means that starting anew does not help. */
const mostRestarts = 3;
const windowNs = 60_000_000_000n;

export interface RecoveryParts {
  readonly core: Core;
  readonly link: Link;
  readonly members: Members;
  readonly ports: Ports;
  readonly options: Options;
  readonly log: Log;
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
  readonly firstMs = wallClockMs();

  constructor(parts: RecoveryParts) {
    this.parts = parts;
  }

  reset(): void {
    const now = monotonicNs();
    this.parts.core.reset(now, this.firstMs + Number(now - this.firstNs) / 1e6);
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
    for (const member of lost) this.parts.emit(lossOf(member));
    core.renew();
    this.reset();
    options.restore();
    ports.renew();
    const machine = new Machine(link);
    for (const member of members.all()) members.readmit(member, machine);
    for (const member of members.all()) members.run(member);
  }

  private permit(nowNs: bigint): boolean {
    this.recent = this.recent.filter((at) => nowNs - at < windowNs);
    if (this.recent.length >= mostRestarts) return false;
    this.recent.push(nowNs);
    this.restarts++;
    return true;
  }
}

/** What became of a MASTER whose core failed. */
function lossOf({ host: { interfaceName, vhid } }: Member): NodeEvent {
  const [at, reason] = [isoTime(monotonicNs()), "core failed"];
  const transition = { kind: "transition", at, interface: interfaceName, vhid, reason, peer: null } as const;
  return { ...transition, from: "MASTER", to: "INIT" };
}
