/**
 * Seeded chance. Every kind of fault draws from a stream of its own, so that a change to one kind leaves the draws of
 * all others as they were. The generator is sfc32 (Chris Doty-Humphrey's PractRand).
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  /** The stream `name` of that seed, a whole number below 2^53. */
  constructor(seed: number, name: string) {
    this.a = seed >>> 0;
    this.b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    let hash = 0x811c9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
    this.c = hash >>> 0;
    for (let round = 0; round < 15; round++) this.next();
  }

  /** 32 random bits. */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (this.c << 21) | (this.c >>> 11);
    this.c = (this.c + sum) | 0;
    return sum >>> 0;
  }

  /** From 0 up to 1, without 1. */
  unit(): number {
    return this.next() / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** A whole number from 0 up to `limit`, without it. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** A whole number from `least` up to `limit`, without it. */
  between(least: number, limit: number): number {
    return least + this.below(limit - least);
  }

  /** As many short ones as long ones, by their order of magnitude. */
  logBetween(least: number, limit: number): number {
    return Math.floor(least * (limit / least) ** this.unit());
  }

  /** The waiting time of a Poisson process, a whole number. */
  exponential(mean: number): number {
    return Math.ceil(-Math.log(1 - this.unit()) * mean);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** The same things in another order. */
  shuffled<T>(things: readonly T[]): T[] {
    const order = [...things];
    for (let at = order.length - 1; at > 0; at--) {
      const other = this.below(at + 1);
      [order[at], order[other]] = [order[other], order[at]];
    }
    return order;
  }

  bits64(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}
