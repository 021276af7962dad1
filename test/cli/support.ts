import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { dispatch } from "../../host/cli/dispatch.ts";
import type { Terminal } from "../../host/cli/terminal.ts";
import { OperatorError } from "../../host/errors.ts";

/** What a command has written so far, and the signals that a test sends it. */
export interface TestTerminal extends Terminal {
  readonly out: Sink;
  readonly err: Sink;
  readonly signals: EventEmitter;
}

export interface Outcome {
  readonly code: number;
  readonly out: string;
  /** With the line that `main.ts` makes of an error. */
  readonly err: string;
}

/** A stream that keeps what is written. */
export class Sink extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export function testTerminal(): TestTerminal {
  return { out: new Sink(), err: new Sink(), signals: new EventEmitter() };
}

/** Runs a command as the program would. Rejects with what is no fault of the operator. */
export async function run(
  argv: readonly string[],
  terminal: TestTerminal = testTerminal(),
): Promise<Outcome> {
  let code: number;
  try {
    code = await dispatch(argv, terminal);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    code = error.code;
    terminal.err.write(`carp: ${error.message}\n`);
  }
  return { code, out: terminal.out.text, err: terminal.err.text };
}
