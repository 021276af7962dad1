import { playHandbook } from "./play.ts";
import type { Screen } from "./screen.ts";
import { openWireStage } from "./wire-stage.ts";

/**
 * The same scenario where no namespaces are to be had: three nodes on one in-process wire.
 * `reason` says why, and is shown. Resolves with whether every step ended in its states.
 */
export async function runWireDemo(reason: string, screen: Screen, signal: AbortSignal): Promise<boolean> {
  const stage = openWireStage();
  try {
    screen.say([
      `The FreeBSD handbook's CARP example: ${stage.description}.`,
      `(Network namespaces are not to be had here: ${reason}.)`,
      "",
    ]);
    return await playHandbook(stage, screen, signal);
  } finally {
    await stage.close();
  }
}
