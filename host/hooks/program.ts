import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { ExitCode, OperatorError } from "../errors.ts";

/**
 * Whether a hook may be run: a program that nobody but root and the node's own user can have put there or can change,
 * nor any folder on the way to it. Returns the file itself, behind symbolic links. @throws OperatorError
 */
export function checkProgram(path: string): string {
  const refuse = (reason: string): OperatorError =>
    new OperatorError(ExitCode.Configuration, `the hook ${path} ${reason}`);
  if (!isAbsolute(path)) throw refuse("is no absolute path: begin it with /");
  let file: string;
  try {
    file = realpathSync(path);
  } catch (error) {
    throw refuse(`cannot be used: ${(error as NodeJS.ErrnoException).code}`);
  }
  const status = statSync(file);
  if (!status.isFile()) throw refuse("is no file");
  if ((status.mode & 0o111) === 0) throw refuse(`is no program: chmod 755 ${path}`);
  if ((status.mode & 0o022) !== 0) throw refuse(`can be changed by others: chmod go-w ${path}`);
  if (!isTrusted(status.uid)) throw refuse(`belongs to another user: chown root ${path}`);
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const { mode, uid } = statSync(folder);
    const isSticky = (mode & 0o1000) !== 0;
    if (!isTrusted(uid) || ((mode & 0o022) !== 0 && !isSticky))
      throw refuse(`can be replaced by others, who may write to ${folder}: chown root, chmod go-w`);
    if (folder === dirname(folder)) return file;
  }
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.getuid?.();
}
