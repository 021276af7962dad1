import type { Lab } from "../../host/demo/lab.ts";

/** How long nobody, and how long both hosts, had an address or answered for it. */
export interface Durations {
  readonly noneMs: number;
  readonly bothMs: number;
  readonly longestNoneMs: number;
}

export interface Eyes {
  readonly advertisements: readonly { readonly at: number; readonly host: "a" | "b" }[];
  /** 0 nobody, 1 `a`, 2 `b`, 3 both. */
  last(): { readonly having: number; readonly answering: number };
  begin(): void;
  end(since: number): {
    readonly held: Durations;
    readonly answered: Durations;
    readonly longestStepMs: number;
  };
  close(): void;
}

export interface Watch {
  add(lab: Lab, address: string): Eyes;
  close(): void;
}

export function startWatch(): Watch;
