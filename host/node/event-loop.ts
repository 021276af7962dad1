/**
 * A node on the main thread's event loop, for back ends that cannot live in a worker: raw sockets, and the in-process
 * wire. Its timers are as late as the event loop is busy; the packet thread is the way for production.
 */

import { monotonicNs } from "../clock.ts";
import type { Configuration } from "../config/model.ts";
import { Core } from "../core/core.ts";
import { CoreTrap } from "../core/trap.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { InterfaceState, Link } from "../link/link.ts";
import type { Nic } from "../nic/nic.ts";
import type { NodeController, NodeEvent } from "./api.ts";
import { controllerOf } from "./controller.ts";
import type { Counters } from "./counter-keeper.ts";
import { logTo } from "./log.ts";
import { CarpNode, type NodeOptions, type NodeParts } from "./node.ts";
import { type Action, explained, perform } from "./requests.ts";
import { RunTap } from "./run-tap.ts";
import type { KeptCounters, StartOptions } from "./start.ts";

/** How often the link is asked for events where it has a descriptor but nobody polls it. */
const linkPeriodMs = 100;
const longestSleepMs = 1000;

/** A link or NIC that tells when there is something to read. */
type Readable = { onReadable?: (() => void) | undefined };

/**
 * Starts a node over raw sockets: IPv4, no virtual source MAC, no gratuitous ARP. They are opened before the node
 * starts, since that takes a turn of the event loop; an interface that is recreated later is not served any more.
 */
export async function startRawNode(options: StartOptions, kept: KeptCounters): Promise<NodeController> {
  const [{ openRawNic }, { openNetlinkLink }, { findInterfaces, Machine }] = await Promise.all([
    import("../nic/raw.ts"),
    import("../link/netlink.ts"),
    import("./machine.ts"),
  ]);
  const link = openNetlinkLink();
  const nics = new Map<number, Nic>();
  try {
    for (const { index, name } of findInterfaces(new Machine(link), options.configuration.virtualHosts)) {
      nics.set(index, await openRawNic({ interfaceIndex: index, interfaceName: name }));
    }
    const openNic = (state: InterfaceState): Nic => {
      const nic = nics.get(state.index);
      if (nic === undefined)
        throw new OperatorError(ExitCode.Failed, `${state.name} has no raw socket: restart the node`);
      return nic;
    };
    const { configuration, ...more } = options;
    return startOnEventLoop({ ...more, link, openNic, kept }, configuration, { sourceMac: "own" });
  } catch (error) {
    for (const nic of nics.values()) nic.close();
    link.close();
    throw error;
  }
}

/** The parts that a caller brings; the core is made here, unless a test gives its own. */
export interface EventLoopParts {
  readonly link: Link & Readable;
  openNic: NodeParts["openNic"];
  readonly onEvent?: (event: NodeEvent) => void;
  /** The node ended without being asked to, and has no address any more; without it, that is thrown. */
  readonly onFailure?: (error: Error) => void;
  readonly core?: Core;
  readonly kept?: KeptCounters;
  readonly beforeClose?: () => Promise<void>;
  readonly runCapacity?: number;
  readonly onRun?: (piece: Uint8Array) => void;
}

/** Starts a node whose turns are taken on this thread. @throws OperatorError as CarpNode.start does. */
export function startOnEventLoop(
  parts: EventLoopParts,
  configuration: Configuration,
  options: NodeOptions,
): NodeController {
  const loop = new EventLoop(parts, options);
  loop.start(configuration);
  parts.kept?.keeper?.start(async () => loop.perform({ verb: "counters" }) as Counters);
  return controllerOf(
    async (action) => loop.perform(action),
    loop.listeners,
    async () => loop.end(),
    { keeper: parts.kept?.keeper, beforeClose: parts.beforeClose },
  );
}

class EventLoop {
  readonly listeners = new Set<(event: NodeEvent) => void>();
  private readonly parts: EventLoopParts;
  private readonly node: CarpNode;
  private readonly tap: RunTap | undefined;
  private timer: NodeJS.Timeout | undefined;
  private linkTimer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(parts: EventLoopParts, options: NodeOptions) {
    this.parts = parts;
    if (parts.onEvent) this.listeners.add(parts.onEvent);
    const core = parts.core ?? new Core();
    const nodeParts = {
      core,
      link: parts.link,
      openNic: (state: InterfaceState) => listen(parts.openNic(state), () => this.turn()),
      emit: (event: NodeEvent) => {
        for (const listener of this.listeners) listener(event);
      },
    };
    if (parts.runCapacity !== undefined) {
      const write = (piece: Uint8Array) => parts.onRun?.(piece);
      this.tap = new RunTap(core, parts.runCapacity, write, logTo(nodeParts.emit));
    }
    this.node = new CarpNode(nodeParts, options);
  }

  start(configuration: Configuration): void {
    this.node.start(configuration, this.parts.kept?.floor);
    listen(this.parts.link, () => this.turn());
    if (this.parts.link.descriptor >= 0) this.linkTimer = setInterval(() => this.turn(), linkPeriodMs);
    this.schedule();
  }

  perform(action: Action): unknown {
    try {
      return perform(this.node, action);
    } catch (error) {
      if (error instanceof CoreTrap) this.recover(error);
      throw explained(error);
    } finally {
      if (action.verb === "stop") this.stopped = true;
      this.schedule();
    }
  }

  end(): void {
    this.stopped = true;
    this.tap?.flush(true);
    clearTimeout(this.timer);
    clearInterval(this.linkTimer);
  }

  private turn(): void {
    if (this.stopped) return;
    try {
      this.node.turnLink();
      this.node.turn();
    } catch (error) {
      this.recover(error);
    }
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.tap?.flush(false);
    if (this.stopped) return;
    const waitMs = Number(this.node.deadlineNs() - monotonicNs()) / 1e6;
    this.timer = setTimeout(() => this.turn(), Math.min(longestSleepMs, Math.max(0, Math.ceil(waitMs))));
  }

  /** What the node does not outlive ends it, without an address. */
  private recover(error: unknown): void {
    try {
      this.node.recover(error);
    } catch (fatal) {
      this.end();
      this.node.abandon();
      if (this.parts.onFailure === undefined) throw fatal;
      this.parts.onFailure(fatal instanceof Error ? fatal : new Error(String(fatal)));
    }
  }
}

function listen<T extends Nic | Link>(source: T, onReadable: () => void): T {
  (source as Readable).onReadable = onReadable;
  return source;
}
