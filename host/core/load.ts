import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import { ABI_VERSION } from "../../assembly/abi.ts";
import { monotonicMs } from "../clock.ts";
import { ExitCode, OperatorError } from "../errors.ts";

/** The functions that the core exports; `assembly/index.ts` describes them. */
export interface CoreExports extends Record<string, unknown> {
  readonly memory: { readonly buffer: ArrayBuffer };
  abiVersion(): number;
  laneCount(): number;
  selftest(): number;
  reset(nowNs: bigint, counterBase: bigint): void;
  handleFrames(nowNs: bigint, count: number): void;
  handleTimeout(nowNs: bigint): void;
  handleCommand(nowNs: bigint): number;
  handleSent(nowNs: bigint, count: number): void;
  pollTransmit(): number;
  pollTimeout(): bigint;
  pollEvents(): number;
  verifyFrames(count: number): void;
}

/** The two builds of the core: eight HMACs at a time with SIMD, or one. */
export type Variant = "simd" | "baseline";

const fileNames: Readonly<Record<Variant, string>> = { simd: "carp.wasm", baseline: "carp.baseline.wasm" };

/** A module's file: beside the compiled host, or in the build folder of the sources. */
export function modulePath(variant: Variant = "simd"): string {
  const folder = import.meta.url.endsWith(".js") ? "../.." : "../../build";
  return fileURLToPath(new URL(`${folder}/${fileNames[variant]}`, import.meta.url));
}

/**
 * Compiles and instantiates the core, synchronously, and has it pass its known answers: once, or for `warmUpMs`
 * milliseconds, after which its code runs as fast as it will. Without a `path`, the build with SIMD where the
 * processor has it. With a `label`, a custom section, the engine takes it for a module of its own, and gives it no code
 * that was compiled for another, under other flags.
 * @throws OperatorError where the file is missing, of another version, or computes wrongly on this machine.
 */
export function instantiate(path: string = bestPath(), warmUpMs = 0, label?: string): CoreExports {
  const { exports, module } = instantiateSync<CoreExports>(labelled(readModule(path), label), {});
  modules.set(exports, module);
  if (exports.abiVersion() !== ABI_VERSION) {
    throw new OperatorError(ExitCode.Failed, `${path} has another ABI version: rebuild with npm run build`);
  }
  const end = monotonicMs() + warmUpMs;
  do {
    const failed = exports.selftest();
    if (failed === 0) continue;
    const runtime = `Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.arch}`;
    throw new OperatorError(
      ExitCode.Failed,
      `the core's self-test ${failed} failed on ${runtime}: not starting`,
    );
  } while (monotonicMs() < end);
  return exports;
}

const modules = new WeakMap<CoreExports, WebAssembly.Module>();

/**
 * Another instance of the module that `exports` is one of: with a memory of its own, and the code that the engine has
 * compiled, whatever has become of the file. @throws OperatorError where it computes wrongly.
 */
export function anotherInstance(exports: CoreExports): CoreExports {
  const module = modules.get(exports);
  if (module === undefined) throw new Error("these exports are of no module that was instantiated here");
  const another = instantiateSync<CoreExports>(module, {}).exports;
  modules.set(another, module);
  const failed = another.selftest();
  if (failed !== 0) throw new OperatorError(ExitCode.Failed, `the core's self-test ${failed} failed`);
  return another;
}

/** Appends an empty custom section (WebAssembly 1.0 §5.5.3) of that name, of at most 100 characters. */
function labelled(module: Buffer<ArrayBuffer>, label: string | undefined): Buffer<ArrayBuffer> {
  if (label === undefined) return module;
  const name = Buffer.from(label);
  return Buffer.concat([module, Uint8Array.of(0, name.length + 1, name.length), name]);
}

/** Whether this processor and engine can run a build of the core. */
export function canRun(variant: Variant): boolean {
  return WebAssembly.validate(readModule(modulePath(variant)));
}

function bestPath(): string {
  return modulePath(canRun("simd") ? "simd" : "baseline");
}

function readModule(path: string): Buffer<ArrayBuffer> {
  if (existsSync(path)) return readFileSync(path);
  throw new OperatorError(ExitCode.Failed, `${path} is missing: build it with npm run build`);
}
