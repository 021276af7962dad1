import { MINUTE } from "./time.ts";

/** 65 s in the counter's upper half: what is written lies above every counter until the next writing. */
const AHEAD = 65 * 0x1_0000_0000;

/**
 * The file in which a node keeps the counter that no earlier one of its own lies above. Counters are numbers here, which
 * are exact to 2^11 of their 2^16 steps. A disk may lose it, keep an old one, or tear it, which its checksum shows.
 */
export class StateFile {
  private written = 0;
  private earlier = 0;
  private writtenAt = Number.NEGATIVE_INFINITY;
  private isTorn = false;

  /** The counter on the disk, or 0 where there is none that can be read. */
  read(): number {
    return this.isTorn ? 0 : this.written;
  }

  /** Written at most once a minute, ahead of the counters that are sent until then. */
  noteCounter(counter: number, now: number): void {
    if (now - this.writtenAt < MINUTE) return;
    this.write(counter + AHEAD, now);
  }

  writeAtEnd(counter: number): void {
    this.write(counter, Number.NEGATIVE_INFINITY);
  }

  lose(): void {
    this.written = 0;
    this.writtenAt = Number.NEGATIVE_INFINITY;
  }

  /** The disk has an older one than was written. */
  fallBack(): void {
    this.written = this.earlier;
    this.writtenAt = Number.NEGATIVE_INFINITY;
  }

  tear(): void {
    this.isTorn = true;
    this.writtenAt = Number.NEGATIVE_INFINITY;
  }

  private write(counter: number, now: number): void {
    this.earlier = this.written;
    this.written = counter;
    this.writtenAt = now;
    this.isTorn = false;
  }
}
