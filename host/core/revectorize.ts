import { setFlagsFromString } from "node:v8";
import { OperatorError } from "../errors.ts";
import { type CoreExports, instantiate } from "./load.ts";

/** What came of asking V8 to make one vector of eight lanes of two of four. */
export interface Revectorized {
  readonly exports: CoreExports;
  /** Why the core runs without it, or undefined. */
  readonly warning: string | undefined;
}

const flag = "experimental-wasm-revectorize";
/** The first release line of Node whose V8 has the flag and was seen to compute rightly with it. */
const firstMajor = 24;

/**
 * Instantiates the core with V8's revectorizer on, for the whole process, and has it pass its self-test for `warmUpMs`
 * milliseconds, so after its code was optimised. Where V8 has no such flag, or the answers are wrong, the core comes
 * without it, and with a warning.
 */
export function instantiateRevectorized(warmUpMs: number, major = nodeMajor()): Revectorized {
  if (major < firstMajor) {
    const warning = `--revectorize needs Node ${firstMajor} or newer, and this is ${process.version}: running without it`;
    return { exports: instantiate(undefined, warmUpMs), warning };
  }
  setFlagsFromString(`--${flag}`);
  try {
    return { exports: instantiate(undefined, warmUpMs, flag), warning: undefined };
  } catch (error) {
    setFlagsFromString(`--no-${flag}`);
    if (!(error instanceof OperatorError)) throw error;
    const warning = `--revectorize makes this V8 compute wrongly (${error.message}): running without it`;
    return { exports: instantiate(undefined, warmUpMs), warning };
  }
}

function nodeMajor(): number {
  return Number(process.versions.node.split(".")[0]);
}
