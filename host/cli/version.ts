import { existsSync, readFileSync } from "node:fs";
import { ExitCode } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp version`: the version of the package and of Node; as JSON with `--json`. */
export const runVersion: RunCommand = async (given, { out }) => {
  const { name, version } = readPackage();
  const about = { name, version, node: process.versions.node };
  out.write(given.has("json") ? `${JSON.stringify(about)}\n` : `carp ${version} (Node ${about.node})\n`);
  return ExitCode.Ok;
};

/** The package's file, next to the build folder or to the sources. */
function readPackage(): { readonly name: string; readonly version: string } {
  const compiled = new URL("../../../package.json", import.meta.url);
  const file = existsSync(compiled) ? compiled : new URL("../../package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}
