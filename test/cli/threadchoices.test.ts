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

test.each([
  [["--io", "xdp"], "--io is one of packet, raw"],
  [["--source-mac", "02:00:00:00:00:01"], "--source-mac is one of virtual, own"],
])("%j is refused", (argv, message) => {
  expect(() => choicesOf(...argv)).toThrow(expect.objectContaining({ code: ExitCode.Usage, message }));
});
