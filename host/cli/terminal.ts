import type { Writable } from "node:stream";
import type { ExitCode } from "../errors.ts";
import type { Arguments } from "./arguments.ts";

/** The world around a command: where it writes, and who interrupts it. */
export interface Terminal {
  /** For results. */
  readonly out: Writable & { readonly isTTY?: boolean };
  /** For messages and logs. */
  readonly err: Writable;
  /** Emits the names of signals; the process, or a stand-in of a test. */
  readonly signals: Pick<NodeJS.EventEmitter, "on" | "off">;
}

/** Does what a command is for. Throws OperatorError; writes nothing that a pipe's reader would have to skip. */
export type RunCommand = (given: Arguments, terminal: Terminal) => Promise<ExitCode>;

/** Calls `work` with a signal that SIGINT and SIGTERM abort. */
export async function interruptible<Result>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  terminal.signals.on("SIGINT", interrupt);
  terminal.signals.on("SIGTERM", interrupt);
  try {
    return await work(abort.signal);
  } finally {
    terminal.signals.off("SIGINT", interrupt);
    terminal.signals.off("SIGTERM", interrupt);
  }
}
