/** Keeps the counter file up to date while a node runs: on the main thread, so that no disk holds up a packet. */
import type { CounterFile } from "./counter-file.ts";
import { type Log, messageOf } from "./log.ts";

/** What a node knows of its counters. */
export interface Counters {
  /** The largest that was sent, or may have been before the start. */
  readonly largest: bigint;
  /** Above all that will be sent within the next minute. */
  readonly reserved: bigint;
}

const periodMs = 60_000;
/** How long a disk that does not answer may hold up the end of a node. */
const patienceMs = 1000;

export class CounterKeeper {
  private readonly file: Pick<CounterFile, "path" | "write">;
  private readonly log: Log;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;
  private hasFailed = false;

  constructor(file: Pick<CounterFile, "path" | "write">, log: Log) {
    this.file = file;
    this.log = log;
  }

  /** Writes now, and once a minute, what is reserved then. */
  start(ask: () => Promise<Counters>): void {
    const keep = async (): Promise<void> => {
      if (this.writing !== undefined) return;
      try {
        this.write((await ask()).reserved);
      } catch {
        // The node is ending: what was reserved last holds.
      }
    };
    void keep();
    this.timer = setInterval(() => void keep(), periodMs);
    this.timer.unref();
  }

  /** Writes the counter that was sent last; resolves when it is there, or when that takes too long. */
  async finish({ largest }: Counters): Promise<void> {
    clearInterval(this.timer);
    const patience = new Promise<void>((resolve) => setTimeout(resolve, patienceMs).unref());
    await Promise.race([this.writing, patience]);
    if (this.writing !== undefined) return;
    this.write(largest);
    await Promise.race([this.writing, patience]);
  }

  /** The node has ended by itself. */
  abandon(): void {
    clearInterval(this.timer);
  }

  /** Trouble is told once, until it is over. */
  private write(counter: bigint): void {
    this.writing = this.file.write(counter).then(
      () => {
        this.writing = undefined;
        if (this.hasFailed) this.log("info", `${this.file.path} is written again`);
        this.hasFailed = false;
      },
      (error) => {
        this.writing = undefined;
        if (!this.hasFailed) this.log("warning", `the counters are not kept: ${messageOf(error)}`);
        this.hasFailed = true;
      },
    );
  }
}
