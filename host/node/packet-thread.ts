/** The main thread's side of the packet thread: the worker, the port to it, and the requests that wait for an answer. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";
import { ExitCode, OperatorError } from "../errors.ts";
import type { NodeEvent } from "./api.ts";
import type { Action, Reply, ThreadData } from "./requests.ts";

/** What the main thread brings when it is ready for the packet thread. */
export interface Attachment {
  /** Wakes the packet thread, which blocks in a poll of this eventfd among others. */
  signal(wakeDescriptor: number): void;
  /** Hears every event, those of the start included. */
  readonly onEvent?: (event: NodeEvent) => void;
  /** Takes the pieces of the recorded run, where one is recorded. */
  readonly onRun?: (piece: Uint8Array) => void;
  /** The packet thread ended without being asked to. */
  readonly onFailure?: (error: Error) => void;
}

/**
 * Launched as soon as it is made. What the worker says waits in the port until `attach`, which resolves when it is warm
 * and waits for requests.
 */
export class PacketThread {
  readonly listeners = new Set<(event: NodeEvent) => void>();
  private readonly worker: Worker;
  private readonly port: MessageChannel["port1"];
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private readonly exited: Promise<void>;
  private attachment: Attachment | undefined;
  private failAttaching: (error: Error) => void = () => {};
  private lost: Error | undefined;
  private wakeDescriptor = -1;
  private lastId = 0;
  private ended = false;

  constructor(choices: Omit<ThreadData, "port">) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const { sourceMac, revectorize, runCapacity } = choices;
    this.worker = new Worker(threadPath(), {
      workerData: { port: port2, sourceMac, revectorize, runCapacity } satisfies ThreadData,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
    });
    this.worker.on("error", (error) => this.lose(error));
    this.exited = new Promise((resolve) =>
      this.worker.once("exit", () => {
        if (!this.ended) this.lose(new Error("the packet thread ended by itself"));
        resolve();
      }),
    );
  }

  /** Once. Rejects with what ended the thread, then or before. */
  attach(attachment: Attachment): Promise<void> {
    this.attachment = attachment;
    if (attachment.onEvent) this.listeners.add(attachment.onEvent);
    if (this.lost !== undefined) return Promise.reject(this.lost);
    return new Promise((resolve, reject) => {
      this.failAttaching = reject;
      this.port.on("message", (reply: Reply) => {
        if ("wakeDescriptor" in reply) {
          this.wakeDescriptor = reply.wakeDescriptor;
          resolve();
        } else this.take(reply);
      });
    });
  }

  /** Resolves with the answer. Rejects with what the thread ended of, and as the action does. */
  ask(action: Action): Promise<unknown> {
    if (this.lost !== undefined) return Promise.reject(this.lost);
    const id = ++this.lastId;
    if (action.verb === "stop") this.ended = true;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.port.postMessage({ id, action });
      this.attachment?.signal(this.wakeDescriptor);
    });
  }

  /**
   * Ends a thread that was launched in vain, once it has come up: to terminate a worker while it loads native code can
   * abort the process. One that somebody has attached to is that one's to end, and nothing is waited for.
   */
  async dismiss(signal: Attachment["signal"]): Promise<void> {
    if (this.attachment !== undefined || this.ended) return;
    try {
      await this.attach({ signal });
      this.ended = true;
      await this.ask({ verb: "close" });
      await this.exited;
    } catch {
      // It ended by itself; nobody waits for it.
    }
  }

  /** Ends a thread that has come up, whatever it does. */
  async end(): Promise<void> {
    this.ended = true;
    this.port.close();
    await this.worker.terminate();
    await this.exited;
  }

  private lose(error: Error): void {
    this.lost = error;
    this.failAttaching(error);
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    if (!this.ended) this.attachment?.onFailure?.(error);
    this.ended = true;
  }

  private take(reply: Exclude<Reply, { wakeDescriptor: number }>): void {
    if ("run" in reply) {
      this.attachment?.onRun?.(reply.run);
      return;
    }
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
