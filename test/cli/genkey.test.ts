import { expect, test } from "vitest";
import { run } from "./support.ts";

test("carp genkey makes a pass phrase that every CARP takes, and another each time", async () => {
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => run(["genkey"])));
  for (const { code, out } of outcomes) {
    expect(code).toBe(0);
    expect(out).toMatch(/^[A-Za-z0-9]{19}\n$/);
  }
  expect(new Set(outcomes.map(({ out }) => out)).size).toBe(50);
});
