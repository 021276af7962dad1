import { readEvents } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { interruptible, type RunCommand } from "./terminal.ts";
import { formatEventLine } from "./words.ts";

/** `carp monitor`: a line for each event, until it is interrupted or the node ends. */
export const runMonitor: RunCommand = (given, terminal) =>
  interruptible(terminal, async (signal) => {
    const path = given.text("socket") ?? defaultSocket;
    for await (const event of readEvents(path, signal))
      terminal.out.write(`${given.has("json") ? JSON.stringify(event) : formatEventLine(event)}\n`);
    if (signal.aborted) return ExitCode.Ok;
    throw new OperatorError(ExitCode.NotRunning, `the node at ${path} has ended`);
  });
