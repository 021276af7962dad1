import { expect, test } from "vitest";
import { readArguments } from "../../host/cli/arguments.ts";
import { type Command, commands } from "../../host/cli/commands.ts";

const find = (name: string) => commands.find((command) => command.name === name) as Command;

test("options stand anywhere among the words", () => {
  const given = readArguments(find("up"), ["10.0.0.1/24", "-i", "eth0", "--vmac", "10.0.0.2/24", "--vhid=3"]);
  expect(given.words).toEqual(["10.0.0.1/24", "10.0.0.2/24"]);
  expect([given.text("interface"), given.text("vhid"), given.text("advbase")]).toEqual([
    "eth0",
    "3",
    undefined,
  ]);
  expect([given.has("vmac"), given.has("preempt")]).toEqual([true, false]);
});

test("an option that may be repeated keeps every value in order", () => {
  const given = readArguments(find("verify"), ["-a", "10.0.0.1", "--address", "10.0.0.2", "x.pcap"]);
  expect(given.list("address")).toEqual(["10.0.0.1", "10.0.0.2"]);
});

test("the words of ifconfig are taken as they stand, dashes included", () => {
  const words = ["em0", "vhid", "1", "10.0.0.1/24", "-alias", "--socket", "x"];
  const given = readArguments(find("ifconfig"), ["--socket", "/run/x", ...words]);
  expect(given.text("socket")).toBe("/run/x");
  expect(given.words).toEqual(words);
});

test("what does not print is not printed", () => {
  expect(() => readArguments(find("status"), ["1", "\x1b[2J"])).toThrow("?[2J is one word too many");
});
