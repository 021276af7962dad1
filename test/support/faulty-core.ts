import { Core } from "../../host/core/core.ts";
import { anotherInstance, type CoreExports, instantiate } from "../../host/core/load.ts";

/** The calls that a node makes while it runs. */
export const coreCalls = [
  "handleFrames",
  "handleTimeout",
  "handleCommand",
  "handleSent",
  "pollTransmit",
  "pollTimeout",
  "pollEvents",
] as const;
export type CoreCall = (typeof coreCalls)[number];

export interface FaultyCore {
  readonly core: Core;
  /** How many instances there have been. */
  readonly instances: number;
  /** The next such call traps in WebAssembly, or the next `times`; those of later instances count as well. */
  trap(call: CoreCall, times?: number): void;
}

/** The tables of a few virtual hosts, the code's constants, and what lies between them. */
const rubbishBytes = 13 * 2 ** 20;

/** A core whose calls can be made to trap, and whose memory is full of rubbish once one has. */
export function createFaultyCore(): FaultyCore {
  const planned = new Map<CoreCall, number>();
  const { trap } = instantiateTrap();
  let instances = 0;
  let real: CoreExports = instantiate();
  const faulty = (exports: CoreExports): CoreExports => {
    instances++;
    const calls = coreCalls.map((name) => {
      const call = exports[name] as (...values: unknown[]) => unknown;
      const trapping = (...values: unknown[]): unknown => {
        const times = planned.get(name) ?? 0;
        if (times === 0) return call(...values);
        planned.set(name, times - 1);
        new Uint8Array(exports.memory.buffer, 0, rubbishBytes).fill(0xa5);
        return trap();
      };
      return [name, trapping];
    });
    return { ...exports, memory: exports.memory, ...Object.fromEntries(calls) } as CoreExports;
  };
  const core = new Core(faulty(real), () => {
    real = anotherInstance(real);
    return faulty(real);
  });
  return {
    core,
    get instances() {
      return instances;
    },
    trap: (call, times = 1) => void planned.set(call, times),
  };
}

/** (module (func (export "trap") unreachable)) */
function instantiateTrap(): { trap(): never } {
  const bytes = Buffer.from("0061736d0100000001040160000003020100070801047472617000000a05010300000b", "hex");
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  return exports as { trap(): never };
}
