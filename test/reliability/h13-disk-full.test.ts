import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { longestGapMs, makeMaster } from "../support/adverts.ts";
import { withNetwork } from "../support/network.ts";
import { address } from "../support/pair.ts";
import { requireOrSkip } from "../support/require.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = [{ name: "one", addresses: ["192.168.1.3/24"] }];

test.concurrent("H13: a full disk under the counter file: one warning, and the node runs on", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const folder = join(network.folder, "state");
    mkdirSync(folder);
    const unmount = mountFull(folder, skip);
    try {
      const more = ["--state-dir", folder];
      const node = await network.carp("one", { vhid: 1, addresses: [address], more });
      await makeMaster(node);
      const warnings = () =>
        node.lines.filter(({ text }) => /warning: the counters are not kept: ENOSPC/.test(text));
      await waitFor(() => warnings().length === 1, 1000, "a warning");
      await sleep(2200);
      expect(longestGapMs(network.observer.heard(1))).toBeLessThan(1200);
      expect((await node.status())[0]).toMatchObject({ state: "MASTER", problem: null });
      expect(await node.stop("SIGTERM")).toBe(0);
      expect(warnings()).toHaveLength(1);
      expect(readdirSync(folder)).not.toContain("counter");
    } finally {
      unmount();
    }
  });
});

test.concurrent("H13: a counter file that is damaged, or absurd, is ignored with a warning", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const more = ["--state-dir", network.folder];
    writeFileSync(join(network.folder, "counter"), "carp counter 1 00");
    const node = await network.carp("one", { vhid: 1, addresses: [address], more });
    await makeMaster(node);
    const warning = /warning: \S+counter is damaged: counters begin with the clock/;
    expect(node.lines.filter(({ text }) => warning.test(text))).toHaveLength(1);
    const [{ counter }] = await waitFor(
      () => network.observer.heard(1).length > 0 && network.observer.heard(1),
      1000,
      "an advertisement",
    );
    expect(Math.abs(Number(counter >> 32n) - Date.now() / 1000)).toBeLessThan(10);
  });
});

/** A disk on which nothing more fits; returns what takes it away. */
function mountFull(folder: string, skip: (reason: string) => void): () => void {
  let trouble = "";
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], { stdio: "pipe" });
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  requireOrSkip(trouble === "", `tmpfs cannot be mounted: ${trouble}`, skip);
  expect(() => writeFileSync(join(folder, "filler"), Buffer.alloc(128 * 1024))).toThrow("ENOSPC");
  return () => void execFileSync("umount", ["--lazy", folder]);
}
