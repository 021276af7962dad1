import { execFile } from "node:child_process";
import { chmodSync, chownSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startNode } from "../../host/demo/nodes.ts";
import { makeMaster } from "../support/adverts.ts";
import { program, withNetwork } from "../support/network.ts";
import { address, waitForAddress } from "../support/pair.ts";
import { requireOrSkip } from "../support/require.ts";

const nobody = 65_534;
const units = fileURLToPath(new URL("../../contrib/systemd", import.meta.url));
const CAP_NET_ADMIN = 1n << 12n;
const CAP_NET_RAW = 1n << 13n;

/** As the unit starts it: its own user, and two capabilities. */
const asUnit = [
  "setpriv",
  ...["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups", "--no-new-privs"],
  ...["--inh-caps", "-all,+net_raw,+net_admin", "--ambient-caps", "-all,+net_raw,+net_admin"],
  ...["--bounding-set", "-all,+net_raw,+net_admin"],
];

test.concurrent("H17: a node that is nobody with CAP_NET_RAW and CAP_NET_ADMIN takes over, and has nothing else", async ({
  skip,
}) => {
  const isMapped = readFileSync("/proc/self/uid_map", "utf8").trim().split(/\s+/)[2] !== "1";
  requireOrSkip(isMapped, "this user namespace has no other user", skip);
  await withNetwork(
    skip,
    ["carp", "tcpdump"],
    [{ name: "one", addresses: ["192.168.1.3/24"] }],
    async (network) => {
      const passFile = join(network.folder, "pass");
      writeFileSync(passFile, "testpass\n", { mode: 0o600 });
      for (const path of [network.folder, passFile]) chownSync(path, nobody, nobody);
      chmodSync(network.folder, 0o700);
      const host = network.lab.host("one");
      const { namespace } = host;
      const entered = {
        ...host,
        namespace: {
          ...namespace,
          start: (argv: readonly string[]) => namespace.start([...asUnit, ...argv]),
        },
      };
      const argv = ["--interface", "eth0", "--vhid", "1", "--pass-file", passFile, "--vmac", `${address}/32`];
      const node = startNode(entered, program, join(network.folder, "n.sock"), argv);
      await makeMaster(node);
      const both = CAP_NET_ADMIN | CAP_NET_RAW;
      for (const task of readdirSync(`/proc/${node.pid}/task`)) {
        const status = readFileSync(`/proc/${node.pid}/task/${task}/status`, "utf8");
        const value = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
        for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(BigInt(`0x${value(set)}`), set).toBe(both);
        expect([value("NoNewPrivs"), value("Uid").split("\t")[1], value("Groups").trim()]).toEqual([
          "1",
          String(nobody),
          "",
        ]);
      }
      expect(await node.stop("SIGTERM")).toBe(0);
      await waitForAddress(network, "one", "gone", 500);
    },
  );
});

test.concurrent("H17: the units are given 2.0 or better by systemd-analyze", async ({ skip }) => {
  const run = promisify(execFile);
  const found = await run("systemd-analyze", ["--version"]).catch(() => undefined);
  requireOrSkip(found !== undefined, "systemd-analyze is not installed", skip);
  const services = readdirSync(units).filter((name) => name.endsWith(".service"));
  expect(services).toContain("carp.service");
  for (const service of services) {
    const argv = ["security", "--offline=true", "--no-pager", "--threshold=20", join(units, service)];
    const { stdout } = await run("systemd-analyze", argv);
    expect(Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]), service).toBeLessThanOrEqual(2);
  }
});
