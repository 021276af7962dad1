/** A 64-bit hash of all that went into the stations and came out of them. Two runs with the same one were the same. */
export class Fingerprint {
  private low = 0x811c9dc5;
  private high = 0x9e3779b9;

  /** Takes in 32 bits. */
  add(word: number): void {
    this.low = Math.imul(this.low ^ word, 0x01000193);
    this.high = Math.imul((this.high << 13) ^ (this.high >>> 19) ^ word, 0x85ebca6b);
  }

  /** Takes in a time, or another whole number below 2^53. */
  addTime(time: number): void {
    this.add(time | 0);
    this.add((time / 0x1_0000_0000) | 0);
  }

  /** 16 hexadecimal digits. */
  text(): string {
    return (hex(mix(this.high ^ this.low)) + hex(mix(this.low))).toLowerCase();
  }
}

/** The finish of MurmurHash3: every bit counts for every other. */
function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
