export interface WelchResult {
  /** The share of the quickest that was looked at. */
  readonly share: number;
  readonly count: number;
  readonly means: readonly [number, number];
  /** |t| */
  readonly t: number;
}

export class Welch {
  add(kind: 0 | 1, time: number): void;
  results(): WelchResult[];
}
