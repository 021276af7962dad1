import { readTransitions } from "../control/client.ts";
import { defaultSocket } from "../control/path.ts";
import { ExitCode } from "../errors.ts";
import type { TransitionEvent } from "../node/api.ts";
import type { RunCommand } from "./terminal.ts";
import { formatEventLine } from "./words.ts";

/** `carp history`: the last transitions, each with the numbers that decided it. */
export const runHistory: RunCommand = async (given, { out }) => {
  for (const transition of await readTransitions(given.text("socket") ?? defaultSocket))
    out.write(given.has("json") ? `${JSON.stringify(transition)}\n` : formatTransition(transition));
  return ExitCode.Ok;
};

function formatTransition(transition: TransitionEvent): string {
  const { own, heard, since_last_advertisement_ms, master_down_ms, lateness_ms, apply_ms } = transition;
  const parts = [
    `own ${own.advbase}/${own.advskew} (demotion ${own.demotion})`,
    heard === null
      ? "nobody heard"
      : `heard ${heard.advbase}/${heard.advskew} from ${heard.source} ${since_last_advertisement_ms} ms before`,
    `master-down ${master_down_ms} ms`,
    ...(lateness_ms > 0 ? [`timer ${lateness_ms} ms late`] : []),
    ...(apply_ms === null ? [] : [`addresses in ${apply_ms} ms`]),
  ];
  return `${formatEventLine(transition)}\n    ${parts.join(", ")}\n`;
}
