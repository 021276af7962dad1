export declare const corpusFolder: string;

export interface Target {
  readonly source: string;
  readonly flags: readonly string[];
  /** The longest input that it can use. */
  readonly longest: number;
  /** Its share of a run of so many executions. */
  readonly weight: number;
}

export declare const targets: Readonly<Record<string, Target>>;

/** What is missing for fuzzing on this machine, or undefined. */
export declare function missingTools(): string | undefined;

export declare function buildFuzzers(
  folder: string,
  names: readonly string[],
  options?: { readonly sources?: string; readonly coverage?: boolean },
): Promise<Record<string, string>>;

/** A module without its custom sections. */
export declare function withoutNames(module: Uint8Array): Buffer;
