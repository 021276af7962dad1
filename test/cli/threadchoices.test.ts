import { expect, test } from "vitest";
import { readArguments } from "../../host/cli/arguments.ts";
import { type Command, commands } from "../../host/cli/commands.ts";
import { readThreadChoices } from "../../host/cli/threadchoices.ts";
import { ExitCode } from "../../host/errors.ts";

const up = commands.find(({ name }) => name === "up") as Command;
const choicesOf = (...argv: string[]) => readThreadChoices(readArguments(up, argv));

test("the packet socket and the virtual MAC, unless something else is said", () => {
  expect(choicesOf()).toEqual({ io: "packet", sourceMac: "virtual", revectorize: false });
  expect(choicesOf("--io", "raw", "--source-mac", "own", "--revectorize")).toEqual({
    io: "raw",
    sourceMac: "own",
    revectorize: true,
  });
});

test("a run is recorded up to 64 MiB, or as many as are given", () => {
  expect(choicesOf().runCapacity).toBeUndefined();
  expect(choicesOf("--record-run", "x").runCapacity).toBe(64 * 1024 * 1024);
  expect(choicesOf("--record-run", "x", "--record-run-limit", "3").runCapacity).toBe(3 * 1024 * 1024);
});

test.each([
  [["--record-run", "x", "--record-run-limit", "0"], "--record-run-limit is a number of MiB, 1..9999"],
  [["--io", "xdp"], "--io is one of packet, raw"],
  [["--source-mac", "02:00:00:00:00:01"], "--source-mac is one of virtual, own"],
])("%j is refused", (argv, message) => {
  expect(() => choicesOf(...argv)).toThrow(expect.objectContaining({ code: ExitCode.Usage, message }));
});
