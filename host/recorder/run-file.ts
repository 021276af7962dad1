import { createWriteStream, openSync, renameSync, type WriteStream } from "node:fs";
import { ExitCode, OperatorError } from "../errors.ts";

/**
 * The file that a run is recorded in, readable by its owner alone. One that is there already becomes FILE.old, so that a
 * service manager that starts the node again does not cost the run that ended. When writing fails the run ends, with one
 * line of warning; the node does not wait for the disk.
 */
export class RunFile {
  private readonly stream: WriteStream;
  private hasFailed = false;

  /** @throws OperatorError where the file cannot be made. */
  constructor(path: string, warn: (message: string) => void) {
    keepOld(path);
    this.stream = createWriteStream("", { fd: open(path) });
    this.stream.on("error", (error) => {
      if (!this.hasFailed) warn(`${path}: the recorded run ends here: ${error.message}`);
      this.hasFailed = true;
    });
  }

  append(piece: Uint8Array): void {
    if (!this.hasFailed) this.stream.write(piece);
  }

  /** Resolves when what was appended is in the file, or has failed. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.hasFailed) resolve();
      else this.stream.once("close", resolve).end();
    });
  }
}

function keepOld(path: string): void {
  try {
    renameSync(path, `${path}.old`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw explain(path, error);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "ax", 0o600);
  } catch (error) {
    throw explain(path, error);
  }
}

function explain(path: string, error: unknown): OperatorError {
  const message = error instanceof Error ? error.message : String(error);
  return new OperatorError(ExitCode.Failed, `${path} cannot be written: ${message}`);
}
