import { join } from "node:path";
import { expect, test } from "vitest";
import { OperatorError } from "../../host/errors.ts";
import { serve, temporaryDirectory, virtualHost } from "../control/support.ts";
import { run } from "./support.ts";

test.each([
  [{}, 0, "OK: 1@eth0 BACKUP\n"],
  [{ state: "MASTER", master: "self" }, 0, "OK: 1@eth0 MASTER\n"],
  [{ problem: "an address could not be held" }, 1, "WARNING: 1@eth0: an address could not be held\n"],
  [{ master: null }, 2, "CRITICAL: 1@eth0 hears no master\n"],
  [{ state: "INIT", problem: "eth0 is gone" }, 2, "CRITICAL: 1@eth0 is INIT: eth0 is gone\n"],
] as const)("--check of %j exits with %d", async (changes, code, out) => {
  const { path, node } = await serve();
  node.hosts = [virtualHost(changes)];
  expect(await run(["status", "--check", "--socket", path])).toEqual({ code, out, err: "" });
});

test("--check without a node is UNKNOWN, and so is a node that refuses", async () => {
  const none = await run(["status", "--check", "--socket", join(temporaryDirectory(), "c.sock")]);
  expect(none).toMatchObject({ code: 3, out: expect.stringMatching(/^UNKNOWN: no node is running at /) });
  const { path, node } = await serve();
  node.trouble = new OperatorError(1, "it is ending");
  expect(await run(["status", "--check", "--socket", path])).toMatchObject({
    code: 3,
    out: "UNKNOWN: it is ending\n",
  });
});
