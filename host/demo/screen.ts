import { changesOf, type DemoView, tableOf } from "./table.ts";

/** Where the demo is shown. */
export interface Screen {
  show(view: DemoView): void;
  /** Prints lines that stay. */
  say(lines: readonly string[]): void;
}

/** A terminal shows the table and draws it anew; anything else gets a line for each change. */
export function screenOn(output: NodeJS.WritableStream & { readonly isTTY?: boolean }): Screen {
  return output.isTTY === true ? terminalScreen(output) : linesScreen(output);
}

function linesScreen(output: NodeJS.WritableStream): Screen {
  let previous: DemoView | undefined;
  return {
    show: (view) => {
      for (const line of changesOf(previous, view)) output.write(`${line}\n`);
      previous = view;
    },
    say: (lines) => {
      output.write(`${lines.join("\n")}\n`);
    },
  };
}

function terminalScreen(output: NodeJS.WritableStream): Screen {
  let height = 0;
  return {
    show: (view) => {
      const lines = tableOf(view).map((line) => line.replaceAll("MASTER", "\x1b[1;32mMASTER\x1b[0m"));
      const back = height === 0 ? "" : `\x1b[${height}A\x1b[J`;
      output.write(`${back}${lines.join("\n")}\n`);
      height = lines.length;
    },
    say: (lines) => {
      output.write(`${lines.join("\n")}\n`);
      height = 0;
    },
  };
}
