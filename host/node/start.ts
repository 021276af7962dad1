/** Starts a node and speaks with it: the main thread's side of the packet thread. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import type { Configuration } from "../config/model.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { requirePrivilege } from "../link/privilege.ts";
import { signalEvent } from "../system/event.ts";
import type { NodeController, NodeEvent } from "./api.ts";
import { controllerOf } from "./controller.ts";
import type { Action, Reply, ThreadData } from "./requests.ts";

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
 * Starts a node on this machine. @throws OperatorError, with nothing changed, where the configuration does not fit
 * the machine or a privilege is missing.
 */
export async function startNode(options: StartOptions): Promise<NodeController> {
  requirePrivilege();
  if (options.io === "raw") {
    const { startRawNode } = await import("./event-loop.ts");
    return startRawNode(options);
  }
  const thread = new PacketThread(options);
  await thread.ready;
  try {
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

/** The worker, the port to it, and the requests that wait for an answer. */
class PacketThread {
  readonly ready: Promise<void>;
  readonly listeners = new Set<(event: NodeEvent) => void>();
  private readonly worker: Worker;
  private readonly port: MessageChannel["port1"];
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly exited: Promise<void>;
  private wakeDescriptor = -1;
  private lastId = 0;
  private ended = false;

  constructor(options: StartOptions) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    if (options.onEvent) this.listeners.add(options.onEvent);
    this.worker = new Worker(threadPath(), {
      workerData: {
        port: port2,
        sourceMac: options.sourceMac,
        revectorize: options.revectorize === true,
      } satisfies ThreadData,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    });
    let fail: (error: Error) => void = () => {};
    this.ready = new Promise((resolve, reject) => {
      fail = reject;
      port1.on("message", (reply: Reply) => {
        if ("wakeDescriptor" in reply) {
          this.wakeDescriptor = reply.wakeDescriptor;
          resolve();
        } else this.take(reply);
      });
    });
    const lose = (error: Error): void => {
      fail(error);
      for (const { reject } of this.waiting.values()) reject(error);
      this.waiting.clear();
      if (!this.ended) options.onFailure?.(error);
      this.ended = true;
    };
    this.worker.on("error", lose);
    this.exited = new Promise((resolve) =>
      this.worker.once("exit", () => {
        if (!this.ended) lose(new Error("the packet thread ended by itself"));
        resolve();
      }),
    );
  }

  ask(action: Action): Promise<unknown> {
    const id = ++this.lastId;
    if (action.verb === "stop") this.ended = true;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.port.postMessage({ id, action });
      signalEvent(this.wakeDescriptor);
    });
  }

  async end(): Promise<void> {
    this.ended = true;
    this.port.close();
    await this.worker.terminate();
    await this.exited;
  }

  private take(reply: Exclude<Reply, { wakeDescriptor: number }>): void {
    if ("events" in reply) {
      for (const event of reply.events) for (const listener of this.listeners) listener(event);
      return;
    }
    const request = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if ("result" in reply) request?.resolve(reply.result);
    else request?.reject(new OperatorError(reply.failure.code ?? ExitCode.Failed, reply.failure.message));
  }
}

function threadPath(): string {
  const compiled = fileURLToPath(new URL("./thread.js", import.meta.url));
  return existsSync(compiled)
    ? compiled
    : fileURLToPath(new URL("../../build/host/node/thread.js", import.meta.url));
}
