/** What an exit code means to whoever called the program. */
export enum ExitCode {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  NotRunning = 3,
  NoPermission = 4,
  Configuration = 5,
}

/**
 * Trouble that the operator can mend. The message is one line that says what is wrong and what to do;
 * `main.ts` prints it without a stack trace and exits with `code`.
 */
export class OperatorError extends Error {
  readonly code: ExitCode;

  constructor(code: ExitCode, message: string) {
    super(message);
    this.name = "OperatorError";
    this.code = code;
  }
}

/** A system call that failed: `errno` is the kernel's number, `syscall` its name, the message names both. */
export class SystemError extends Error {
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, text: string) {
    super(`${syscall}: ${text} (errno ${errno})`);
    this.name = "SystemError";
    this.errno = errno;
    this.syscall = syscall;
  }
}
