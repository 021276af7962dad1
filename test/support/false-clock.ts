import { execFileSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requireOrSkip } from "./require.ts";

/** A wall clock that programs see, and that is set while they run. */
export interface FalseClock {
  /** What goes in front of the program. */
  readonly prefix: readonly string[];
  /** From now on it differs from the true one by that much. */
  set(offsetMs: number): void;
  close(): void;
}

const source = fileURLToPath(new URL("./false-clock.c", import.meta.url));

/** Needs a C compiler; `folder` is the test's. */
export function createFalseClock(folder: string, skip: (reason: string) => void): FalseClock {
  const library = join(folder, "false-clock.so");
  const page = join(folder, `clock-${++count}`);
  let trouble = "";
  try {
    execFileSync("cc", ["-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, source], {
      stdio: "pipe",
    });
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  requireOrSkip(trouble === "", `there is no C compiler: ${trouble}`, skip);
  const file = openSync(page, "w", 0o644);
  const bytes = Buffer.alloc(8);
  const set = (offsetMs: number): void => {
    bytes.writeBigInt64LE(BigInt(Math.round(offsetMs)));
    writeSync(file, bytes, 0, 8, 0);
  };
  set(0);
  return {
    prefix: ["env", `LD_PRELOAD=${library}`, `CARP_FALSE_CLOCK=${page}`],
    set,
    close: () => closeSync(file),
  };
}

let count = 0;
