import type { Writable } from "node:stream";
import { wallClockMs } from "./clock.ts";

/** The most that waits for a reader, in bytes; what comes after it is dropped and counted. */
const queueCapacity = 256 * 1024;

/**
 * Writes lines to a stream and never waits for its reader: a pipe that nobody empties costs lines, not time. A
 * stream that fails (its reader has gone) is given up silently.
 */
export class LogWriter {
  private readonly stream: Writable;
  private readonly capacity: number;
  private unreported = 0;
  private total = 0;

  constructor(stream: Writable, capacity: number = queueCapacity) {
    this.stream = stream;
    this.capacity = capacity;
    stream.on("error", () => undefined);
  }

  /** Lines that were dropped since the start. */
  get dropped(): number {
    return this.total;
  }

  /** One line, without its end: the time, `carp:`, and the text. */
  write(text: string, time: Date = new Date(wallClockMs())): void {
    if (!this.stream.writable || this.stream.writableLength >= this.capacity) {
      this.unreported++;
      this.total++;
      return;
    }
    if (this.unreported > 0) {
      this.stream.write(`${formatTime(time)} carp: ${this.unreported} log lines were dropped\n`);
      this.unreported = 0;
    }
    this.stream.write(`${formatTime(time)} carp: ${printable(text)}\n`);
  }
}

/**
 * The text as one line that moves no cursor: whatever is no character to be seen is written as `\xNN` or `\u{NNNN}`, so
 * that neither the name of an interface nor an error can forge a line of a log. Tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) => {
    const digits = (character.codePointAt(0) ?? 0).toString(16).padStart(2, "0");
    return digits.length > 2 ? `\\u{${digits}}` : `\\x${digits}`;
  });
}

/** Local time with milliseconds, `2026-11-22T12:01:07.336`. */
export function formatTime(time: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
  return `${day}T${clock}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}
