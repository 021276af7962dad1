/** Starts a node on this machine. */
import { wallClockMs } from "../clock.ts";
import type { Configuration } from "../config/model.ts";
import { requirePrivilege } from "../link/privilege.ts";
import { signalEvent } from "../system/event.ts";
import { runAsAnyOther } from "../system/scheduling.ts";
import type { NodeController, NodeEvent } from "./api.ts";
import { controllerOf } from "./controller.ts";
import { CounterFile } from "./counter-file.ts";
import { CounterKeeper, type Counters } from "./counter-keeper.ts";
import { logTo } from "./log.ts";
import { PacketThread } from "./packet-thread.ts";

export interface StartOptions {
  readonly configuration: Configuration;
  readonly io: "packet" | "raw";
  readonly sourceMac: "virtual" | "own";
  /** Turns V8's revectorizer on, where it has one that computes rightly. */
  readonly revectorize?: boolean;
  /** Where counters are kept across restarts; without it they are not. */
  readonly stateDirectory?: string;
  /** Has the core's calls written down, up to so many bytes, and given to `onRun` in pieces. */
  readonly runCapacity?: number;
  readonly onRun?: (piece: Uint8Array) => void;
  /** Called when the node has given up its addresses and can still be asked: the last moment to record it. */
  readonly beforeClose?: () => Promise<void>;
  /** Hears every event, those of the start included. */
  readonly onEvent?: (event: NodeEvent) => void;
  /** The packet thread ended without being asked to. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Starts a node on this machine, on a packet thread that may have been launched before. @throws OperatorError, with
 * nothing changed, where the configuration does not fit the machine or a privilege is missing.
 */
export async function startNode(options: StartOptions, launched?: PacketThread): Promise<NodeController> {
  requirePrivilege();
  const kept = keepCounters(options);
  if (options.io === "raw") {
    const { startRawNode } = await import("./event-loop.ts");
    return startRawNode(options, kept);
  }
  const thread =
    launched ??
    new PacketThread({
      sourceMac: options.sourceMac,
      revectorize: options.revectorize === true,
      runCapacity: options.runCapacity,
    });
  try {
    await thread.attach({ ...options, signal: signalEvent });
    runAsAnyOther();
    await thread.ask({ verb: "start", configuration: options.configuration, counterFloor: kept.floor });
  } catch (error) {
    await thread.end();
    throw error;
  }
  kept.keeper?.start(async () => (await thread.ask({ verb: "counters" })) as Counters);
  return controllerOf(
    (action) => thread.ask(action),
    thread.listeners,
    () => thread.end(),
    { keeper: kept.keeper, beforeClose: options.beforeClose },
  );
}

/** The counters of an earlier node, and who keeps those of this one. */
export interface KeptCounters {
  readonly floor: bigint;
  readonly keeper: CounterKeeper | undefined;
}

function keepCounters({ stateDirectory, onEvent }: StartOptions): KeptCounters {
  if (stateDirectory === undefined) return { floor: 0n, keeper: undefined };
  const log = logTo((event) => onEvent?.(event));
  const file = new CounterFile(stateDirectory);
  const { counter, problem } = file.read(wallClockMs());
  if (problem !== undefined) log("warning", `${problem}: counters begin with the clock`);
  return { floor: counter, keeper: new CounterKeeper(file, log) };
}

/** Ends a packet thread on which no node was started; one that has had a node is left as it is. */
export function dismissThread(thread: PacketThread): Promise<void> {
  return thread.dismiss(signalEvent);
}
