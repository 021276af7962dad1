import { parseAssignment, sysctls } from "../config/sysctl.ts";
import { readSysctl, writeSysctl } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp sysctl`: FreeBSD's output. Nothing is written before every argument has been understood. */
export const runSysctl: RunCommand = async (given, { out }) => {
  const path = given.text("socket") ?? defaultSocket;
  const texts = given.words.length > 0 ? given.words : sysctls.map(({ name }) => name);
  for (const { name, value } of texts.map(parseAssignment)) {
    if (value === undefined) out.write(`${name}: ${await readSysctl(path, name)}\n`);
    else {
      const write = await writeSysctl(path, name, value);
      out.write(`${name}: ${write.old} -> ${write.value}\n`);
    }
  }
  return ExitCode.Ok;
};
