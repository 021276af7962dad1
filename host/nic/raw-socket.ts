import { ExitCode, OperatorError } from "../errors.ts";
import { EIO } from "../system/errno.ts";

/** A socket of the package raw-socket, as far as it is used here. */
export interface RawSocket {
  readonly wrap: RawWrap;
  setOption(level: number, option: number, value: Buffer | number, length?: number): void;
  getOption(level: number, option: number, value: Buffer, length: number): number;
  close(): void;
  on(event: "error" | "close", listener: () => void): void;
}

/** The native half of a socket, whose calls are made at once. */
export interface RawWrap {
  recv(buffer: Buffer, done: (buffer: Buffer, length: number) => void): void;
  send(buffer: Buffer, offset: number, length: number, address: string, done: (length: number) => void): void;
  pause(receive: boolean, send: boolean): void;
  on(event: "recvReady", listener: () => void): void;
  removeAllListeners(event: "recvReady"): void;
}

export interface RawModule {
  createSocket(options: { protocol: number; addressFamily: number; bufferSize: number }): RawSocket;
}

/** The package, which is optional. Throws OperatorError where it is not installed or does not load. */
export async function loadRawSocket(): Promise<RawModule> {
  try {
    // The name is a variable, for the compiler need not find an optional dependency.
    const name = "raw-socket";
    const module: { default: RawModule } = await import(name);
    return module.default;
  } catch (error) {
    throw explainLoading(error);
  }
}

/** Why the package cannot be used, and what to do. */
export function explainLoading(error: unknown): OperatorError {
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
  const [reason, remedy] =
    code === "ERR_MODULE_NOT_FOUND"
      ? ["it is not installed", "npm install raw-socket"]
      : message.includes("NODE_MODULE_VERSION")
        ? ["it was built for another version of Node", "npm rebuild raw-socket"]
        : [message.split("\n")[0], "npm install raw-socket"];
  const text = `the raw back end needs the package raw-socket (${reason}): ${remedy}, or use --io packet`;
  return new OperatorError(ExitCode.Failed, text);
}

/** The errno of what the package threw; 0 where there was nothing to read or a signal came. */
export function errnoOf(error: unknown): number {
  return errnos.get(error instanceof Error ? error.message : "") ?? EIO;
}

/** The package hands on the C library's text alone; these are the numbers of the texts that occur. */
const errnos: ReadonlyMap<string, number> = new Map([
  ["Operation not permitted", 1],
  ["Interrupted system call", 0],
  ["No such device or address", 6],
  ["Resource temporarily unavailable", 0],
  ["No such device", 19],
  ["Invalid argument", 22],
  ["Message too long", 90],
  ["Cannot assign requested address", 99],
  ["Network is down", 100],
  ["Network is unreachable", 101],
  ["No buffer space available", 105],
  ["No route to host", 113],
]);
