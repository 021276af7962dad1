import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { table, withSection, writeSection } from "../../bench/results.mjs";

const folder = mkdtempSync(join(tmpdir(), "carp-results-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("sections of the results", () => {
  it("a new section comes last", () => {
    expect(withSection("# Results\n", "flood", "| a |")).toBe(
      "# Results\n\n<!-- begin flood -->\n\n| a |\n\n<!-- end flood -->\n",
    );
  });

  it("a section that is there is replaced in its place, and everything else stays", () => {
    const first = withSection(withSection("# Results\n\nBy hand.\n", "one", "old"), "two", "kept");
    const second = withSection(first, "one", "new $& $1");
    expect(second).toBe(first.replace("old", () => "new $& $1"));
    expect(withSection(second, "one", "old")).toBe(first);
  });

  it("a name that begins another's does not take its section", () => {
    const both = withSection(withSection("", "scale-vmac", "long"), "scale", "short");
    expect(withSection(both, "scale", "shorter")).toContain("<!-- begin scale-vmac -->\n\nlong\n");
  });

  it("refuses a section without an end, and a name that is no word", () => {
    expect(() => withSection("<!-- begin one -->\ntext", "one", "new")).toThrow("section one has no end");
    expect(() => withSection("", "a -->", "new")).toThrow("no name");
  });

  it("makes the file where it is not there", () => {
    const file = join(folder, "RESULTS.md");
    writeSection("one", "first", file);
    writeSection("two", "second", file);
    writeSection("one", "third", file);
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(/^# Results\n/);
    expect(text).toContain("<!-- begin one -->\n\nthird\n");
    expect(text).toContain("<!-- begin two -->\n\nsecond\n");
    expect(text).not.toContain("first");
  });

  it("a table has its numbers to the right", () => {
    expect(table(["name", "ns"], [["core", "75.4"]])).toBe("| name | ns |\n| --- | --: |\n| core | 75.4 |");
  });
});
