import { expect, it } from "vitest";
import { instantiateRevectorized } from "../../host/core/revectorize.ts";

it("falls back with a warning where V8 has no such flag", () => {
  const { exports, warning } = instantiateRevectorized(1, 20);
  expect(warning).toMatch(/needs Node 24 or newer.*running without it/);
  expect(exports.selftest()).toBe(0);
  expect(exports.laneCount()).toBe(8);
});
