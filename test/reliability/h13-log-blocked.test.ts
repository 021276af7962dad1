import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readStatus, reload } from "../../host/control/client.ts";
import { longestGapMs, makeMaster } from "../support/adverts.ts";
import { type Network, program, withNetwork } from "../support/network.ts";
import { sleep } from "../support/wait.ts";

/** What stderr is, where nobody takes what the node has to say. */
const sinks = [
  "a pipe that nobody reads",
  "a socket that nobody reads",
  "a socket whose reader has gone",
  "a full disk",
];

test.concurrent("H13: a log that nobody takes, or can take: advertisements go on, lines are counted, SIGTERM is obeyed", async ({
  skip,
}) => {
  const plan = sinks.map((_, index) => ({ name: `h${index}`, addresses: [`192.168.1.${index + 2}/24`] }));
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const nodes = await Promise.all(sinks.map((_, index) => launch(network, index)));
    try {
      await Promise.all(
        nodes.map(({ child, socket }) => makeMaster({ socket, hasEnded: child.exitCode !== null })),
      );
      // Each reading of this file is some 250 KiB of log, more than a pipe and the queue in front of it hold.
      await Promise.all(nodes.map(({ rcConf }) => writeFile(rcConf, mistakes, { mode: 0o600 })));
      const from = Date.now();
      for (let time = 0; time < 2; time++)
        await Promise.all(nodes.map(({ socket }) => reload(socket).catch(() => undefined)));
      await sleep(2500);
      for (const [index, { child, socket }] of nodes.entries()) {
        const name = sinks[index];
        const heard = network.observer.heard(index + 1).filter(({ at }) => at > from);
        expect(heard.length, name).toBeGreaterThanOrEqual(2);
        expect(longestGapMs(heard), name).toBeLessThan(1200);
        const status = await readStatus(socket);
        expect(status.virtual_hosts, name).toMatchObject([{ state: "MASTER" }]);
        expect(status.log_lines_dropped, name).toBeGreaterThan(1000);
        child.kill("SIGTERM");
        expect(await once(child, "exit"), name).toEqual([0, null]);
        expect(network.observer.heard(index + 1).at(-1), name).toMatchObject({ advbase: 255, advskew: 255 });
      }
    } finally {
      for (const { child } of nodes) child.kill("SIGKILL");
    }
  });
});

const mistakes = Array.from(
  { length: 2500 },
  (_, index) => `ifconfig_em0_alias${index}="inet vhid 999 alias 10.0.0.1/32"\n`,
).join("");

interface Silenced {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly rcConf: string;
}

async function launch(network: Network, index: number): Promise<Silenced> {
  const [socket, rcConf, pipe] = ["sock", "conf", "pipe"].map((kind) =>
    join(network.folder, `${index}.${kind}`),
  );
  await writeFile(
    rcConf,
    `ifconfig_em0_alias0="inet vhid ${index + 1} pass testpass alias 192.168.1.${index + 50}/32"\n`,
    { mode: 0o600 },
  );
  const host = network.lab.host(`h${index}`);
  let stderr: number | "pipe" = "pipe";
  if (index === 0) {
    await host.namespace.run(["mkfifo", pipe]);
    stderr = openSync(pipe, "r+");
  } else if (index === 3) stderr = openSync("/dev/full", "w");
  const argv = ["--target", String(host.namespace.pid), "--net", "--", process.execPath, program];
  const options = ["up", "--socket", socket, "--rc-conf", rcConf, "--map", "em0=eth0"];
  const child = spawn("nsenter", [...argv, ...options], { stdio: ["ignore", "ignore", stderr] });
  if (index === 2) child.stderr?.destroy();
  if (typeof stderr === "number" && index === 3) closeSync(stderr);
  return { child, socket, rcConf };
}
