import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readArguments } from "../../host/cli/arguments.ts";
import { type Command, commands } from "../../host/cli/commands.ts";
import { runUp } from "../../host/cli/up.ts";
import { ExitCode } from "../../host/errors.ts";
import { temporaryDirectory } from "../control/support.ts";
import { testTerminal } from "./support.ts";

const up = commands.find(({ name }) => name === "up") as Command;

test.each(["packet", "raw"])("over %s, a wrong configuration is told, and nothing runs on", async (io) => {
  const file = join(temporaryDirectory(), "rc.conf");
  writeFileSync(file, 'ifconfig_em0="inet vhid 256 192.0.2.1/24"\n', { mode: 0o600 });
  const terminal = testTerminal();
  const code = await runUp(readArguments(up, ["--io", io, "--rc-conf", file]), terminal);
  expect(code).toBe(ExitCode.Configuration);
  expect(terminal.err.text).toMatch(/vhid 256 is out of range/);
});

test("a choice that is none is told before anything is launched", async () => {
  await expect(runUp(readArguments(up, ["--io", "xdp"]), testTerminal())).rejects.toMatchObject({
    code: ExitCode.Usage,
  });
});
