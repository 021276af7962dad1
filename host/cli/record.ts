import { writeFile } from "node:fs/promises";
import { readRecording } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp record`: writes what the flight recorder of a running node remembers to a file, or to a pipe. */
export const runRecord: RunCommand = async (given, { out, err }) => {
  const [file] = given.words;
  if (file === undefined && out.isTTY === true)
    throw new OperatorError(
      ExitCode.Usage,
      "a recording is no text: name a file, or a program that reads it",
    );
  const recording = await readRecording(given.text("socket") ?? defaultSocket);
  if (file === undefined) {
    await new Promise<void>((resolve) => out.write(recording, () => resolve()));
    return ExitCode.Ok;
  }
  try {
    await writeFile(file, recording, { mode: 0o640 });
  } catch (error) {
    throw new OperatorError(ExitCode.Failed, `${file} cannot be written: ${(error as Error).message}`);
  }
  err.write(`${file}: ${recording.length} bytes; read it with tshark -r ${file}, or with Wireshark\n`);
  return ExitCode.Ok;
};
