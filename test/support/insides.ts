import { fileURLToPath } from "node:url";
import { RECEIVE_OFFSET } from "../../assembly/abi.ts";
import { instantiate } from "../../host/core/load.ts";

/** The core that also exports its insides; assembly/testing.ts describes the functions. */
export const testingPath = fileURLToPath(new URL("../../build/testing.wasm", import.meta.url));

/** Functions of assembly/testing.ts that take and give numbers, the memory, and a free area of it. */
export interface Insides {
  readonly memory: Uint8Array;
  /** Tests lay out their data from here on: the receive ring, 320 KiB. */
  readonly free: number;
  call(name: string, ...argv: readonly (number | bigint)[]): number;
  callWide(name: string, ...argv: readonly (number | bigint)[]): bigint;
}

export function openInsides(): Insides {
  const exports = instantiate(testingPath);
  const find = (name: string) => exports[name] as (...argv: readonly (number | bigint)[]) => unknown;
  return {
    memory: new Uint8Array(exports.memory.buffer),
    free: RECEIVE_OFFSET,
    call: (name, ...argv) => find(name)(...argv) as number,
    callWide: (name, ...argv) => find(name)(...argv) as bigint,
  };
}
