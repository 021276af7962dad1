import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { checkPass } from "../config/passfile.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** Where keys come from: a terminal that can be told not to show them. */
export interface KeySource extends NodeJS.EventEmitter {
  setRawMode(raw: boolean): unknown;
  resume(): unknown;
  destroy(): unknown;
}

const interrupt = 0x03;
const endOfInput = 0x04;
const backspaces: readonly number[] = [0x08, 0x7f];
const lineEnds: readonly number[] = [0x0a, 0x0d, endOfInput];
/** More than that nobody types; what is too long is told so afterwards. */
const mostBytes = 256;

/** Asks for a pass phrase at the terminal of this process, without showing it. @throws OperatorError without one. */
export async function promptForPass(
  { err }: Pick<Terminal, "err">,
  open: () => KeySource = openTerminal,
): Promise<Uint8Array> {
  const keys = open();
  keys.setRawMode(true);
  err.write("pass phrase: ");
  const typed = Buffer.alloc(mostBytes);
  try {
    return checkPass("that was typed", typed.subarray(0, await readLine(keys, typed)));
  } finally {
    typed.fill(0);
    keys.setRawMode(false);
    keys.destroy();
    err.write("\n");
  }
}

/** Fills the buffer with the line and resolves with its length. */
function readLine(keys: KeySource, typed: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let length = 0;
    keys.on("error", reject);
    keys.on("end", () => resolve(length));
    keys.on("data", (chunk: Buffer) => {
      for (const byte of chunk) {
        if (byte === interrupt) return reject(new OperatorError(ExitCode.Failed, "no pass phrase was given"));
        if (lineEnds.includes(byte)) return resolve(length);
        if (backspaces.includes(byte)) length = Math.max(0, length - 1);
        else if (length < mostBytes) typed[length++] = byte;
      }
      chunk.fill(0);
    });
    keys.resume();
  });
}

/** The terminal itself, wherever stdin comes from. */
function openTerminal(): KeySource {
  try {
    return new ReadStream(openSync("/dev/tty", "r"));
  } catch {
    throw new OperatorError(ExitCode.Usage, "--pass-prompt needs a terminal: use --pass-file");
  }
}
