import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { program, requireNamespaces, requireProgram } from "../support/network.ts";

test("carp demo: hostc takes over from hosta, and hosta gets its address back", async ({ skip }) => {
  await requireNamespaces(skip);
  for (const need of ["carp", "ping"] as const) await requireProgram(need, skip);
  const { stdout } = await promisify(execFile)(process.execPath, [program, "demo"], { timeout: 40_000 });
  expect(stdout).toMatch(/hostc vhid 1: BACKUP -> MASTER[\s\S]*hostc vhid 1: MASTER -> BACKUP/);
  expect(stdout).toContain("192.168.1.50 is answered by hostc");
  expect(stdout).toMatch(/hosta returns and preempts +\d/);
});
