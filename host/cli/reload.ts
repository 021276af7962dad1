import { reload } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp reload`: as SIGHUP, but the warnings and errors come back. */
export const runReload: RunCommand = async (given, { err }) => {
  const warnings = await reload(given.text("socket") ?? defaultSocket);
  for (const warning of warnings) err.write(`${warning}\n`);
  return ExitCode.Ok;
};
