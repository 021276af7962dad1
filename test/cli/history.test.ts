import { expect, test } from "vitest";
import { formatEventLine } from "../../host/cli/words.ts";
import type { TransitionEvent } from "../../host/node/api.ts";
import { serve, transition } from "../control/support.ts";
import { run } from "./support.ts";

test("carp history tells each transition and what decided it", async () => {
  const { path, node } = await serve();
  const alone: TransitionEvent = {
    ...transition,
    heard: null,
    since_last_advertisement_ms: null,
    lateness_ms: 0,
    apply_ms: null,
  };
  node.transitions = async () => [transition, alone];
  expect(await run(["history", "--socket", path])).toEqual({
    code: 0,
    out: [
      formatEventLine(transition),
      "    own 1/100 (demotion 0), heard 1/0 from 192.168.1.3 3390.812 ms before, master-down 3390.625 ms, timer 0.187 ms late, addresses in 0.642 ms",
      formatEventLine(alone),
      "    own 1/100 (demotion 0), nobody heard, master-down 3390.625 ms",
      "",
    ].join("\n"),
    err: "",
  });
});

test("as JSON it prints one object a line", async () => {
  const { path } = await serve();
  const { code, out } = await run(["history", "--json", "--socket", path]);
  expect(code).toBe(0);
  expect(
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([transition, { ...transition, vhid: 3 }]);
});

test("without a node it says so", async () => {
  expect((await run(["history", "--socket", "/no/such/socket"])).code).toBe(3);
});
