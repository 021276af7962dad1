/** For how long nobody, and more than one, of our nodes has had the addresses. Times are nanoseconds. */
export class Ownership {
  owners = 0;
  private noneNs = 0;
  private severalNs = 0;
  private since = 0;

  /** Somebody has them from now on, or has them no more. */
  change(now: number, has: boolean): void {
    this.count(now);
    this.owners += has ? 1 : -1;
  }

  /** What has come together since the last reading. */
  take(now: number): { readonly noneNs: number; readonly severalNs: number } {
    this.count(now);
    const taken = { noneNs: this.noneNs, severalNs: this.severalNs };
    this.noneNs = 0;
    this.severalNs = 0;
    return taken;
  }

  private count(now: number): void {
    if (this.owners === 0) this.noneNs += now - this.since;
    if (this.owners > 1) this.severalNs += now - this.since;
    this.since = now;
  }
}
