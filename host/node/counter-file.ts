/** The counters of advertisements across restarts: one small file, so that a clock that was set back repeats none. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";

/** What was read: a counter above all that have been sent, and why there is none. */
export interface KeptCounter {
  /** 0 where nothing is known. */
  readonly counter: bigint;
  readonly problem: string | undefined;
}

const fileName = "counter";
const head = "carp counter 1";
/** A counter is UTC in 1/2^32 s; one that is further ahead than this was made by a clock that was wrong. */
const farthestAhead = 86_400n << 32n;
/** The line is shorter. */
const mostBytes = 256;

export class CounterFile {
  readonly path: string;
  private readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
    this.path = join(directory, fileName);
  }

  /** `utcMs` is the wall clock. A file that is not there is no problem; one that is torn, or absurd, is ignored. */
  read(utcMs: number): KeptCounter {
    let text: string;
    try {
      const bytes = readFileSync(this.path);
      text = bytes.subarray(0, mostBytes).toString("latin1");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return {
        counter: 0n,
        problem: code === "ENOENT" ? undefined : `${this.path} cannot be read (${code})`,
      };
    }
    const counter = parse(text);
    if (counter === undefined) return { counter: 0n, problem: `${this.path} is damaged` };
    const ahead = counter - (BigInt(Math.round(utcMs)) << 32n) / 1000n;
    if (ahead <= farthestAhead) return { counter, problem: undefined };
    const days = Number((ahead >> 32n) / 864n) / 100;
    return { counter: 0n, problem: `${this.path} is ${days} days ahead of the clock` };
  }

  /** After a crash at any moment either the old file is there or the new one. Rejects with what the system says. */
  async write(counter: bigint): Promise<void> {
    const temporary = `${this.path}.new`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(format(counter));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
    const directory = await open(this.directory, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

function format(counter: bigint): string {
  const line = `${head} ${counter.toString(16).padStart(16, "0")}`;
  return `${line} ${digestOf(line)}\n`;
}

function parse(text: string): bigint | undefined {
  const match = /^(carp counter 1 ([\da-f]{16})) ([\da-f]{8})\n$/.exec(text);
  if (match === null || digestOf(match[1]) !== match[3]) return undefined;
  return BigInt(`0x${match[2]}`);
}

/** Tells a torn or damaged line from a whole one; it keeps nobody from writing another. */
function digestOf(line: string): string {
  return createHash("sha256").update(line).digest("hex").slice(0, 8);
}
