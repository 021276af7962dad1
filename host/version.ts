import { existsSync, readFileSync } from "node:fs";

/** What the package's file says, which lies next to the build folder or to the sources. */
export function readPackage(): { readonly name: string; readonly version: string } {
  const compiled = new URL("../../package.json", import.meta.url);
  const file = existsSync(compiled) ? compiled : new URL("../package.json", import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}
