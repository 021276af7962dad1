import { expect, test } from "vitest";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import { serve } from "../control/support.ts";
import { run } from "./support.ts";

test("warnings come back to whoever asked", async () => {
  const { path } = await serve({ reload: async () => ["rc.conf:1:1: warning: careful"] });
  expect(await run(["reload", "--socket", path])).toEqual({
    code: 0,
    out: "",
    err: "rc.conf:1:1: warning: careful\n",
  });
});

test("a configuration with mistakes is an error", async () => {
  const { path } = await serve({
    reload: async () => {
      throw new OperatorError(ExitCode.Configuration, "the configuration was not changed: why");
    },
  });
  expect(await run(["reload", "--socket", path])).toMatchObject({
    code: 5,
    err: "carp: the configuration was not changed: why\n",
  });
});
