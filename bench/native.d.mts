import type { BenchHost } from "../host/cli/benchframes.ts";

export const nativeNames: Readonly<Record<string, readonly [long: string, short: string]>>;
export function compilerVersion(): string | undefined;
export function compileNative(target: string): string;
export function startNative(program: string): Promise<{
  readonly variants: readonly string[];
  setHost(host: BenchHost): Promise<void>;
  removeHost(vhid: number): Promise<void>;
  setFrames(frames: readonly Uint8Array[]): Promise<void>;
  verdicts(variant: string, count: number): Promise<number[]>;
  clock(): Promise<number>;
  time(variant: string, count: number, calls: number): Promise<number>;
  stop(): void;
}>;
