import { type Command, commands, type Option } from "./commands.ts";

/** What `carp --help` prints. */
export function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "carp: shares IP addresses with other hosts by CARP",
    "",
    "usage: carp COMMAND [OPTION]…",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "carp COMMAND --help says more about each.",
    "Exit codes: 0 ok, 1 failed, 2 usage, 3 node not running, 4 no permission, 5 configuration.",
    "",
  ].join("\n");
}

/** What `carp COMMAND --help` prints. */
export function manual(command: Command): string {
  const options = Object.entries(command.options).map(([name, option]) => [
    left(name, option),
    option.sentence,
  ]);
  const width = Math.max(0, ...options.map(([text]) => text.length));
  return [
    `carp ${command.name}: ${command.summary}`,
    "",
    ...command.usage.map((line, index) => `${index === 0 ? "usage:" : "      "} ${line}`),
    ...(options.length === 0
      ? []
      : ["", ...options.map(([text, rest]) => `  ${text.padEnd(width)}  ${rest}`)]),
    ...(command.notes === undefined ? [] : ["", ...command.notes]),
    "",
    "examples:",
    ...command.examples.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function left(name: string, { short, value }: Option): string {
  const letter = short === undefined ? "    " : `-${short}, `;
  return `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
}
