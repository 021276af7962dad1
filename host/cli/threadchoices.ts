import { ExitCode, OperatorError } from "../errors.ts";
import type { Arguments } from "./arguments.ts";

/** What of the command line concerns the way frames are moved, and so is known before the configuration is. */
export interface ThreadChoices {
  readonly io: "packet" | "raw";
  readonly sourceMac: "virtual" | "own";
  readonly revectorize: boolean;
  /** How many bytes of its run are recorded; undefined where none are. */
  readonly runCapacity: number | undefined;
}

/** @throws OperatorError (Usage) for a word that is none of an option's choices. */
export function readThreadChoices(given: Arguments): ThreadChoices {
  return {
    io: readChoice(given, "io", ["packet", "raw"] as const),
    sourceMac: readChoice(given, "source-mac", ["virtual", "own"] as const),
    revectorize: given.has("revectorize"),
    runCapacity: given.has("record-run") ? readRunCapacity(given) : undefined,
  };
}

const mebibyte = 1024 * 1024;
const usualRunMebibytes = "64";

function readRunCapacity(given: Arguments): number {
  const text = given.text("record-run-limit") ?? usualRunMebibytes;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text) * mebibyte;
  throw new OperatorError(ExitCode.Usage, "--record-run-limit is a number of MiB, 1..9999");
}

function readChoice<Choice extends string>(
  given: Arguments,
  name: string,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  const text = given.text(name) ?? choices[0];
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new OperatorError(ExitCode.Usage, `--${name} is one of ${choices.join(", ")}`);
}
