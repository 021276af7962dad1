import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { ExitCode, OperatorError } from "../errors.ts";

/** The longest pass phrase in bytes (protocol §2.2). */
export const PASS_MAXIMUM = 20;

const credentialPrefix = "credential:";

/**
 * The path that a word for a pass phrase's file means: `credential:NAME` is the credential of that name that the service
 * manager has laid out for this process (systemd.exec(5), LoadCredential=). Throws OperatorError (Configuration) where
 * there are none.
 */
export function locatePassFile(word: string, folder = process.env.CREDENTIALS_DIRECTORY): string {
  if (!word.startsWith(credentialPrefix)) return word;
  const name = word.slice(credentialPrefix.length);
  if (name === "" || name.includes("/") || name.startsWith("."))
    refuse(`${word} names no credential: it is credential:NAME`);
  if (folder === undefined || folder === "")
    refuse(`${word}: this process has no credentials: LoadCredential=${name}:FILE in the unit gives it one`);
  return join(folder, name);
}

/**
 * The first line of a file, without its end, as the bytes of a pass phrase: 1..20 of them. Throws OperatorError
 * (Configuration) when the file cannot be read, when its group can write it or others can read or write it, and
 * when there is no pass phrase of a possible length in it. No message holds what the file holds.
 */
export function readPassFile(path: string): Uint8Array {
  const descriptor = open(path);
  const buffer = Buffer.alloc(1024);
  try {
    const status = fstatSync(descriptor);
    if (status.isDirectory()) refuse(`${path} is a directory, not a file with a pass phrase`);
    if ((status.mode & 0o006) !== 0) refuse(`${path} can be read by others: chmod 600 ${path}`);
    if ((status.mode & 0o020) !== 0) refuse(`${path} can be written by its group: chmod 600 ${path}`);
    return checkPass(`in ${path}`, readLine(descriptor, buffer));
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    return refuse(`${path} cannot be read: ${explain(error)}`);
  } finally {
    closeSync(descriptor);
    buffer.fill(0);
  }
}

/** A pass phrase of 1..20 bytes, none of them zero, as bytes of its own. `place` is where it was given. */
export function checkPass(place: string, line: Uint8Array): Uint8Array {
  if (line.length === 0) refuse(`there is no pass phrase ${place}: the first line is empty`);
  if (line.length >= 1000)
    refuse(`the first line ${place} is too long; a CARP pass phrase has at most ${PASS_MAXIMUM} bytes`);
  if (line.length > PASS_MAXIMUM)
    refuse(
      `the pass phrase ${place} is ${line.length} bytes; a CARP pass phrase has at most ${PASS_MAXIMUM}`,
    );
  if (line.includes(0)) refuse(`the pass phrase ${place} holds a zero byte`);
  return Uint8Array.from(line);
}

/** What a failed file operation says to an operator. */
export function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "it is a directory";
  return typeof code === "string" ? code : "unknown error";
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    return refuse(`${path} cannot be read: ${explain(error)}`);
  }
}

/** Fills the buffer up to the end of the first line and returns that line as a view of it. */
function readLine(descriptor: number, buffer: Buffer): Uint8Array {
  let length = 0;
  while (length < buffer.length && !buffer.subarray(0, length).includes(0x0a)) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  const newline = buffer.subarray(0, length).indexOf(0x0a);
  let end = newline < 0 ? length : newline;
  if (end > 0 && buffer[end - 1] === 0x0d) end--;
  return buffer.subarray(0, end);
}

function refuse(message: string): never {
  throw new OperatorError(ExitCode.Configuration, message);
}
