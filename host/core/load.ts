import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instantiateSync } from "@assemblyscript/loader";
import { ABI_VERSION } from "../../assembly/abi.ts";
import { ExitCode, OperatorError } from "../errors.ts";

/** The functions that the core exports; `assembly/index.ts` describes them. */
export interface CoreExports extends Record<string, unknown> {
  readonly memory: { readonly buffer: ArrayBuffer };
  abiVersion(): number;
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

/** The module's file: beside the compiled host, or in the build folder of the sources. */
export function modulePath(): string {
  const isCompiled = import.meta.url.endsWith(".js");
  return fileURLToPath(new URL(isCompiled ? "../../carp.wasm" : "../../build/carp.wasm", import.meta.url));
}

/**
 * Compiles and instantiates the core, synchronously, and has it pass its known answers.
 * @throws OperatorError where the file is missing, of another version, or computes wrongly on this machine.
 */
export function instantiate(path: string = modulePath()): CoreExports {
  if (!existsSync(path)) {
    throw new OperatorError(ExitCode.Failed, `${path} is missing: build it with npm run build`);
  }
  const { exports } = instantiateSync<CoreExports>(readFileSync(path), {});
  if (exports.abiVersion() !== ABI_VERSION) {
    throw new OperatorError(ExitCode.Failed, `${path} has another ABI version: rebuild with npm run build`);
  }
  const failed = exports.selftest();
  if (failed !== 0) {
    const runtime = `Node ${process.versions.node}, V8 ${process.versions.v8}, ${process.arch}`;
    throw new OperatorError(
      ExitCode.Failed,
      `the core's self-test ${failed} failed on ${runtime}: not starting`,
    );
  }
  return exports;
}
