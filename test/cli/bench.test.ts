import { describe, expect, it, test } from "vitest";
import { run } from "./support.ts";

interface Report {
  readonly schema: number;
  readonly rows: readonly { readonly name: string; readonly ns: number; readonly mpps: number }[];
  readonly node: string;
  readonly cpu: string;
  readonly date: string;
}

describe("carp bench", () => {
  it("prints its rows as JSON", async () => {
    const { code, out, err } = await run(["bench", "--json", "--seconds", "0.2"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const report = JSON.parse(out) as Report;
    expect(report).toMatchObject({ schema: 1, node: process.versions.node });
    expect(report.cpu).not.toBe("");
    expect(Math.abs(Date.now() - Date.parse(report.date))).toBeLessThan(60_000);
    expect(report.rows.map(({ name }) => name)).toEqual(["core simd", "core baseline", "node:crypto"]);
    for (const { ns, mpps } of report.rows) {
      expect(ns).toBeGreaterThan(1);
      expect(ns * mpps).toBeGreaterThan(900);
      expect(ns * mpps).toBeLessThan(1100);
    }
  });

  it("prints a table and what was timed", async () => {
    const { out } = await run(["bench", "--seconds", "0.1"]);
    const [head, ...lines] = out.split("\n");
    expect(head).toMatch(/^ +ns per frame {2}million frames\/s$/);
    expect(lines[0]).toMatch(/^core simd {7}[\d. ]+$/);
    expect(new Set(lines.slice(0, 3).map(({ length }) => length))).toEqual(new Set([head.length]));
    expect(lines[4]).toMatch(/^The whole verification of valid 70-byte advertisements .*\.$/);
  });

  it("adds what workers do together", async () => {
    const { out } = await run(["bench", "--json", "--seconds", "0.2", "--workers", "2"]);
    const names = (JSON.parse(out) as Report).rows.map(({ name }) => name);
    expect(names).toEqual(["core simd", "core simd, 2 workers", "core baseline", "node:crypto"]);
  });

  test.each([
    ["--seconds", "soon", "--seconds takes a number of 0.05..3600"],
    ["--seconds", "0", "--seconds takes a number of 0.05..3600"],
    ["--workers", "999", "--workers takes a number of 0..256"],
    ["--workers", "1.5", "--workers is no whole number"],
  ])("%s %s is refused", async (option, value, message) => {
    expect(await run(["bench", option, value])).toMatchObject({
      code: 2,
      out: "",
      err: `carp: ${message}\n`,
    });
  });
});
