import { spawn } from "node:child_process";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { formatTime, LogWriter } from "../host/log.ts";

test("a line has local time with milliseconds", () => {
  expect(formatTime(new Date(2026, 10, 22, 12, 1, 7, 36))).toBe("2026-11-22T12:01:07.036");
  const stream = new PassThrough();
  new LogWriter(stream).write("1@eth0: up", new Date(2026, 0, 2, 3, 4, 5));
  expect(stream.read().toString()).toBe("2026-01-02T03:04:05.000 carp: 1@eth0: up\n");
});

test("what a reader does not take is dropped, counted, and told when there is room again", () => {
  const stream = new PassThrough({ highWaterMark: 1 });
  const log = new LogWriter(stream, 100);
  for (let count = 0; count < 50; count++) log.write("line");
  expect(log.dropped).toBeGreaterThan(40);
  const dropped = log.dropped;
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  return sleep(10).then(() => {
    log.write("again");
    return sleep(10).then(() => {
      expect(text).toContain(`carp: ${dropped} log lines were dropped\n`);
      expect(text.endsWith("carp: again\n")).toBe(true);
    });
  });
});

test("a reader that has gone costs nothing", async () => {
  const child = spawn("true", { stdio: ["pipe", "ignore", "ignore"] });
  await new Promise((resolve) => child.once("exit", resolve));
  const log = new LogWriter(child.stdin);
  for (let count = 0; count < 100; count++) log.write("line");
  await sleep(20);
  log.write("line");
  expect(log.dropped).toBeGreaterThan(0);
});
