import { parseArgs } from "node:util";
import { showWord } from "../config/problems.ts";
import { suggest } from "../config/suggest.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import type { Command, Option } from "./commands.ts";

/** What was given to a command: options by name, and the words that are no options. */
export class Arguments {
  readonly words: readonly string[];
  private readonly values: ReadonlyMap<string, readonly (string | true)[]>;

  constructor(values: ReadonlyMap<string, readonly (string | true)[]>, words: readonly string[]) {
    this.values = values;
    this.words = words;
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** The value of an option, or undefined where it was not given. */
  text(name: string): string | undefined {
    return this.list(name).at(-1);
  }

  /** The values of an option that may be given several times. */
  list(name: string): readonly string[] {
    return (this.values.get(name) ?? []).filter((value) => value !== true);
  }
}

/** Reads the arguments that follow a command's name. Throws OperatorError (Usage) with the option that was meant. */
export function readArguments(command: Command, given: readonly string[]): Arguments {
  const count = command.wordsAsTheyStand === true ? countOptions(command, given) : given.length;
  const options = Object.fromEntries(
    Object.entries({ ...command.options, help }).map(([name, { type, short }]) => [
      name,
      { type, multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  );
  const parsed = parse(command, () =>
    parseArgs({ args: given.slice(0, count), options, allowPositionals: true, strict: true, tokens: true }),
  );
  const values = new Map<string, (string | true)[]>();
  for (const token of parsed.tokens) {
    if (token.kind !== "option") continue;
    const list = values.get(token.name) ?? [];
    if (list.length > 0 && command.options[token.name]?.multiple !== true && token.value !== undefined)
      throw refuse(command, `--${token.name} is given twice`);
    list.push(token.value ?? true);
    values.set(token.name, list);
  }
  const words = [...parsed.positionals, ...given.slice(count)];
  const [minimum, maximum] = command.words ?? [0, 0];
  if (!values.has("help")) {
    if (words.length > maximum) throw refuse(command, `${showWord(words[maximum])} is one word too many`);
    if (words.length < minimum) throw refuse(command, `something is missing: ${command.usage[0]}`);
  }
  return new Arguments(values, words);
}

const help: Option = { type: "boolean", short: "h", sentence: "Shows this." };

/** How many arguments come before the first word that is neither an option nor the value of one. */
function countOptions(command: Command, given: readonly string[]): number {
  let index = 0;
  while (index < given.length && given[index].startsWith("-")) {
    const name = given[index].slice(2);
    index += command.options[name]?.type === "string" ? 2 : 1;
  }
  return Math.min(index, given.length);
}

function parse<Result>(command: Command, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const option = /'(-[^' ]*)/.exec(message)?.[1]?.replace(/,$/, "") ?? "an option";
    switch (code) {
      case "ERR_PARSE_ARGS_UNKNOWN_OPTION": {
        const known = [...Object.keys(command.options), "help"].map((name) => `--${name}`);
        throw refuse(command, `${showWord(option)}: unknown option${suggest(option, known)}`);
      }
      case "ERR_PARSE_ARGS_INVALID_OPTION_VALUE":
        throw refuse(command, explainValue(command, message));
      default:
        throw error;
    }
  }
}

function explainValue(command: Command, message: string): string {
  const name = /--([a-z-]+)/.exec(message)?.[1] ?? "";
  const option = command.options[name];
  if (option?.type === "boolean") return `--${name} takes no value`;
  const dash = message.includes("ambiguous") ? ` (one that begins with a dash: --${name}=VALUE)` : "";
  return `--${name} needs a value${dash}`;
}

function refuse(command: Command, message: string): OperatorError {
  return new OperatorError(ExitCode.Usage, `${message}; carp ${command.name} --help says more`);
}
