import { parseIfconfig } from "../config/ifconfig.ts";
import type { Problem } from "../config/model.ts";
import { showWord } from "../config/problems.ts";
import type { IfconfigRequest } from "../config/request.ts";
import { argumentWords } from "../config/words.ts";
import { changeVirtualHost, readStatus } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import type { StateWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { printable } from "../log.ts";
import type { IfconfigChange, NodeStatus } from "../node/api.ts";
import type { RunCommand } from "./terminal.ts";

/** `carp ifconfig`: FreeBSD's grammar and output. Words that change nothing show the interface. */
export const runIfconfig: RunCommand = async (given, { out, err }) => {
  const path = given.text("socket") ?? defaultSocket;
  const [name, ...words] = given.words;
  const change =
    words.length === 0 ? undefined : readChange(name, words, (line) => err.write(`carp: ${line}\n`));
  if (change === undefined) out.write(formatInterfaces(await readStatus(path), name));
  else await changeVirtualHost(path, change);
  return ExitCode.Ok;
};

/** FreeBSD's `ifconfig` output (protocol §9.3); an address of a virtual host is there while this node holds it. */
export function formatInterfaces(status: NodeStatus, name: string | undefined): string {
  const local = name === undefined ? undefined : (status.aliases[name] ?? name);
  const chosen = status.interfaces.filter((entry) => local === undefined || entry.name === local);
  if (chosen.length === 0 && name !== undefined) {
    const names = status.interfaces.map((entry) => entry.name).join(", ");
    throw new OperatorError(
      ExitCode.Failed,
      `the node has no interface ${showWord(name)}; it has ${names || "none"}`,
    );
  }
  return chosen.map((entry) => formatInterface(status, entry)).join("");
}

function formatInterface(status: NodeStatus, entry: NodeStatus["interfaces"][number]): string {
  const hosts = status.virtual_hosts.filter((host) => host.interface === entry.name);
  const lines = [`${entry.name}: flags=${entry.flags}<${entry.flag_words.join(",")}>`];
  for (const address of entry.addresses) lines.push(`\t${family(address)} ${address}`);
  for (const { state, addresses, vhid } of hosts) {
    if (state !== "MASTER") continue;
    for (const address of addresses) lines.push(`\t${family(address)} ${address} vhid ${vhid}`);
  }
  for (const { state, vhid, advbase, advskew } of hosts) {
    lines.push(`\tcarp: ${state} vhid ${vhid} advbase ${advbase} advskew ${advskew}`);
    lines.push("\t      peer 224.0.0.18 peer6 ff02::12");
  }
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function family(address: string): "inet" | "inet6" {
  return address.includes(":") ? "inet6" : "inet";
}

function readChange(
  interfaceName: string,
  words: readonly string[],
  warn: (line: string) => void,
): IfconfigChange | undefined {
  const { request, problems } = parseIfconfig(argumentWords(words));
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw new OperatorError(ExitCode.Usage, errors.map(({ message }) => message).join("; "));
  refuseForeign(request);
  for (const { message } of problems as readonly Problem[]) warn(`warning: ${message}`);
  const { vhid, advbase, advskew, pass, state, addresses, remove } = request;
  if (vhid === undefined)
    throw new OperatorError(ExitCode.Usage, "name the virtual host: carp ifconfig IF vhid N …");
  const change: IfconfigChange = {
    interface: interfaceName,
    vhid: vhid.value,
    ...(advbase && { advbase: advbase.value }),
    ...(advskew && { advskew: advskew.value }),
    ...(pass && { pass_hex: Buffer.from(pass.value).toString("hex") }),
    ...(state && { state: state.value.toUpperCase() as StateWord }),
    ...(addresses.length > 0 && {
      addresses: addresses.map(({ address }) => `${address.address}/${address.prefixLength}`),
    }),
    ...(remove && { remove: true }),
  };
  return Object.keys(change).length > 2 ? change : undefined;
}

function refuseForeign({ up, remove, addresses }: IfconfigRequest): void {
  if (up !== undefined)
    throw new OperatorError(
      ExitCode.Usage,
      `${up.value ? "up" : "down"} is not for a virtual host: use ip link set IF ${up.value ? "up" : "down"}`,
    );
  if (remove !== undefined && addresses.length === 0)
    throw new OperatorError(ExitCode.Usage, "name the address that is to go: ADDRESS -alias");
}
