import { showWord } from "../config/problems.ts";
import { suggest } from "../config/suggest.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { readArguments } from "./arguments.ts";
import { commands } from "./commands.ts";
import { manual, overview } from "./help.ts";
import type { Terminal } from "./terminal.ts";

/** Runs the command that the arguments name; resolves to the exit code. Throws OperatorError. */
export async function dispatch(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      terminal.err.write(overview());
      return ExitCode.Usage;
    case "--help":
    case "-h":
      terminal.out.write(overview());
      return ExitCode.Ok;
    case "help":
      terminal.out.write(rest[0] === undefined ? overview() : manual(find(rest[0])));
      return ExitCode.Ok;
    case "--version":
    case "-V":
      return dispatch(["version"], terminal);
  }
  const command = find(name);
  const given = readArguments(command, rest);
  if (given.has("help")) {
    terminal.out.write(manual(command));
    return ExitCode.Ok;
  }
  return (await command.load())(given, terminal);
}

function find(name: string) {
  const command = commands.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const names = commands.map((candidate) => candidate.name);
  const what = name.startsWith("-") ? "option" : "command";
  throw new OperatorError(
    ExitCode.Usage,
    `${showWord(name)}: unknown ${what}${suggest(name, names)}; carp --help lists the commands`,
  );
}
