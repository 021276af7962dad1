import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { prepareSocketPath } from "../../host/control/path.ts";
import { ExitCode } from "../../host/errors.ts";
import { serve, temporaryDirectory } from "./support.ts";

test("a path in use names the process that has it", async () => {
  const { path } = await serve();
  await expect(prepareSocketPath(path)).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: `${path} is in use by process ${process.pid}: stop it or give --socket another path`,
  });
  expect(existsSync(path)).toBe(true);
});

test("a socket that nobody listens on is removed", async () => {
  const path = join(temporaryDirectory(), "c.sock");
  const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  expect(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" })).toThrow();
  expect(existsSync(path)).toBe(true);
  await prepareSocketPath(path);
  expect(existsSync(path)).toBe(false);
});

test("a file that is no socket stays", async () => {
  const path = join(temporaryDirectory(), "c.sock");
  writeFileSync(path, "precious");
  await expect(prepareSocketPath(path)).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: `${path} is there and is no socket: give --socket another path`,
  });
  expect(existsSync(path)).toBe(true);
});

test("a directory of the operator's is not created", async () => {
  const directory = join(temporaryDirectory(), "none");
  await expect(prepareSocketPath(join(directory, "c.sock"))).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: `there is no directory ${directory}: create it or give --socket another path`,
  });
  expect(existsSync(directory)).toBe(false);
});

test("a path that a socket cannot have is refused by its length", async () => {
  await expect(prepareSocketPath(`/tmp/${"x".repeat(120)}`)).rejects.toMatchObject({
    code: ExitCode.Usage,
    message: "the socket path has 125 bytes, at most 107 are possible",
  });
});
