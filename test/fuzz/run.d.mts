export interface FuzzLimits {
  readonly runs?: number;
  readonly seconds?: number;
  readonly seed?: number;
  /** Where inputs are taken from and new ones go. */
  readonly corpus: string;
  /** Where the inputs that show something wrong go. */
  readonly findings: string;
}

export interface FuzzResult {
  readonly target: string;
  readonly executions: number;
  /** By the processor's time, whoever else used the machine meanwhile. */
  readonly executionsPerCpuSecond: number;
  readonly edges: number;
  readonly finding?: { readonly file: string | undefined; readonly words: string };
}

export declare function fuzz(program: string, target: string, limits: FuzzLimits): Promise<FuzzResult>;
