/** Starts a node on this machine. */
import type { Configuration } from "../config/model.ts";
import { requirePrivilege } from "../link/privilege.ts";
import { signalEvent } from "../system/event.ts";
import type { NodeController, NodeEvent } from "./api.ts";
import { controllerOf } from "./controller.ts";
import { PacketThread } from "./packet-thread.ts";

export interface StartOptions {
  readonly configuration: Configuration;
  readonly io: "packet" | "raw";
  readonly sourceMac: "virtual" | "own";
  /** Turns V8's revectorizer on, where it has one that computes rightly. */
  readonly revectorize?: boolean;
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
  if (options.io === "raw") {
    const { startRawNode } = await import("./event-loop.ts");
    return startRawNode(options);
  }
  const thread =
    launched ?? new PacketThread({ sourceMac: options.sourceMac, revectorize: options.revectorize === true });
  try {
    await thread.attach({ ...options, signal: signalEvent });
    await thread.ask({ verb: "start", configuration: options.configuration });
  } catch (error) {
    await thread.end();
    throw error;
  }
  return controllerOf(
    (action) => thread.ask(action),
    thread.listeners,
    () => thread.end(),
  );
}

/** Ends a packet thread on which no node was started; one that has had a node is left as it is. */
export function dismissThread(thread: PacketThread): Promise<void> {
  return thread.dismiss(signalEvent);
}
