import { expect, test } from "vitest";
import { mapName, parseMap } from "../../host/config/map.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";

test("names that are mapped change, others stay", () => {
  const map = parseMap(["em0=eth0", "em0_10=eth0.10", "em1=em2", "em2=em1"]);
  expect(["em0", "em0_10", "em1", "em2", "em3"].map((name) => mapName(map, name))).toEqual([
    ...["eth0", "eth0.10", "em2", "em1", "em3"],
  ]);
});

test.each([
  [["em0"], "--map em0: write it as NAME=NAME, for example em0=eth0"],
  [["em0="], "--map em0=: write it as NAME=NAME, for example em0=eth0"],
  [["a=b=c"], "--map a=b=c: write it as NAME=NAME, for example em0=eth0"],
  [["em0=eth0", "em0=eth1"], "--map em0=eth1: em0 is mapped twice"],
  [["em0=eth0", "em1=eth0"], "--map em1=eth0: eth0 is meant twice"],
  [["em0=averylonginterface"], "--map em0=averylonginterface: an interface name has at most 15 characters"],
])("%j is refused", (values, message) => {
  expect(() => parseMap(values)).toThrow(new OperatorError(ExitCode.Usage, message));
});
