import { expect, test } from "vitest";
import { parseAssignment, sysctls } from "../../host/config/sysctl.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";

const message = (text: string) => {
  try {
    parseAssignment(text);
  } catch (error) {
    if (error instanceof OperatorError && error.code === ExitCode.Usage) return error.message;
    throw error;
  }
  return "";
};

test("the table has protocol §9.1's defaults, each in its range", () => {
  const defaults = Object.fromEntries(sysctls.map(({ name, default: value }) => [name.split(".")[3], value]));
  expect(defaults).toEqual({
    ...{ allow: 1, preempt: 0, log: 1, dscp: 56, demotion: 0 },
    ...{ senderr_demotion_factor: 240, ifdown_demotion_factor: 240 },
    ...{ replay: 1, freshness: 0 },
  });
  for (const { range, default: value } of sysctls) expect(value >= range[0] && value <= range[1]).toBe(true);
});

test.each([
  ["net.inet.carp.replay=strict", { name: "net.inet.carp.replay", value: 2 }],
  ["net.inet.carp.replay=off", { name: "net.inet.carp.replay", value: 0 }],
  ["net.inet.carp.preempt", { name: "net.inet.carp.preempt" }],
  ["net.inet.carp.preempt=1", { name: "net.inet.carp.preempt", value: 1 }],
  ["net.inet.carp.demotion=-240", { name: "net.inet.carp.demotion", value: -240 }],
  ["net.inet.carp.demotion=+1", { name: "net.inet.carp.demotion", value: 1 }],
  ["net.inet.carp.demotion=-0", { name: "net.inet.carp.demotion", value: 0 }],
  ["net.inet.carp.dscp=63", { name: "net.inet.carp.dscp", value: 63 }],
])("%s", (text, expected) => expect(parseAssignment(text)).toEqual(expected));

test.each([
  ["net.inet.carp.preemt", "net.inet.carp.preemt: unknown name (did you mean net.inet.carp.preempt?)"],
  ["preempt=1", "preempt: unknown name (did you mean net.inet.carp.preempt?)"],
  ["kern.hostname", "kern.hostname: unknown name"],
  ["net.inet.carp.dscp=64", "net.inet.carp.dscp 64 is out of range 0..63"],
  ["net.inet.carp.preempt=-1", "net.inet.carp.preempt -1 is out of range 0..1"],
  [
    "net.inet.carp.demotion=2147483648",
    "net.inet.carp.demotion 2147483648 is out of range -2147483648..2147483647",
  ],
  ["net.inet.carp.log=", "net.inet.carp.log: nothing is not a whole number"],
  ["net.inet.carp.log=1.5", "net.inet.carp.log: 1.5 is not a whole number"],
  ["net.inet.carp.log=yes", "net.inet.carp.log: yes is not a whole number"],
])("%s is refused", (text, expected) => expect(message(text)).toBe(expected));
