import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { expect, test } from "vitest";
import { longestGapMs, nodeStatus } from "../support/adverts.ts";
import { electByHand } from "../support/elect.ts";
import { withNetwork } from "../support/network.ts";
import { address } from "../support/pair.ts";
import { sleep } from "../support/wait.ts";

const plan = [
  { name: "one", addresses: ["192.168.1.3/24"] },
  { name: "two", addresses: ["192.168.1.4/24"] },
];
const measuredMs = process.env.CARP_LONG === "1" ? 600_000 : 4000;

test("H14: four busy programs on every processor: advertisements on time, nobody takes over, the lateness is told", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const { one, two } = await electByHand(network, { vhid: 1, addresses: [address] });
    const spinners = Array.from({ length: 4 * cpus().length }, () =>
      spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
    );
    try {
      await sleep(500);
      const from = Date.now();
      await sleep(measuredMs);
      const heard = network.observer.heard(1, "one").filter(({ at }) => at > from);
      expect(heard.length).toBeGreaterThanOrEqual(measuredMs / 1000 - 1);
      expect(longestGapMs(heard)).toBeLessThan(1200);
    } finally {
      for (const spinner of spinners) spinner.kill("SIGKILL");
    }
    const { lateness_ms: lateness, scheduling, virtual_hosts } = await nodeStatus(one);
    expect(virtual_hosts).toMatchObject([{ state: "MASTER", transitions: 2 }]);
    expect(["fifo", "nice"]).toContain(scheduling);
    expect(lateness.count).toBeGreaterThanOrEqual(measuredMs / 1000);
    expect(lateness.p50).toBeLessThanOrEqual(lateness.p99);
    expect(lateness.p99).toBeLessThanOrEqual(lateness.max);
    expect(lateness.max).toBeLessThan(200);
    expect((await two.status())[0]).toMatchObject({ state: "BACKUP", transitions: 1 });
  });
});
