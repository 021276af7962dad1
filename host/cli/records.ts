import type { LogWriter } from "../log.ts";
import type { NodeController } from "../node/api.ts";
import { RecordFolder } from "../recorder/record-folder.ts";
import { RecordKeeper } from "../recorder/record-keeper.ts";
import { RunFile } from "../recorder/run-file.ts";
import type { Arguments } from "./arguments.ts";

/**
 * Keeps recordings where `--record-dir` says; without it below the first state directory that a service manager gives
 * (systemd.exec(5)), and where there is none, or it is empty, nowhere.
 */
export function keepRecords(
  given: Arguments,
  log: LogWriter,
  node: () => NodeController | undefined,
): RecordKeeper | undefined {
  const state = (process.env.STATE_DIRECTORY ?? "").split(":")[0];
  const path = given.text("record-dir") ?? (state === "" ? "" : `${state}/records`);
  if (path === "") return undefined;
  const folder = new RecordFolder(path, (message) => log.write(`warning: ${message}`));
  return new RecordKeeper(folder, async (occasion) => {
    const recorded = node();
    if (recorded === undefined) throw new Error("the node is not there");
    return recorded.record(occasion);
  });
}

/** The file of `--record-run`, if one is asked for. @throws OperatorError where it cannot be made. */
export function openRun(given: Arguments, log: LogWriter): RunFile | undefined {
  const path = given.text("record-run");
  return path === undefined ? undefined : new RunFile(path, (message) => log.write(`warning: ${message}`));
}
