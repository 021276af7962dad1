/** A fault to plant: a text that stands once in a file of assembly/, and what stands there instead. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

export const mutants: readonly Mutant[] = [
  {
    name: "a master never yields",
    file: "protocol/state.ts",
    text: "if (ownRank(instance) >= peer) enterBackup(instance, Reason.MoreFrequentAdvertisement);",
    replacement: "if (false) enterBackup(instance, Reason.MoreFrequentAdvertisement);",
  },
];
