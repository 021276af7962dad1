import { formatProblems, loadConfiguration } from "../config/check.ts";
import { parseMap } from "../config/map.ts";
import type { Configuration } from "../config/model.ts";
import { ExitCode } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp check`: problems on stderr, and for each file without an error one line on stdout. */
export const runCheck: RunCommand = async (given, { out, err }) => {
  const map = parseMap(given.list("map"));
  let code = ExitCode.Ok;
  for (const rcConf of given.words) {
    const { configuration, problems } = loadConfiguration({ rcConf, map });
    if (problems.length > 0) err.write(`${formatProblems(problems)}\n`);
    if (configuration === undefined) code = ExitCode.Configuration;
    else out.write(`${rcConf}: ok, ${summarize(configuration)}\n`);
  }
  return code;
};

function summarize({ virtualHosts, preempt }: Configuration): string {
  const hosts = virtualHosts.map(({ vhid, interfaceName }) => `${vhid}@${interfaceName}`).join(", ");
  const count = virtualHosts.length === 1 ? "1 virtual host" : `${virtualHosts.length} virtual hosts`;
  return `${count} (${hosts}), preempt ${preempt ? "on" : "off"}`;
}
