import { expect, test } from "vitest";
import { formatEventLine } from "../../host/cli/words.ts";
import { serve, transition } from "../control/support.ts";
import { waitFor } from "../support/wait.ts";
import { run, testTerminal } from "./support.ts";

test.each([
  [[], `${formatEventLine(transition)}\n`],
  [["--json"], `${JSON.stringify(transition)}\n`],
])("carp monitor %j prints a line for each event", async (options, line) => {
  const { path, node } = await serve();
  const terminal = testTerminal();
  const running = run(["monitor", ...options, "--socket", path], terminal);
  await waitFor(() => node.listeners.size === 1, 5000, "the subscription");
  node.emit(transition);
  await waitFor(() => terminal.out.text !== "", 5000, "a line");
  terminal.signals.emit("SIGTERM");
  expect(await running).toEqual({ code: 0, out: line, err: "" });
});

test("it ends with the node, and says so", async () => {
  const { path, node, server } = await serve();
  const running = run(["monitor", "--socket", path]);
  await waitFor(() => node.listeners.size === 1, 5000, "the subscription");
  await server.close();
  expect(await running).toEqual({ code: 3, out: "", err: `carp: the node at ${path} has ended\n` });
});
