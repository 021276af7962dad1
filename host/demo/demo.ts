import { fileURLToPath } from "node:url";
import { ExitCode } from "../errors.ts";
import { canUseNamespaces, runAgainInUserNamespace } from "./namespaces.ts";
import { openNetworkStage } from "./network-stage.ts";
import { playHandbook } from "./play.ts";
import { type Screen, screenOn } from "./screen.ts";
import { runWireDemo } from "./wire-demo.ts";

/**
 * `carp demo`: the handbook's three hosts live. Runs in network namespaces, without root in a user namespace,
 * and on an in-process wire where neither is to be had. Resolves with the exit code.
 */
export async function runDemo(
  output: NodeJS.WritableStream & { readonly isTTY?: boolean } = process.stdout,
  program: string = fileURLToPath(new URL("../main.js", import.meta.url)),
): Promise<ExitCode> {
  const ability = await canUseNamespaces();
  if (ability.kind === "user-namespace" && process.env[marker] === undefined) {
    return runAgainInUserNamespace(marker);
  }
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    const screen = screenOn(output);
    const isRight =
      ability.kind === "here"
        ? await runNetworkDemo(program, screen, interruption.signal)
        : await runWireDemo(ability.kind === "none" ? ability.reason : unusable, screen, interruption.signal);
    return isRight ? ExitCode.Ok : ExitCode.Failed;
  } catch (error) {
    if (interruption.signal.aborted) return ExitCode.Failed;
    throw error;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
  }
}

const marker = "CARP_DEMO_NAMESPACE";
const unusable = "the user namespace does not allow them";

async function runNetworkDemo(program: string, screen: Screen, signal: AbortSignal): Promise<boolean> {
  const stage = await openNetworkStage(program);
  try {
    screen.say([`The FreeBSD handbook's CARP example: ${stage.description}.`, ""]);
    return await playHandbook(stage, screen, signal);
  } finally {
    await stage.close();
  }
}
