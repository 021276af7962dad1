import { PacketThread } from "../node/packet-thread.ts";
import type { RunCommand } from "./terminal.ts";
import { readThreadChoices } from "./threadchoices.ts";

/**
 * `carp up`: runs a node until a signal ends it. The packet thread takes longest to come up, so it begins first, and
 * the rest is loaded and the configuration read meanwhile; it touches nothing before it is told to start.
 */
export const runUp: RunCommand = async (given, terminal) => {
  const choices = readThreadChoices(given);
  const thread = choices.io === "packet" ? new PacketThread(choices) : undefined;
  const [{ runNode }, { startNode, dismissThread }] = await Promise.all([
    import("./run.ts"),
    import("../node/start.ts"),
  ]);
  try {
    return await runNode(given, terminal, (options) => startNode(options, thread));
  } finally {
    if (thread !== undefined) await dismissThread(thread);
  }
};
