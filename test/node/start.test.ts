import { expect, it } from "vitest";
import { ExitCode } from "../../host/errors.ts";
import { startNode } from "../../host/node/start.ts";
import { requireOrSkip } from "../support/require.ts";

it("ends the packet thread again, with the operator's error, where the machine does not fit", async ({
  skip,
}) => {
  requireOrSkip(process.platform === "linux", "netlink is Linux's", skip);
  const configuration = {
    preempt: false,
    ownAddresses: [],
    virtualHosts: [
      {
        interfaceName: "none0",
        vhid: 1,
        advbase: 1,
        advskew: 0,
        pass: new Uint8Array(0),
        addresses: [{ family: 4, address: "192.0.2.1", prefixLength: 24 } as const],
        virtualMac: false,
        position: { file: "test", line: 1, column: 1 },
      },
    ],
  };
  const started = startNode({ configuration, io: "packet", sourceMac: "virtual" });
  await expect(started).rejects.toMatchObject({
    code: ExitCode.Configuration,
    message: expect.stringMatching(/no interface none0/),
  });
});
