import { expect, test } from "vitest";
import type { Screen } from "../../host/demo/screen.ts";
import { runWireDemo } from "../../host/demo/wire-demo.ts";

test("the handbook's scenario comes out right on a wire inside the process, and says why it is there", async () => {
  const lines: string[] = [];
  const screen: Screen = { show: () => undefined, say: (more) => lines.push(...more) };
  expect(await runWireDemo("another system", screen, new AbortController().signal)).toBe(true);
  const text = lines.join("\n");
  expect(text).toContain("not to be had here: another system");
  expect(text).toMatch(/hosta loses power +\d\.\d\d s/);
}, 40_000);
