import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { ExitCode, OperatorError } from "../errors.ts";
import type { IfconfigChange, NodeEvent, NodeStatus, TransitionEvent } from "../node/api.ts";

/** A sysctl before and after a write. */
export interface SysctlWrite {
  readonly old: number;
  readonly value: number;
}

const patienceMs = 5000;

/** All functions here throw OperatorError: NotRunning, NoPermission, or what the node itself answered. */
export async function readStatus(socketPath: string, timeoutMs?: number): Promise<NodeStatus> {
  return (await ask(socketPath, "GET", "/v1/status", undefined, timeoutMs)) as NodeStatus;
}

export async function changeVirtualHost(socketPath: string, change: IfconfigChange): Promise<void> {
  const { interface: interfaceName, vhid, ...body } = change;
  await ask(socketPath, "PATCH", `/v1/vhid/${encodeURIComponent(interfaceName)}/${vhid}`, body);
}

/** `name` with its prefix, `net.inet.carp.preempt`. */
export async function readSysctl(socketPath: string, name: string): Promise<number> {
  const answer = (await ask(socketPath, "GET", `/v1/sysctl/${name}`)) as { readonly value: number };
  return answer.value;
}

export async function writeSysctl(socketPath: string, name: string, value: number): Promise<SysctlWrite> {
  return (await ask(socketPath, "PATCH", `/v1/sysctl/${name}`, { value })) as SysctlWrite;
}

/** Has the node read its configuration again; resolves to the warnings about it. */
export async function reload(socketPath: string): Promise<readonly string[]> {
  const answer = (await ask(socketPath, "POST", "/v1/reload")) as { readonly warnings: readonly string[] };
  return answer.warnings;
}

/** The node's last transitions, oldest first. */
export async function readTransitions(socketPath: string): Promise<readonly TransitionEvent[]> {
  return (await ask(socketPath, "GET", "/v1/transitions")) as readonly TransitionEvent[];
}

/** The node's flight recorder as a pcapng file. */
export async function readRecording(socketPath: string): Promise<Buffer> {
  const answer = await send(socketPath, "GET", "/v1/recording", undefined, patienceMs);
  if (answer.statusCode !== 200) throw refusal(answer.statusCode, await readBody(answer));
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The node's events from now on, until the node ends or `signal` is aborted. */
export async function* readEvents(socketPath: string, signal?: AbortSignal): AsyncGenerator<NodeEvent> {
  const answer = await send(socketPath, "GET", "/v1/events", undefined, 0, signal);
  if (answer.statusCode !== 200) throw refusal(answer.statusCode, await readBody(answer));
  let rest = "";
  answer.setEncoding("utf8");
  try {
    for await (const chunk of answer) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6)) as NodeEvent;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (signal?.aborted !== true && code !== "ECONNRESET") throw error;
  }
}

async function ask(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = patienceMs,
): Promise<unknown> {
  const answer = await send(socketPath, method, path, body, timeoutMs);
  const text = await readBody(answer);
  if (answer.statusCode !== 200) throw refusal(answer.statusCode, text);
  try {
    return JSON.parse(text);
  } catch {
    throw new OperatorError(
      ExitCode.Failed,
      `${socketPath} did not answer as a node does: is it one of carp?`,
    );
  }
}

function send(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = text === undefined ? {} : { "content-type": "application/json" };
    const options = { socketPath, method, path, headers, agent: false, timeout: timeoutMs, signal };
    const request: ClientRequest = httpRequest(options, resolve);
    request.once("timeout", () => {
      const message = `the node at ${socketPath} did not answer within ${timeoutMs / 1000} s`;
      request.destroy(new OperatorError(ExitCode.Failed, message));
    });
    request.once("error", (error) => reject(explain(socketPath, error)));
    request.end(text);
  });
}

async function readBody(answer: IncomingMessage): Promise<string> {
  let text = "";
  answer.setEncoding("utf8");
  for await (const chunk of answer) text += chunk;
  return text;
}

function explain(socketPath: string, error: NodeJS.ErrnoException): Error {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
    case "ENOTDIR":
      return new OperatorError(
        ExitCode.NotRunning,
        `no node is running at ${socketPath}: start one with carp up, or name its socket with --socket`,
      );
    case "EACCES":
    case "EPERM":
      return new OperatorError(
        ExitCode.NoPermission,
        `${socketPath} may not be used: run this as root or as a member of the socket's group`,
      );
    case "ECONNRESET":
    case "EPIPE":
      return new OperatorError(
        ExitCode.Failed,
        `the node at ${socketPath} closed the connection: it is ending, or has too many clients`,
      );
    default:
      return error;
  }
}

/** What the node said, as the error that it threw. */
function refusal(status: number | undefined, text: string): OperatorError {
  try {
    const { error, code } = JSON.parse(text) as { readonly error: unknown; readonly code: unknown };
    if (typeof error === "string" && typeof code === "number" && ExitCode[code] !== undefined)
      return new OperatorError(code, error);
  } catch {
    // What is no JSON is answered below.
  }
  return new OperatorError(ExitCode.Failed, `the node answered with HTTP status ${status}`);
}
