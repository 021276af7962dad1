export interface Subject {
  readonly name: string;
  readonly round: () => number | Promise<number>;
}

export interface Figure {
  readonly ns: number;
  readonly kept: number;
  readonly rounds: number;
}

export function takeTurns(
  subjects: readonly Subject[],
  probe: () => number | Promise<number>,
  limits: { readonly enough: number; readonly limitMs: number },
): Promise<{ readonly figures: ReadonlyMap<string, Figure>; readonly probeNs: number }>;
export function median(values: readonly number[]): number;
