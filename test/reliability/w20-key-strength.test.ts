import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "../cli/support.ts";

/**
 * W20: one recorded advertisement is enough to search for the pass phrase away from the LAN, at 1.2e10 a second on one
 * graphics card. So keys are made with more bits than anybody can search, short ones are warned of with their price, none
 * is cut, and the empty one has to be meant.
 */
const folder = mkdtempSync(join(tmpdir(), "carp-w20-"));
afterAll(() => rmSync(folder, { recursive: true }));
const guessesPerSecond = 1.2e10;
const year = 31_557_600;

describe("W20", () => {
  test("carp genkey: every character is one of 62 as often as any other, 113 bits in all", async () => {
    const keys = await Promise.all(
      Array.from({ length: 2000 }, async () => (await run(["genkey"])).out.trim()),
    );
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => /^[A-Za-z0-9]{19}$/.test(key))).toBe(true);
    const counts = new Map<string, number>();
    for (const character of keys.join("")) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(62);
    const expected = (2000 * 19) / 62;
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    // 61 degrees of freedom: beyond 121 once in 100 000.
    expect(chiSquare).toBeLessThan(121);
    expect(19 * Math.log2(62)).toBeGreaterThan(113);
    expect(62 ** 19 / guessesPerSecond / year).toBeGreaterThan(1e16);
  });

  test("a short one is a warning that names the card and the time, and starts all the same", async () => {
    const { code, out, err } = await check("pass testpass");
    expect(code).toBe(0);
    expect(out).toContain("ok, 1 virtual host");
    expect(err).toContain("one graphics card (RTX 4090) finds 8 small letters and digits within 4 minutes");
    expect(err).toContain("carp genkey");
    expect(err).not.toContain("testpass");
  });

  test("one of carp genkey's gives no word", async () => {
    const key = (await run(["genkey"])).out.trim();
    expect(await check(`pass ${key}`)).toMatchObject({ code: 0, err: "" });
  });

  test("none, as FreeBSD has it in a file, is a warning; left out of the flags, an error", async () => {
    const inFile = await check("");
    expect(inFile.code).toBe(0);
    expect(inFile.err).toContain("has no pass phrase: anyone can speak for it");
    const flags = ["up", "--interface", "carp-none", "--vhid", "1", "10.0.0.1/32"];
    const left = await run(flags);
    expect(left.code).toBe(5);
    expect(left.err).toContain("--pass-file FILE (or --no-pass, where anybody may speak for it) is missing");
  });

  test.each([21, 40])("one of %i bytes is an error and is not cut", async (length) => {
    const { code, err } = await check(`pass ${"x".repeat(length)}`);
    expect(code).toBe(5);
    expect(err).toContain(`is ${length} bytes; a CARP pass phrase has at most 20`);
  });
});

function check(pass: string) {
  const file = join(folder, "rc.conf");
  const lines = [
    'ifconfig_em0="inet 192.168.1.3/24"',
    `ifconfig_em0_alias0="vhid 1 ${pass} 192.168.1.50/32"`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  return run(["check", file]);
}
