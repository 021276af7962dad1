import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readStatus } from "../../host/control/client.ts";
import { startOn } from "../../host/demo/nodes.ts";
import { longestGapMs, makeMaster } from "../support/adverts.ts";
import { createFalseClock, type FalseClock } from "../support/false-clock.ts";
import { type Network, program, withNetwork } from "../support/network.ts";
import { runCarp } from "../support/operator.ts";
import { address } from "../support/pair.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = ["one", "two"].map((name, index) => ({ name, addresses: [`192.168.1.${3 + index}/24`] }));
const hourMs = 3_600_000;

test.concurrent("H4: a wall clock that is set back and forth, on both hosts: no effect but the times in the log", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const clocks = ["one", "two"].map(() => createFalseClock(network.folder, skip));
    const one = await launch(network, "one", clocks[0], ["--advskew", "0"]);
    await makeMaster(one);
    const two = await launch(network, "two", clocks[1], ["--advskew", "100"]);
    await waitFor(() => two.isIn("BACKUP"), 10_000, "two is BACKUP");
    const from = Date.now();
    const steps = [288_000, -288_000, hourMs, -hourMs, 0, -hourMs, 40 * 24 * hourMs];
    for (const step of steps) {
      for (const clock of clocks) clock.set(step);
      await sleep(300);
    }
    for (let strobe = 0; strobe < 100; strobe++) {
      clocks[strobe % 2].set((strobe % 4 < 2 ? -1 : 1) * 288_000 * Math.abs(Math.sin(strobe)));
      await sleep(30);
    }
    const heard = network.observer.heard(1).filter(({ at }) => at > from);
    expect(heard.map(({ host }) => host)).not.toContain("two");
    expect(heard.length).toBeGreaterThanOrEqual(4);
    expect(longestGapMs(heard)).toBeLessThan(1200);
    expect((await two.status()).transitions).toBe(1);
    expect((await one.status()).transitions).toBe(2);
    const counters = heard.map(({ counter }) => counter);
    expect(counters).toEqual([...counters].sort((a, b) => (a < b ? -1 : 1)));
    // Without this, nothing would have been tried.
    clocks[0].set(-hourMs);
    await runCarp(["sysctl", "--socket", one.socket, "net.inet.carp.demotion=1"]);
    const line = await waitFor(
      () => one.lines.find(({ text }) => text.includes("demoted by 1 to 1")),
      1000,
      "a line",
    );
    const toldMs = Date.parse(/\S+T\S+/.exec(line.text)?.[0] ?? "");
    expect(Math.abs(line.at - hourMs - toldMs)).toBeLessThan(2000);
    for (const clock of clocks) clock.close();
  });
});

test.concurrent("H4: a node that is killed, and starts again an hour earlier, sends no counter twice", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const clock = createFalseClock(network.folder, skip);
    const state = ["--state-dir", network.folder];
    const counters = () => network.observer.heard(1, "one").map(({ counter }) => counter);
    let sent = 0;
    for (const [offsetMs, signal] of [
      [0, "SIGKILL"],
      [-hourMs, "SIGTERM"],
      [-2 * hourMs, "SIGKILL"],
    ] as const) {
      clock.set(offsetMs);
      const node = await launch(network, "one", clock, state);
      await makeMaster(node);
      await waitFor(() => counters().length >= sent + 2, 9000, "two more advertisements");
      await node.stop(signal);
      sent = counters().length;
    }
    const all = counters();
    expect(all.length).toBeGreaterThanOrEqual(6);
    expect(all).toEqual([...new Set(all)].sort((a, b) => (a < b ? -1 : 1)));
    clock.close();
  });
});

async function launch(network: Network, host: string, clock: FalseClock, more: readonly string[]) {
  const passFile = join(network.folder, "pass");
  const socket = join(network.folder, `${++launches}.sock`);
  await writeFile(passFile, "testpass\n", { mode: 0o600 });
  const argv = [
    "up",
    "--socket",
    socket,
    "--interface",
    "eth0",
    "--vhid",
    "1",
    "--pass-file",
    passFile,
    ...more,
  ];
  const child = startOn(network.lab.host(host), [
    ...clock.prefix,
    process.execPath,
    program,
    ...argv,
    `${address}/32`,
  ]);
  const status = async () => (await readStatus(socket)).virtual_hosts[0];
  return { ...child, socket, status, isIn: async (state: string) => (await status()).state === state };
}

let launches = 0;
