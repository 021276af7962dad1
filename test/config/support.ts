import { formatProblems } from "../../host/config/check.ts";
import type { Configuration, Problem } from "../../host/config/model.ts";
import { readRcConf } from "../../host/config/rcconf.ts";
import type { PlacedText } from "../../host/config/words.ts";

/** The problems of an rc.conf, one a line: place, severity, message, and in angle brackets what is marked. */
export function judge(text: string, map: ReadonlyMap<string, string> = new Map()): string[] {
  return describe(readRcConf(text, "rc.conf", map).problems, text);
}

export function describe(problems: readonly Problem[], text: string): string[] {
  const lines = text.split("\n");
  return problems.map(({ position, severity, message, length }) => {
    const marked = lines[position.line - 1].slice(position.column - 1, position.column - 1 + length);
    return `${position.line}:${position.column} ${severity}: ${message} <${marked}>`;
  });
}

/** The virtual hosts of an rc.conf that has no errors, each as one line. */
export function hosts(text: string, map: ReadonlyMap<string, string> = new Map()): string[] {
  const { configuration, problems } = readRcConf(text, "rc.conf", map);
  const errors = problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0) throw new Error(formatProblems(errors));
  return showHosts(configuration);
}

export function showHosts(configuration: Configuration): string[] {
  return configuration.virtualHosts.map((host) => {
    const addresses = host.addresses
      .map(({ address, prefixLength }) => `${address}/${prefixLength}`)
      .join(" ");
    const pass = new TextDecoder().decode(host.pass);
    return `${host.vhid}@${host.interfaceName} ${host.advbase}/${host.advskew} ${pass || "-"} ${addresses}`;
  });
}

/** A value that stands alone in line 1 from column 1 on. */
export function placed(text: string): PlacedText {
  return { text, runs: [{ start: 0, line: 1, column: 1 }], expansions: [] };
}
