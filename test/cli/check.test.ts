import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../control/support.ts";
import { run } from "./support.ts";

const good = 'ifconfig_em0_alias0="inet vhid 1 pass testpass-of-15b alias 192.168.1.50/32"\n';
const bad =
  'ifconfig_em0_alias0="inet vhid 1 advskew 300 pass testpass alias 192.168.1.50/32"\nifconfig_em0_alias1="inet vhid 256 alias 192.168.1.51/32"\n';

function writeConfiguration(text: string): string {
  const path = join(temporaryDirectory(), "rc.conf");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("a configuration without mistakes is summed up", async () => {
  const path = writeConfiguration(good);
  expect(await run(["check", "--map", "em0=eth0", path])).toEqual({
    code: 0,
    out: `${path}: ok, 1 virtual host (1@eth0), preempt off\n`,
    err: "",
  });
});

test("every mistake of every file is reported with its place", async () => {
  const first = writeConfiguration(bad);
  const second = writeConfiguration(good);
  const { code, out, err } = await run(["check", first, second]);
  expect(code).toBe(5);
  expect(out).toBe(`${second}: ok, 1 virtual host (1@em0), preempt off\n`);
  expect(err).toContain(`${first}:1:42: error: advskew 300 is out of range 0..254\n`);
  expect(err).toContain(`${first}:2:32: error: vhid 256 is out of range 1..255\n`);
  expect(err).not.toContain("testpass");
});

test("a file that is not there is one line", async () => {
  expect(await run(["check", "/nowhere/rc.conf"])).toEqual({
    code: 5,
    out: "",
    err: "carp: /nowhere/rc.conf cannot be read: there is no such file\n",
  });
});
