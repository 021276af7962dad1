/**
 * A node on the main thread's event loop, for back ends that cannot live in a worker: raw sockets, and the in-process
 * wire. Its timers are as late as the event loop is busy; the packet thread is the way for production.
 */

import { monotonicNs } from "../clock.ts";
import type { Configuration } from "../config/model.ts";
import { Core } from "../core/core.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { InterfaceState, Link } from "../link/link.ts";
import type { Nic } from "../nic/nic.ts";
import type { NodeController, NodeEvent } from "./api.ts";
import { controllerOf } from "./controller.ts";
import { CarpNode, type NodeOptions, type NodeParts } from "./node.ts";
import { perform } from "./requests.ts";
import type { StartOptions } from "./start.ts";

/** How often the link is asked for events where it has a descriptor but nobody polls it. */
const linkPeriodMs = 100;
const longestSleepMs = 1000;

/** A link or NIC that tells when there is something to read. */
type Readable = { onReadable?: (() => void) | undefined };

/**
 * Starts a node over raw sockets: IPv4, no virtual source MAC, no gratuitous ARP. They are opened before the node
 * starts, since that takes a turn of the event loop; an interface that is recreated later is not served any more.
 */
export async function startRawNode(options: StartOptions): Promise<NodeController> {
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
    return startOnEventLoop({ link, openNic, onEvent: options.onEvent }, options.configuration, {
      sourceMac: "own",
    });
  } catch (error) {
    for (const nic of nics.values()) nic.close();
    link.close();
    throw error;
  }
}

/** The parts that a caller brings; the core is made here. */
export interface EventLoopParts {
  readonly link: Link & Readable;
  openNic: NodeParts["openNic"];
  readonly onEvent?: (event: NodeEvent) => void;
}

/** Starts a node whose turns are taken on this thread. @throws OperatorError as CarpNode.start does. */
export function startOnEventLoop(
  parts: EventLoopParts,
  configuration: Configuration,
  options: NodeOptions,
): NodeController {
  const listeners = new Set<(event: NodeEvent) => void>();
  if (parts.onEvent) listeners.add(parts.onEvent);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const node = new CarpNode(
    {
      core: new Core(),
      link: parts.link,
      openNic: (state) => listen(parts.openNic(state), () => turn()),
      emit: (event) => {
        for (const listener of listeners) listener(event);
      },
    },
    options,
  );
  node.start(configuration);
  listen(parts.link, () => turn());
  const linkTimer = parts.link.descriptor < 0 ? undefined : setInterval(() => turn(), linkPeriodMs);
  schedule();

  function turn(): void {
    if (stopped) return;
    node.turnLink();
    node.turn();
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    const waitMs = Number(node.deadlineNs() - monotonicNs()) / 1e6;
    timer = setTimeout(turn, Math.min(longestSleepMs, Math.max(0, Math.ceil(waitMs))));
  }

  return controllerOf(
    async (action) => {
      const result = perform(node, action);
      if (action.verb === "stop") stopped = true;
      else schedule();
      return result;
    },
    listeners,
    async () => {
      clearTimeout(timer);
      clearInterval(linkTimer);
    },
  );
}

function listen<T extends Nic | Link>(source: T, onReadable: () => void): T {
  (source as Readable).onReadable = onReadable;
  return source;
}
