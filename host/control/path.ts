import { lstatSync, mkdirSync, type Stats, statSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import { ExitCode, OperatorError } from "../errors.ts";
import { readStatus } from "./client.ts";

/** Where a node listens, and where commands look for it. */
export const defaultSocket = "/run/carp/carp.sock";

/** What fits into a socket address, without the zero at its end (unix(7)). */
const pathCapacity = 107;

/**
 * Makes the path free for a new control socket: creates the default directory, removes a socket that nobody listens
 * on. Throws OperatorError, with nothing changed, where another process listens there or the path cannot be used.
 */
export async function prepareSocketPath(path: string): Promise<void> {
  if (Buffer.byteLength(path) > pathCapacity) {
    throw new OperatorError(
      ExitCode.Usage,
      `the socket path has ${Buffer.byteLength(path)} bytes, at most ${pathCapacity} are possible`,
    );
  }
  prepareDirectory(path);
  const status = statusOf(path);
  if (status === undefined) return;
  if (!status.isSocket()) {
    throw new OperatorError(ExitCode.Failed, `${path} is there and is no socket: give --socket another path`);
  }
  if (await isLive(path)) {
    const owner = await findOwner(path);
    throw new OperatorError(
      ExitCode.Failed,
      `${path} is in use by ${owner}: stop it or give --socket another path`,
    );
  }
  unlinkSync(path);
}

function prepareDirectory(path: string): void {
  const directory = dirname(path);
  try {
    if (path === defaultSocket) mkdirSync(directory, { recursive: true, mode: 0o750 });
    if (statSync(directory).isDirectory()) return;
  } catch (error) {
    throw explainDirectory(directory, error);
  }
  throw new OperatorError(ExitCode.Failed, `${directory} is no directory: give --socket another path`);
}

function explainDirectory(directory: string, error: unknown): OperatorError {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return new OperatorError(
        ExitCode.Failed,
        `there is no directory ${directory}: create it or give --socket another path`,
      );
    case "EACCES":
    case "EPERM":
      return new OperatorError(
        ExitCode.NoPermission,
        `${directory} cannot be created or entered: run carp as root or give --socket another path`,
      );
    default:
      return new OperatorError(ExitCode.Failed, `${directory} cannot be used: ${(error as Error).message}`);
  }
}

function statusOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isLive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else if (error.code === "EACCES") {
        const message = `${path} is there and may not be used: run carp as root or give --socket another path`;
        reject(new OperatorError(ExitCode.NoPermission, message));
      } else resolve(true);
    });
  });
}

async function findOwner(path: string): Promise<string> {
  try {
    return `process ${(await readStatus(path, 1000)).pid}`;
  } catch {
    return "another process";
  }
}
