export interface MalformedEntry {
  readonly verdict: string;
  readonly counter: string;
  readonly name: string;
  readonly frame: Buffer;
}

export function rewritten(
  frame: Uint8Array,
  fields: {
    readonly advbase?: number;
    readonly advskew?: number;
    readonly source?: string;
    readonly timeToLive?: number;
  },
): Buffer;
export function authentic(advertisement: {
  readonly vhid: number;
  readonly key: string;
  readonly addresses: readonly Uint8Array[];
  readonly counter: bigint;
  readonly advbase?: number;
  readonly advskew?: number;
  readonly source: string;
}): Buffer;
export function counterAt(milliseconds: number): bigint;
export function tagged(frame: Uint8Array): Buffer;
export function malformed(): MalformedEntry[];
export function spread<Item>(list: readonly Item[], count: number): Item[];
