import { setTimeout as sleep } from "node:timers/promises";
import { readStatus } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { NodeStatus } from "../node/api.ts";
import type { Arguments } from "./arguments.ts";
import { judgeHealth } from "./health.ts";
import { formatFacts } from "./statusfacts.ts";
import { formatTable } from "./statustable.ts";
import { interruptible, type RunCommand, type Terminal } from "./terminal.ts";

/** `carp status`: the table, the facts of one virtual host, JSON, or one line for a monitoring system. */
export const runStatus: RunCommand = async (given, terminal) => {
  const path = given.text("socket") ?? defaultSocket;
  const selection = parseSelection(given.words[0]);
  if (given.has("check")) return judgeHealth(() => read(path, selection), terminal.out);
  if (given.has("watch")) return watch(path, selection, given, terminal);
  terminal.out.write(format(await read(path, selection), given));
  return ExitCode.Ok;
};

/** `VHID` or `VHID@IF`. */
interface Selection {
  readonly vhid: number;
  readonly interfaceName: string | undefined;
}

function parseSelection(word: string | undefined): Selection | undefined {
  if (word === undefined) return undefined;
  const match = /^([1-9]\d{0,2})(?:@([^\s/@]{1,15}))?$/.exec(word);
  if (match !== null && Number(match[1]) <= 255) return { vhid: Number(match[1]), interfaceName: match[2] };
  throw new OperatorError(ExitCode.Usage, `name a virtual host as VHID or VHID@IF, for example 1@eth0`);
}

async function read(path: string, selection: Selection | undefined): Promise<NodeStatus> {
  const status = await readStatus(path);
  if (selection === undefined) return status;
  const { vhid, interfaceName } = selection;
  const chosen = status.virtual_hosts.filter(
    (host) => host.vhid === vhid && (interfaceName === undefined || host.interface === interfaceName),
  );
  if (chosen.length > 0) return { ...status, virtual_hosts: chosen };
  const present = status.virtual_hosts.map((host) => `${host.vhid}@${host.interface}`).join(", ");
  const wanted = interfaceName === undefined ? `vhid ${vhid}` : `${vhid}@${interfaceName}`;
  throw new OperatorError(ExitCode.Failed, `this node has no ${wanted}; it has ${present || "none"}`);
}

function format(status: NodeStatus, given: Arguments): string {
  if (given.has("json")) return `${JSON.stringify(status.virtual_hosts, undefined, 2)}\n`;
  if (given.words.length === 0) return formatTable(status);
  return status.virtual_hosts.map((host) => formatFacts(host)).join("\n");
}

const clear = "\x1b[H\x1b[2J";

function watch(
  path: string,
  selection: Selection | undefined,
  given: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  return interruptible(terminal, async (signal) => {
    const before = terminal.out.isTTY === true ? clear : "";
    const after = terminal.out.isTTY === true || given.has("json") ? "" : "\n";
    while (!signal.aborted) {
      terminal.out.write(before + format(await read(path, selection), given) + after);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
    return ExitCode.Ok;
  });
}
