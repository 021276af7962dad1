// The native variants of bench/native: compiled once, then a child process that judges and times on request.
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("native", import.meta.url));

/** What each variant is: for tables, and in short for the plot. */
export const nativeNames = {
  scalar: ["scalar C, saved midstates (-O3 -march=native)", "scalar C, saved midstates"],
  kernel: ["the kernel way in C: contexts copied, three compressions (-O2)", "the kernel way in C"],
  "kernel-unrolled": [
    "the kernel way with scalar C's SHA-1 (-O3 -march=native)",
    "the kernel way, scalar C's SHA-1",
  ],
  "sha-blocks": [
    "SHA instructions behind a function over blocks, one packet at a time",
    "SHA instructions, over blocks",
  ],
  "sha-one": [
    "SHA instructions written into the path, one packet at a time",
    "SHA instructions, in the path",
  ],
  "sha-four": ["SHA instructions, four packets in flight", "SHA instructions, four in flight"],
};

/** The compiler's first line of `--version`, or undefined where there is none. */
export function compilerVersion() {
  try {
    return execFileSync("cc", ["--version"], { encoding: "utf8", stdio: "pipe" }).split("\n")[0];
  } catch {
    return undefined;
  }
}

/** Compiles the program into `target` and returns its path. Optimised as each variant would be in its place. */
export function compileNative(target) {
  mkdirSync(target, { recursive: true });
  const compile = (name, ...flags) => {
    const object = join(target, `${name}${flags.length}.o`);
    execFileSync("cc", [
      "-std=gnu11",
      "-Wall",
      "-Wextra",
      ...flags,
      "-c",
      join(folder, `${name}.c`),
      "-o",
      object,
    ]);
    return object;
  };
  const best = ["-O3", process.arch === "x64" ? "-march=native" : "-mcpu=native"];
  const objects = [
    compile("main", ...best),
    compile("scalar", ...best),
    compile("instructions", ...best),
    compile("kernel", "-O2"),
    compile("kernel", ...best, "-DUNROLLED"),
  ];
  const program = join(target, "verify");
  execFileSync("cc", ["-o", program, ...objects]);
  return program;
}

/** Starts the program; requests are answered in turn. */
export async function startNative(program) {
  const child = spawn(program, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (line) => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`the native program ended at: ${line.slice(0, 60)}`);
    return value.trim();
  };
  const variants = (await ask("variants")).split(" ");
  return {
    /** Those that this processor can run. */
    variants,

    /** Addresses as the digest covers them: ascending, the IPv4 ones first. */
    async setHost({ vhid, key, addresses }) {
      const prefix = Buffer.concat([Uint8Array.of(2, 1, vhid), ...addresses]).toString("hex");
      const has = (length) => (addresses.some((address) => address.length === length) ? 1 : 0);
      await ask(`host ${vhid} ${has(4)} ${has(16)} ${Buffer.from(key).toString("hex") || "-"} ${prefix}`);
    },

    async removeHost(vhid) {
      await ask(`remove ${vhid}`);
    },

    async setFrames(frames) {
      for (const [slot, frame] of frames.entries())
        await ask(`frame ${slot} ${Buffer.from(frame).toString("hex") || "-"}`);
    },

    async verdicts(variant, count) {
      return (await ask(`verdicts ${variant} ${count}`)).split(" ").map(Number);
    },

    /** GHz, as it is now. */
    async clock() {
      return Number(await ask("clock"));
    },

    /** Nanoseconds of CPU time for each frame over `calls` calls. */
    async time(variant, count, calls) {
      return Number(await ask(`time ${variant} ${count} ${calls}`));
    },

    stop() {
      child.stdin.end();
    },
  };
}
