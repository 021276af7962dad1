/** What the main thread asks of the packet thread, and how it is answered. */
import type { MessagePort } from "node:worker_threads";
import type { Configuration, VirtualHost } from "../config/model.ts";
import { CoreTrap } from "../core/trap.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { IfconfigChange, NodeEvent, SysctlName } from "./api.ts";
import type { CarpNode } from "./node.ts";
import type { RunTap } from "./run-tap.ts";

/** What the packet thread is started with. */
export interface ThreadData {
  readonly port: MessagePort;
  readonly sourceMac: "virtual" | "own";
  readonly revectorize: boolean;
  /** Has the core's calls written down, up to so many bytes; left out, they are not. */
  readonly runCapacity?: number;
}

export type Action =
  | { readonly verb: "start"; readonly configuration: Configuration; readonly counterFloor: bigint }
  | { readonly verb: "status" }
  | { readonly verb: "counters" }
  | { readonly verb: "ifconfig"; readonly change: IfconfigChange }
  | { readonly verb: "sysctl"; readonly name: SysctlName; readonly value: number | undefined }
  | { readonly verb: "reconfigure"; readonly virtualHosts: readonly VirtualHost[]; readonly preempt: boolean }
  | { readonly verb: "record" }
  | { readonly verb: "transitions" }
  | { readonly verb: "stop" }
  | { readonly verb: "close" };

export interface Request {
  readonly id: number;
  readonly action: Action;
}

/** What the packet thread posts: an answer to a request, events, or at first the descriptor that wakes it. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failure: Failure }
  | { readonly events: readonly NodeEvent[] }
  | { readonly run: Uint8Array }
  | { readonly wakeDescriptor: number };

/** An error as it crosses threads. */
export interface Failure {
  readonly code: number | undefined;
  readonly message: string;
}

/** The packet thread's way to the main thread. What happens in one turn leaves as one message. */
export class Outlet {
  private readonly port: MessagePort;
  private events: NodeEvent[] = [];
  /** Writes the run down, where one is recorded; what it has goes before an answer. */
  tap: RunTap | undefined;

  constructor(port: MessagePort) {
    this.port = port;
  }

  tell(event: NodeEvent): void {
    this.events.push(event);
  }

  /** A piece of the recorded run. */
  give(run: Uint8Array): void {
    this.port.postMessage({ run } satisfies Reply);
  }

  /** Posts the events that wait, then the reply, if there is one. */
  post(reply?: Reply): void {
    this.tap?.flush(reply !== undefined);
    if (this.events.length > 0) this.port.postMessage({ events: this.events } satisfies Reply);
    this.events = [];
    if (reply !== undefined) this.port.postMessage(reply);
  }
}

/** Carries out a request and posts the answer. Returns true when the node has been closed. */
export function answerRequest(node: CarpNode, outlet: Outlet, request: Request): boolean {
  const { id, action } = request;
  try {
    outlet.post({ id, result: perform(node, action) });
  } catch (error) {
    if (action.verb === "stop") node.abandon();
    outlet.post({ id, failure: describeFailure(error) });
    if (error instanceof CoreTrap && !["start", "stop"].includes(action.verb)) node.recover(error);
  }
  return action.verb === "close";
}

/** Carries out an action; throws what the node throws. */
export function perform(node: CarpNode, action: Action): unknown {
  switch (action.verb) {
    case "start":
      return node.start(action.configuration, action.counterFloor);
    case "counters":
      return node.counters();
    case "status":
      return node.status();
    case "ifconfig":
      return node.ifconfig(action.change);
    case "sysctl":
      return node.sysctl(action.name, action.value);
    case "reconfigure":
      return node.reconfigure(action.virtualHosts, action.preempt);
    case "transitions":
      return node.journal.transitions.list();
    case "record":
      return node.journal.record();
    case "stop":
      return node.stop();
    case "close":
      return node.close();
  }
}

/** A core that failed while it was asked is the operator's trouble too: the question was not answered. */
export function explained(error: unknown): unknown {
  if (!(error instanceof CoreTrap)) return error;
  return new OperatorError(ExitCode.Failed, `the core failed, ${error.message}, and begins anew: ask again`);
}

function describeFailure(thrown: unknown): Failure {
  const error = explained(thrown);
  if (error instanceof OperatorError) return { code: error.code, message: error.message };
  return { code: undefined, message: error instanceof Error ? error.message : String(error) };
}
