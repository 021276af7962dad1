import { expect, test } from "vitest";
import { formatCount, formatEvent, formatEventLine, formatSpan } from "../../host/cli/words.ts";
import { formatTime } from "../../host/log.ts";
import { transition } from "../control/support.ts";

test.each([
  [-5, "0s"],
  [7_999, "7s"],
  [65_000, "1m 5s"],
  [3_600_000, "1h 0m"],
  [3 * 86_400_000 + 59_000, "3d 0h"],
  [400 * 86_400_000, "400d 0h"],
])("%d ms are %s", (milliseconds, text) => {
  expect(formatSpan(milliseconds)).toBe(text);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1_000, "1 000"],
  [259_236, "259 236"],
  [1_234_567, "1 234 567"],
])("%d is written %s", (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test("events are in FreeBSD's words", () => {
  expect(formatEvent(transition)).toBe("2@eth0: BACKUP -> MASTER (master timed out)");
  const at = transition.at;
  expect(formatEvent({ kind: "demotion", at, delta: -240, total: 0, reason: "interface up" })).toBe(
    "demoted by -240 to 0 (interface up)",
  );
  expect(formatEvent({ kind: "log", at, level: "info", message: "eth0 is back" })).toBe("eth0 is back");
  expect(formatEvent({ kind: "log", at, level: "error", message: "no" })).toBe("error: no");
  expect(formatEventLine(transition)).toBe(
    `${formatTime(new Date(at))} carp: 2@eth0: BACKUP -> MASTER (master timed out)`,
  );
});
