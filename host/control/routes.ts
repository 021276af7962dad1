import type { IncomingMessage, ServerResponse } from "node:http";
import { ExitCode, OperatorError } from "../errors.ts";
import type { NodeController } from "../node/api.ts";
import { readChange, readSysctlName, readSysctlValue } from "./bodies.ts";
import type { ControlOptions } from "./server.ts";

const bodyCapacity = 64 * 1024;
const eventQueueCapacity = 256 * 1024;
const heartbeatMs = 15_000;

/**
 * Answers one request: GET /v1/status, GET /v1/events (Server-Sent Events), PATCH /v1/vhid/IF/VHID, GET and PATCH
 * /v1/sysctl/NAME, POST /v1/reload, GET /v1/recording (pcapng), GET
 * /v1/transitions. An error is `{error, code}`, code being the exit code of a command.
 */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ControlOptions,
): Promise<void> {
  try {
    const parts = (request.url ?? "").split("?")[0].split("/").slice(1).map(decodePart);
    const route = findRoute(parts);
    if (route === undefined) {
      refuse(response, 404, new OperatorError(ExitCode.Usage, "there is nothing at this path"));
      return;
    }
    const handle = route[request.method ?? ""];
    if (handle === undefined) {
      response.setHeader("allow", Object.keys(route).join(", "));
      refuse(response, 405, new OperatorError(ExitCode.Usage, "this method is not possible here"));
      return;
    }
    const controller = options.controller();
    if (controller === undefined)
      throw new OperatorError(ExitCode.NotRunning, "the node is starting: ask again in a moment");
    await handle({ controller, options, parts, request, response });
  } catch (error) {
    if (error instanceof OperatorError) {
      refuse(response, statusOf(error.code), error);
      return;
    }
    // A client that goes away in the middle of its request is owed no answer, and is nobody's defect.
    if (request.destroyed && !request.complete) {
      response.destroy();
      return;
    }
    options.onDefect(error);
    refuse(response, 500, new OperatorError(ExitCode.Failed, "the node met a defect: its log says more"));
  }
}

interface Exchange {
  readonly controller: NodeController;
  readonly options: ControlOptions;
  /** The path's parts; the first is `v1`. */
  readonly parts: readonly string[];
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What can be done at a path, by method. */
type Route = Readonly<Record<string, (exchange: Exchange) => Promise<void> | void>>;

const statusRoute: Route = {
  GET: async ({ controller, response }) => reply(response, await controller.status()),
};

const eventsRoute: Route = { GET: streamEvents };

const vhidRoute: Route = {
  PATCH: async ({ controller, parts, request, response }) => {
    await controller.ifconfig(readChange(parts[2], parts[3], await readBody(request)));
    reply(response, {});
  },
};

const sysctlRoute: Route = {
  GET: async ({ controller, parts, response }) => {
    reply(response, { name: parts[2], value: await controller.sysctl(readSysctlName(parts[2])) });
  },
  PATCH: async ({ controller, parts, request, response }) => {
    const name = readSysctlName(parts[2]);
    const wanted = readSysctlValue(parts[2], await readBody(request));
    const old = await controller.sysctl(name);
    reply(response, { name: parts[2], old, value: await controller.sysctl(name, wanted) });
  },
};

const reloadRoute: Route = {
  POST: async ({ options, response }) => reply(response, { warnings: await options.reload() }),
};

const transitionsRoute: Route = {
  GET: async ({ controller, response }) => reply(response, await controller.transitions()),
};

const recordingRoute: Route = {
  GET: async ({ controller, response }) => {
    const file = await controller.record("asked for");
    response.writeHead(200, {
      "content-type": "application/x-pcapng",
      "content-length": file.length,
      "cache-control": "no-store",
    });
    response.end(file);
  },
};

function findRoute(parts: readonly string[]): Route | undefined {
  if (parts[0] !== "v1") return undefined;
  switch (`${parts[1]} ${parts.length}`) {
    case "status 2":
      return statusRoute;
    case "events 2":
      return eventsRoute;
    case "vhid 4":
      return vhidRoute;
    case "sysctl 3":
      return sysctlRoute;
    case "reload 2":
      return reloadRoute;
    case "transitions 2":
      return transitionsRoute;
    case "recording 2":
      return recordingRoute;
    default:
      return undefined;
  }
}

/** A client that does not read its events is cut off: it can see from the end of the stream that it missed some. */
function streamEvents({ controller, request, response }: Exchange): void {
  request.socket.setTimeout(0);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  const send = (text: string) => {
    if (response.writableLength > eventQueueCapacity) response.destroy();
    else response.write(text);
  };
  const unsubscribe = controller.subscribe((event) => send(`data: ${JSON.stringify(event)}\n\n`));
  const heartbeat = setInterval(() => send(":\n\n"), heartbeatMs);
  heartbeat.unref();
  response.once("close", () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > bodyCapacity)
      throw new OperatorError(ExitCode.Usage, `a request has at most ${bodyCapacity} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new OperatorError(ExitCode.Usage, "the request is not JSON");
  }
}

function reply(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(body)}\n`);
}

function refuse(response: ServerResponse, status: number, error: OperatorError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader("connection", "close");
  reply(response, { error: error.message, code: error.code }, status);
}

function statusOf(code: ExitCode): number {
  switch (code) {
    case ExitCode.Usage:
      return 400;
    case ExitCode.NotRunning:
      return 503;
    case ExitCode.NoPermission:
      return 403;
    case ExitCode.Configuration:
      return 422;
    default:
      return 409;
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
