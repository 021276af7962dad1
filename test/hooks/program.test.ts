import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkProgram } from "../../host/hooks/program.ts";
import { requireOrSkip } from "../support/require.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carp-hook-"));
  path = join(folder, "hook");
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a hook", () => {
  it("is a program that only root and the node's user can change", () => {
    expect(checkProgram(path)).toBe(path);
    const link = join(folder, "link");
    symlinkSync(path, link);
    expect(checkProgram(link)).toBe(path);
  });

  it.each([
    [0o775, /can be changed by others: chmod go-w/],
    [0o757, /can be changed by others/],
    [0o644, /is no program: chmod 755/],
  ])("of mode %o is refused", (mode, message) => {
    chmodSync(path, mode);
    expect(() => checkProgram(path)).toThrow(message);
  });

  it("in a folder that others may write to is refused, however far up", () => {
    const inner = join(folder, "a/b");
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(inner, "hook"), "#!/bin/sh\n", { mode: 0o755 });
    expect(checkProgram(join(inner, "hook"))).toBe(join(inner, "hook"));
    chmodSync(join(folder, "a"), 0o777);
    expect(() => checkProgram(join(inner, "hook"))).toThrow(
      /can be replaced by others, who may write to \S+\/a:/,
    );
  });

  it("of another user is refused", ({ skip }) => {
    let trouble = "";
    try {
      chownSync(path, 65_534, 65_534);
    } catch (error) {
      trouble = String(error);
    }
    requireOrSkip(trouble === "", `no other user is to be had: ${trouble}`, skip);
    expect(() => checkProgram(path)).toThrow(/belongs to another user: chown root/);
  });

  it.each([
    ["hook", /is no absolute path/],
    ["./hook", /is no absolute path/],
    ["/none/hook", /cannot be used: ENOENT/],
    [tmpdir(), /is no file/],
  ])("named %s is refused", (name, message) => {
    expect(() => checkProgram(name)).toThrow(message);
  });
});
