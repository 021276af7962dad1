import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { wallClockMs } from "../clock.ts";
import type { LabHost } from "./lab.ts";

/** A place in the course of the pings, to ask later what has happened since. */
export interface PingMark {
  readonly sequence: number;
}

export interface PingReport {
  readonly sent: number;
  readonly lost: number;
  /** The longest time between two answers. */
  readonly longestGapMs: number;
}

/** A client that pings one address every ten milliseconds. */
export interface Pinger {
  readonly address: string;
  mark(): PingMark;
  /** What became of the pings since the mark; the one that is still on its way does not count. */
  report(since?: PingMark): PingReport;
  /** How long ago the last answer came, in milliseconds; infinite before the first. */
  silentMs(): number;
  stop(): void;
}

/** Why the client cannot ping, if so: it needs the `ping` of iputils, whose answers carry the time. */
export async function pingComplaint(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ping", ["-V"]);
    return stdout.includes("iputils") ? undefined : "the ping of iputils is not installed";
  } catch {
    return "ping is not installed (Debian: iputils-ping)";
  }
}

/**
 * Starts to ping `address` from `client`, in the client's namespace. A preload of three (-l) lets ping catch up with
 * its interval, which the kernel's ticks would round up.
 */
export function startPinger(client: LabHost, address: string): Pinger {
  const argv = ["ping", "-n", "-D", "-O", "-i", "0.01", "-l", "3", "-W", "1", address];
  const child = client.namespace.start(argv);
  const answers = new Map<number, number>();
  let last = 0;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let rest = "";
  child.stdout?.on("data", (text: Buffer) => {
    const lines = (rest + text.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const sequence = Number(/icmp_seq=(\d+)/.exec(line)?.[1] ?? 0);
      last = Math.max(last, sequence);
      const answered = /^\[(\d+\.\d+)\] \d+ bytes from/.exec(line);
      if (answered !== null && !answers.has(sequence)) {
        answeredAt = Number(answered[1]) * 1000;
        answers.set(sequence, answeredAt);
      }
    }
  });
  return {
    address,
    mark: () => ({ sequence: last }),
    report: (since = { sequence: 0 }) => reportOf(answers, since.sequence, last),
    silentMs: () => wallClockMs() - answeredAt,
    stop: () => {
      child.kill("SIGKILL");
    },
  };
}

function reportOf(answers: ReadonlyMap<number, number>, since: number, last: number): PingReport {
  let answered = 0;
  let longestGapMs = 0;
  let previous = answers.get(since);
  for (let sequence = since + 1; sequence <= last; sequence++) {
    const at = answers.get(sequence);
    if (at === undefined) continue;
    answered++;
    if (previous !== undefined) longestGapMs = Math.max(longestGapMs, at - previous);
    previous = at;
  }
  const inFlight = last > since && !answers.has(last) ? 1 : 0;
  const sent = last - since - inFlight;
  return { sent, lost: sent - answered, longestGapMs };
}
