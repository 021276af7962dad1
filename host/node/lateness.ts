/** How late the node was at its deadlines, in milliseconds. */
export interface LatenessSummary {
  /** Deadlines that have been run. */
  readonly count: number;
  /** Upper bounds, of half of them, 99 % and 99.9 %: at most a fifth above the true value. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Four buckets for every doubling, from a microsecond to more than an hour. */
const bucketsPerDoubling = 4;
const bucketCount = 32 * bucketsPerDoubling;

/** A histogram of lateness in fixed memory: noting one allocates nothing. */
export class Lateness {
  private readonly buckets = new Float64Array(bucketCount);
  private count = 0;
  private maxMs = 0;

  note(lateNs: bigint): void {
    const lateMs = Number(lateNs) / 1e6;
    const position = Math.ceil(Math.log2(Math.max(1, lateMs * 1000)) * bucketsPerDoubling);
    this.buckets[Math.min(bucketCount - 1, position)]++;
    this.count++;
    if (lateMs > this.maxMs) this.maxMs = lateMs;
  }

  summary(): LatenessSummary {
    const bound = (share: number): number => Math.min(this.maxMs, rounded(this.boundOf(share)));
    return {
      count: this.count,
      p50: bound(0.5),
      p99: bound(0.99),
      p999: bound(0.999),
      max: rounded(this.maxMs),
    };
  }

  /** The upper end of the bucket up to which that share of all lies. */
  private boundOf(share: number): number {
    let rest = this.count * share;
    for (let position = 0; position < bucketCount; position++) {
      rest -= this.buckets[position];
      if (rest <= 1e-9) return 2 ** (position / bucketsPerDoubling) / 1000;
    }
    return this.maxMs;
  }
}

/** Microseconds. */
function rounded(milliseconds: number): number {
  return Math.ceil(milliseconds * 1000) / 1000;
}
