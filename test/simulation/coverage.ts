/** What has happened, and how often. */
export class Coverage {
  readonly counts = new Map<string, number>();

  count(what: string, times = 1): void {
    if (times > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** Adds what happened in another run. */
  merge(other: Coverage): void {
    for (const [what, times] of other.counts) this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  /** Those of a list that have never happened. */
  missing(wanted: readonly string[]): string[] {
    return wanted.filter((what) => !this.counts.has(what));
  }
}
