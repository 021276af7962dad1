import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { run } from "./support.ts";

test("the version is the package's", async () => {
  const { name, version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect((await run(["--version"])).out).toBe(`carp ${version} (Node ${process.versions.node})\n`);
  expect(JSON.parse((await run(["version", "--json"])).out)).toEqual({
    name,
    version,
    node: process.versions.node,
  });
});
