import { expect, test } from "vitest";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import { requirePrivilege } from "../../host/link/privilege.ts";

function complaint(capabilities: string): OperatorError | undefined {
  try {
    requirePrivilege(`Name:\tnode\nCapInh:\t0000000000000000\nCapEff:\t${capabilities}\nSeccomp:\t0\n`);
    return undefined;
  } catch (error) {
    if (error instanceof OperatorError) return error;
    throw error;
  }
}

test("both capabilities suffice, with or without others", () => {
  expect(complaint("0000000000003000")).toBeUndefined();
  expect(complaint("000001ffffffffff")).toBeUndefined();
});

test("names what is missing, with the exit code for it and the way out", () => {
  for (const [capabilities, missing] of [
    ["0000000000000000", /^CAP_NET_ADMIN and CAP_NET_RAW are missing: .*AmbientCapabilities/],
    ["0000000000002000", /^CAP_NET_ADMIN is missing: run carp as root/],
    ["0000000000001000", /^CAP_NET_RAW is missing: run carp as root/],
    ["000001ffffffcfff", /^CAP_NET_ADMIN and CAP_NET_RAW are missing/],
  ] as const) {
    expect(complaint(capabilities)?.message).toMatch(missing);
    expect(complaint(capabilities)?.code).toBe(ExitCode.NoPermission);
  }
});

test("leaves it to the kernel where the capabilities cannot be read", () => {
  expect(() => requirePrivilege("")).not.toThrow();
});
