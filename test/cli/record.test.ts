import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve, temporaryDirectory } from "../control/support.ts";
import { run, testTerminal } from "./support.ts";

test("carp record FILE writes what the node remembers, and says how to read it", async () => {
  const { path } = await serve();
  const file = join(temporaryDirectory(), "incident.pcapng");
  const { code, out, err } = await run(["record", "--socket", path, file]);
  expect({ code, out }).toEqual({ code: 0, out: "" });
  expect(err).toBe(`${file}: 22 bytes; read it with tshark -r ${file}, or with Wireshark\n`);
  expect(readFileSync(file, "utf8")).toBe("a recording, asked for");
});

test("without a file it goes to a pipe, and to no screen", async () => {
  const { path } = await serve();
  expect(await run(["record", "--socket", path])).toEqual({
    code: 0,
    out: "a recording, asked for",
    err: "",
  });
  const screen = testTerminal();
  Object.assign(screen.out, { isTTY: true });
  const { code, out, err } = await run(["record", "--socket", path], screen);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("name a file");
});

test("without a node nothing is written, and a file that cannot be is named", async () => {
  const folder = temporaryDirectory();
  const file = join(folder, "x");
  expect((await run(["record", "--socket", join(folder, "none"), file])).code).toBe(3);
  expect(existsSync(file)).toBe(false);
  const { path } = await serve();
  const { code, err } = await run(["record", "--socket", path, join(folder, "no/such/x")]);
  expect(code).toBe(1);
  expect(err).toContain(`${join(folder, "no/such/x")} cannot be written`);
});
