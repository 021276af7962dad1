/**
 * A program that is run at every transition, with what devd tells on FreeBSD: `carp`, `VHID@IF` and the state. It runs
 * beside the node and never holds anything up.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { OperatorError } from "../errors.ts";
import { checkProgram } from "./program.ts";

/** What a hook is told. */
export interface HookTransition {
  readonly at: string;
  readonly interface: string;
  readonly vhid: number;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly peer: string | null;
}

/** When one that does not end is asked to, and when it is ended, in milliseconds after its start. */
export interface HookPatience {
  readonly terminateMs: number;
  readonly killMs: number;
}

type Log = (level: "warning" | "error", message: string) => void;

const usualPatience: HookPatience = { terminateMs: 5000, killMs: 10_000 };
/** Hooks that run at the same time; a thousand virtual hosts that change together take their turns. */
const mostAtOnce = 8;
/** Nothing of the node's own environment. */
const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

export class Hooks {
  /** How many had to be asked to end. */
  timeouts = 0;
  private readonly log: Log;
  private readonly patience: HookPatience;
  private path: string | undefined;
  /** What each virtual host is to be told next: the latest only, since what was in between is over. */
  private readonly waiting = new Map<string, HookTransition>();
  private readonly running = new Map<string, ChildProcess>();
  private lastTrouble = "";
  private whenIdle: (() => void) | undefined;

  constructor(log: Log, patience: HookPatience = usualPatience) {
    this.log = log;
    this.patience = patience;
  }

  /** @throws OperatorError for a program that may not be run. */
  check(path: string | undefined): void {
    if (path !== undefined) checkProgram(path);
  }

  /** The program from now on; undefined for none. @throws OperatorError, with the old one kept, for one that may not be run. */
  use(path: string | undefined): void {
    this.check(path);
    this.path = path;
  }

  note(transition: HookTransition): void {
    if (this.path === undefined) return;
    const name = nameOf(transition);
    this.waiting.delete(name);
    this.waiting.set(name, transition);
    this.proceed();
  }

  /** Resolves when all have ended, or their time is over; those that still run are ended then. */
  async close(patienceMs: number): Promise<void> {
    if (this.waiting.size > 0 || this.running.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      const idle = new Promise<void>((resolve) => {
        this.whenIdle = resolve;
        timer = setTimeout(resolve, patienceMs);
      });
      await idle;
      clearTimeout(timer);
    }
    this.waiting.clear();
    for (const child of this.running.values()) signal(child, "SIGKILL");
  }

  private proceed(): void {
    for (const [name, transition] of this.waiting) {
      if (this.running.size >= mostAtOnce) return;
      if (this.running.has(name)) continue;
      this.waiting.delete(name);
      this.run(name, transition);
    }
    if (this.running.size === 0) this.whenIdle?.();
  }

  /** Checked anew each time: the file may have been changed since the last. */
  private run(name: string, transition: HookTransition): void {
    const { path } = this;
    if (path === undefined) return;
    try {
      const file = checkProgram(path);
      const argv = ["carp", name, transition.to];
      const options = {
        argv0: path,
        cwd: "/",
        detached: true,
        stdio: "ignore",
        env: variables(transition),
      } as const;
      this.watch(name, spawn(file, argv, options));
      this.lastTrouble = "";
    } catch (error) {
      this.complain(
        error instanceof OperatorError ? error.message : `the hook ${path} cannot be run: ${error}`,
      );
    }
  }

  private watch(name: string, child: ChildProcess): void {
    this.running.set(name, child);
    let isLate = false;
    const terminate = setTimeout(() => {
      isLate = true;
      this.timeouts++;
      this.log(
        "warning",
        `the hook for ${name} has not ended after ${this.patience.terminateMs / 1000} s: it is ended`,
      );
      signal(child, "SIGTERM");
    }, this.patience.terminateMs);
    const kill = setTimeout(() => signal(child, "SIGKILL"), this.patience.killMs);
    let isOver = false;
    const finish = (trouble: string | undefined): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(terminate);
      clearTimeout(kill);
      this.running.delete(name);
      // What it has started and left behind goes with it.
      if (isLate) signal(child, "SIGKILL");
      if (trouble !== undefined) this.log("warning", `the hook for ${name} ${trouble}`);
      this.proceed();
    };
    child.once("error", (error) => finish(`cannot be run: ${error.message}`));
    child.once("exit", (code) => finish(code === null || code === 0 ? undefined : `ended with code ${code}`));
  }

  /** The same trouble is told once. */
  private complain(trouble: string): void {
    if (trouble !== this.lastTrouble) this.log("error", trouble);
    this.lastTrouble = trouble;
  }
}

function nameOf({ vhid, interface: name }: HookTransition): string {
  return `${vhid}@${name}`;
}

function variables(transition: HookTransition): Record<string, string> {
  return {
    ...environment,
    CARP_VHID: String(transition.vhid),
    CARP_INTERFACE: transition.interface,
    CARP_STATE: transition.to,
    CARP_FROM: transition.from,
    CARP_REASON: transition.reason,
    CARP_PEER: transition.peer ?? "",
    CARP_AT: transition.at,
  };
}

/** To the hook and whatever it has started: they are one process group. */
function signal({ pid }: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It has just ended.
  }
}
