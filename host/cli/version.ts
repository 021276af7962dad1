import { ExitCode } from "../errors.ts";
import { readPackage } from "../version.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp version`: the version of the package and of Node; as JSON with `--json`. */
export const runVersion: RunCommand = async (given, { out }) => {
  const { name, version } = readPackage();
  const about = { name, version, node: process.versions.node };
  out.write(given.has("json") ? `${JSON.stringify(about)}\n` : `carp ${version} (Node ${about.node})\n`);
  return ExitCode.Ok;
};
