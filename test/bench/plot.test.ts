import { expect, test } from "vitest";
import { plot } from "../../bench/plot.mjs";

const bars = [
  { label: "this core", value: 12, isOurs: true },
  { label: "C < Rust & others", value: 6, isOurs: false },
  { label: "slow", value: 0.25, isOurs: false },
];

test.each(["light", "dark"] as const)("a bar is as long as its value says (%s)", (theme) => {
  const svg = plot(bars, theme);
  const widths = [...svg.matchAll(/<rect .*width="([\d.]+)"/g)].map((match) => Number(match[1]));
  expect(widths).toHaveLength(3);
  expect(widths[0] / widths[1]).toBeCloseTo(2, 2);
  const fills = [...svg.matchAll(/<rect .*fill="([^"]+)"/g)].map((match) => match[1]);
  expect(fills[0]).not.toBe(fills[1]);
  expect(fills[1]).toBe(fills[2]);
});

test("labels are escaped, and small values keep their digits", () => {
  const svg = plot(bars, "light");
  expect(svg).toContain("C &lt; Rust &amp; others");
  expect(svg).toContain(">0.25<");
  expect(svg).toContain(">12.0<");
});
