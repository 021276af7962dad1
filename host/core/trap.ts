import type { CoreExports } from "./load.ts";

/** A call into the core did not return: what its memory holds can be relied on no more. */
export class CoreTrap extends Error {
  constructor(call: string, cause: unknown) {
    super(`${call}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "CoreTrap";
  }
}

/** The same functions; whatever one of them throws, a trap of WebAssembly above all, becomes a CoreTrap. */
export function trapping(wasm: CoreExports): CoreExports {
  return {
    memory: wasm.memory,
    abiVersion: guarded(wasm, "abiVersion"),
    laneCount: guarded(wasm, "laneCount"),
    selftest: guarded(wasm, "selftest"),
    reset: guarded(wasm, "reset"),
    handleFrames: guarded(wasm, "handleFrames"),
    handleTimeout: guarded(wasm, "handleTimeout"),
    handleCommand: guarded(wasm, "handleCommand"),
    handleSent: guarded(wasm, "handleSent"),
    pollTransmit: guarded(wasm, "pollTransmit"),
    pollTimeout: guarded(wasm, "pollTimeout"),
    pollEvents: guarded(wasm, "pollEvents"),
    verifyFrames: guarded(wasm, "verifyFrames"),
  };
}

type CallName =
  | "abiVersion"
  | "laneCount"
  | "selftest"
  | "reset"
  | "handleFrames"
  | "handleTimeout"
  | "handleCommand"
  | "handleSent"
  | "pollTransmit"
  | "pollTimeout"
  | "pollEvents"
  | "verifyFrames";

/** No call takes more than two arguments, and those that take fewer do not look at the rest. */
function guarded<Name extends CallName>(wasm: CoreExports, name: Name): CoreExports[Name] {
  const call = wasm[name] as (one?: unknown, other?: unknown) => unknown;
  const guardedCall = (one?: unknown, other?: unknown): unknown => {
    try {
      return call(one, other);
    } catch (error) {
      throw new CoreTrap(name, error);
    }
  };
  return guardedCall as CoreExports[Name];
}
