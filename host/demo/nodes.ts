import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { wallClockMs } from "../clock.ts";
import type { NodeStatus, VirtualHostStatus } from "../node/api.ts";
import type { LabHost } from "./lab.ts";

/** A program that runs on a host of the lab. */
export interface LabProcess {
  readonly pid: number;
  /** What it has said on stdout and stderr, line by line, with the time in milliseconds since the epoch. */
  readonly lines: readonly { readonly at: number; readonly text: string }[];
  readonly hasEnded: boolean;
  /** Sends the signal and resolves with the exit code (null when the signal ended it). */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
  /** Resolves with the exit code, however it ends. */
  readonly ended: Promise<number | null>;
}

/** A node of ours on a host of the lab. */
export interface LabNode extends LabProcess {
  readonly socket: string;
  /** Its virtual hosts as `carp status --json` has them; rejects while the node does not answer. */
  status(): Promise<readonly VirtualHostStatus[]>;
}

/** Starts `node PROGRAM up --socket SOCKET …` on the host. */
export function startNode(host: LabHost, program: string, socket: string, argv: readonly string[]): LabNode {
  const child = startOn(host, [process.execPath, program, "up", "--socket", socket, ...argv]);
  return {
    ...child,
    get hasEnded() {
      return child.hasEnded;
    },
    socket,
    status: () => readStatus(socket),
  };
}

/** Starts any program on the host and listens to what it says. */
export function startOn(host: LabHost, argv: readonly string[]): LabProcess {
  const child = host.namespace.start(argv);
  const lines: { at: number; text: string }[] = [];
  listen(child, lines);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  ended.catch(() => undefined);
  return {
    pid: child.pid as number,
    lines,
    ended,
    get hasEnded() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** The virtual hosts of `GET /v1/status` on a node's control socket. */
export function readStatus(socketPath: string): Promise<readonly VirtualHostStatus[]> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/v1/status", timeout: 1000 }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => {
        body += text;
      });
      answer.on("error", reject);
      answer.on("end", () => {
        try {
          if (answer.statusCode !== 200) throw new Error(`the node answers ${answer.statusCode}: ${body}`);
          resolve((JSON.parse(body) as NodeStatus).virtual_hosts);
        } catch (error) {
          reject(error);
        }
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within a second")));
    asked.on("error", reject);
    asked.end();
  });
}

function listen(child: ChildProcess, lines: { at: number; text: string }[]): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.on("data", (chunk: Buffer) => {
      const parts = (rest + chunk.toString()).split("\n");
      rest = parts.pop() ?? "";
      for (const text of parts) lines.push({ at: wallClockMs(), text });
    });
  }
}
