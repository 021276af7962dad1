import { expect, it } from "vitest";
import type { Configuration } from "../../host/config/model.ts";
import { ExitCode } from "../../host/errors.ts";
import { startNode } from "../../host/node/start.ts";
import { requireOrSkip } from "../support/require.ts";

it("ends the packet thread again, with the operator's error, where the machine does not fit", async ({
  skip,
}) => {
  requireOrSkip(process.platform === "linux", "netlink is Linux's", skip);
  const configuration = configurationOf(["none0"]);
  const started = startNode({ configuration, io: "packet", sourceMac: "virtual" });
  await expect(started).rejects.toMatchObject({
    code: ExitCode.Configuration,
    message: expect.stringMatching(/no interface none0/),
  });
});

it("says how many interfaces there may be, however many there are", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "netlink is Linux's", skip);
  const configuration = configurationOf(Array.from({ length: 300 }, (_, index) => `none${index}`));
  const started = startNode({ configuration, io: "packet", sourceMac: "virtual" });
  await expect(started).rejects.toMatchObject({
    code: ExitCode.Configuration,
    message: expect.stringMatching(/^300 interfaces are configured/),
  });
});

/** A virtual host on each interface. */
function configurationOf(interfaceNames: readonly string[]): Configuration {
  const virtualHosts = interfaceNames.map((interfaceName, index) => ({
    interfaceName,
    vhid: 1,
    advbase: 1,
    advskew: 0,
    pass: new Uint8Array(0),
    addresses: [
      { family: 4, address: `192.0.${2 + (index >> 8)}.${1 + (index & 127)}`, prefixLength: 24 } as const,
    ],
    virtualMac: false,
    position: { file: "test", line: 1, column: 1 },
  }));
  return { preempt: false, ownAddresses: [], virtualHosts };
}
