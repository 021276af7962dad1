#!/usr/bin/env node
import { dispatch } from "./cli/dispatch.ts";
import { ExitCode, OperatorError } from "./errors.ts";
import { printable } from "./log.ts";

/** Prints what went wrong as one line; a stack only for who asked for it. */
function complain(error: unknown): ExitCode {
  if (error instanceof OperatorError) {
    process.stderr.write(`carp: ${printable(error.message)}\n`);
    return error.code;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    `carp: ${printable(message.split("\n")[0])}: this is a defect (CARP_DEBUG=1 shows where)\n`,
  );
  if (process.env.CARP_DEBUG === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return ExitCode.Failed;
}

/** Ends the process when what was printed has been taken, or when its reader has gone. */
function finish(code: ExitCode): void {
  process.stdout.write("", () => process.exit(code));
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? ExitCode.Ok : complain(error));
});
process.on("uncaughtException", (error) => process.exit(complain(error)));

finish(
  await dispatch(process.argv.slice(2), { out: process.stdout, err: process.stderr, signals: process }).catch(
    complain,
  ),
);
