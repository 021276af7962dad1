import { createServer, type Server } from "node:http";
import { ExitCode, OperatorError } from "../errors.ts";
import type { NodeController } from "../node/api.ts";
import { prepareSocketPath } from "./path.ts";
import { answer } from "./routes.ts";

/** What the control socket needs of the program around it. */
export interface ControlOptions {
  /** Where to listen. */
  readonly path: string;
  /** The node, or undefined while it starts. */
  readonly controller: () => NodeController | undefined;
  /** Reads the configuration again and puts it in force; resolves to the warnings about it. */
  readonly reload: () => Promise<readonly string[]>;
  /** Is told of errors that are nobody's fault but the program's. */
  readonly onDefect: (error: unknown) => void;
}

/** A control socket that listens. */
export interface ControlServer {
  /** Ends every connection and removes the socket. */
  close(): Promise<void>;
}

const connectionCapacity = 16;
const idleMs = 5000;

/**
 * Listens on a unix socket of mode 0660 for HTTP (`answer` says what for). Throws OperatorError where the path
 * cannot be used or a node is there already.
 */
export async function listenControl(options: ControlOptions): Promise<ControlServer> {
  await prepareSocketPath(options.path);
  const server = createServer({
    requestTimeout: idleMs,
    headersTimeout: idleMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: 8192,
  });
  server.maxConnections = connectionCapacity;
  server.timeout = idleMs;
  server.on("request", (request, response) => {
    response.on("error", () => undefined);
    void answer(request, response, options);
  });
  await listen(server, options.path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(explain(path, error)));
    server.once("listening", resolve);
    const mask = process.umask(0o117);
    try {
      server.listen(path);
    } finally {
      process.umask(mask);
    }
  });
}

function explain(path: string, error: NodeJS.ErrnoException): OperatorError {
  if (error.code === "EACCES" || error.code === "EPERM")
    return new OperatorError(
      ExitCode.NoPermission,
      `${path} cannot be created: run carp as root or give --socket another path`,
    );
  if (error.code === "EADDRINUSE")
    return new OperatorError(
      ExitCode.Failed,
      `${path} is in use by another process: stop it or give --socket another path`,
    );
  return new OperatorError(ExitCode.Failed, `${path} cannot be listened on: ${error.code ?? error.message}`);
}
