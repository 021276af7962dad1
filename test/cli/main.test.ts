import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type TestContext, test } from "vitest";
import { serve, temporaryDirectory } from "../control/support.ts";
import { requireOrSkip } from "../support/require.ts";

const program = fileURLToPath(new URL("../../build/host/main.js", import.meta.url));

function requireProgram({ skip }: TestContext): void {
  requireOrSkip(existsSync(program), "build/host/main.js is not built", skip);
}

function carp(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { status, stdout, stderr };
}

test("an error is one line on stderr, and its code the exit code", (context) => {
  requireProgram(context);
  const socket = join(temporaryDirectory(), "c.sock");
  expect(carp(["status", "--socket", socket])).toEqual({
    status: 3,
    stdout: "",
    stderr: `carp: no node is running at ${socket}: start one with carp up, or name its socket with --socket\n`,
  });
  expect(carp(["--help"])).toMatchObject({ status: 0, stderr: "" });
});

test("what cannot be foreseen is called a defect, and its stack is for who asks", (context) => {
  requireProgram(context);
  const argv = ["version"];
  const broken = { NODE_OPTIONS: "--import=data:text/javascript,JSON.parse=()=>{throw(new(Error)(`odd`))}" };
  const quiet = carp(argv, broken);
  expect(quiet).toEqual({
    status: 1,
    stdout: "",
    stderr: "carp: odd: this is a defect (CARP_DEBUG=1 shows where)\n",
  });
  expect(carp(argv, { ...broken, CARP_DEBUG: "1" }).stderr).toMatch(/\n {4}at /);
});

test("a reader that has seen enough is no error", async (context) => {
  requireProgram(context);
  const vectors = fileURLToPath(new URL("../vectors/vectors.json", import.meta.url));
  const conformance = spawn(process.execPath, [program, "conformance", vectors], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  conformance.stdout.destroy();
  let errors = "";
  conformance.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => conformance.once("exit", resolve));
  expect([code, errors]).toEqual([0, ""]);
});

test("a result of any length arrives whole in a pipe", async (context) => {
  requireProgram(context);
  const { path, node } = await serve();
  node.hosts = Array.from({ length: 255 }, (_, index) => ({ ...node.hosts[0], vhid: index + 1 }));
  const child = spawn(process.execPath, [program, "status", "--json", "--socket", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  await new Promise((resolve) => child.once("close", resolve));
  expect(text.length).toBeGreaterThan(100_000);
  expect(JSON.parse(text)).toHaveLength(255);
});
