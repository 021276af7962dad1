import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readCapture } from "../../host/nic/pcap.ts";
import type { TransitionEvent } from "../../host/node/api.ts";
import { electOne } from "../support/elect.ts";
import { requireProgram, withNetwork } from "../support/network.ts";
import { ifconfig, runCarp, sysctl } from "../support/operator.ts";
import { address, waitForState } from "../support/pair.ts";
import { sleep, waitFor } from "../support/wait.ts";

const needs = ["carp", "tcpdump"] as const;
const plan = [
  { name: "one", addresses: ["192.168.1.3/24"] },
  { name: "two", addresses: ["192.168.1.4/24"] },
];
const pass = "nobody reads this";

test.concurrent("the flight recorder: a takeover is in a file, the last words of a node too, and all can be asked for", async ({
  skip,
}) => {
  await requireProgram("tshark", skip);
  await withNetwork(skip, needs, plan, async (network) => {
    const folder = join(network.folder, "records");
    const virtual = { vhid: 1, addresses: [address], pass, more: ["--record-dir", folder] };
    const { one, two } = await electOne(network, virtual);
    await waitFor(() => recordsIn(folder).length === 1, 5000, "the file of the election");
    await one.stop("SIGKILL");
    await waitForState(two, 1, "MASTER", 5000);
    await waitFor(() => recordsIn(folder).length === 2, 5000, "the file of the takeover");
    const takeover = recordsIn(folder)[1];
    const lines = commentsOf(takeover);
    expect(lines).toHaveLength([...readCapture(readFileSync(takeover), takeover)].length);
    const lastHeard = lines.lastIndexOf("ok");
    expect(lastHeard).toBeGreaterThan(0);
    expect(lines.slice(lastHeard + 1)).toContain("sent");

    const asked = join(network.folder, "asked.pcapng");
    expect(await runCarp(["record", "--socket", two.socket, asked])).toMatchObject({ code: 0, out: "" });
    expect(commentsOf(asked).length).toBeGreaterThanOrEqual(lines.length);

    expect(await two.stop("SIGTERM")).toBe(0);
    const last = recordsIn(folder).at(-1) as string;
    expect(last).not.toBe(takeover);
    const [bowOut] = [...readCapture(readFileSync(last), last)].map(({ bytes }) => bytes).slice(-1);
    expect([bowOut[39], bowOut[36]]).toEqual([255, 255]);
    for (const file of [...recordsIn(folder), asked]) expect(readFileSync(file).includes(pass)).toBe(false);
  });
});

test.concurrent("a recorded run: takeovers, kills and an operator's orders are replayed to the same transitions", async ({
  skip,
}) => {
  await withNetwork(skip, needs, plan, async (network) => {
    const virtual = { vhid: 1, addresses: [address], pass, preempt: true };
    const run = join(network.folder, "run");
    const { one, two } = await electOne(network, virtual, { more: ["--record-run", run] });
    await one.stop("SIGKILL");
    await waitForState(two, 1, "MASTER", 6000);
    await network.carp("one", virtual);
    await waitForState(two, 1, "BACKUP", 6000);
    expect((await ifconfig(two, "vhid 1 state master")).code).toBe(0);
    expect((await sysctl(two, "net.inet.carp.demotion=240")).code).toBe(0);
    await waitForState(two, 1, "BACKUP", 6000);
    const { transitions } = (await two.status())[0];
    const history = await runCarp(["history", "--json", "--socket", two.socket]);
    const told = history.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as TransitionEvent);
    expect(told).toHaveLength(transitions);
    const takeover = told.find(({ reason }) => reason === "master timed out");
    expect(takeover).toMatchObject({
      own: { advbase: 1, advskew: 100, demotion: 0 },
      heard: {
        source: "192.168.1.3",
        advbase: 1,
        advskew: 0,
        counter: expect.stringMatching(/^0x[\da-f]{16}$/),
      },
      master_down_ms: 3390.625,
      apply_ms: expect.any(Number),
    });
    const since = takeover?.since_last_advertisement_ms as number;
    expect(since - (takeover?.apply_ms as number)).toBeGreaterThan(3380);
    expect(since - (takeover?.lateness_ms as number) - (takeover?.apply_ms as number)).toBeLessThan(3450);
    await sleep(1200);
    await two.stop("SIGKILL");

    const passFile = join(network.folder, "replay.pass");
    writeFileSync(passFile, `${pass}\n`, { mode: 0o600 });
    const replayed = await runCarp(["replay", "--pass-file", passFile, run]);
    expect(replayed).toMatchObject({ code: 0, err: expect.stringContaining("as recorded") });
    const lines = replayed.out.trim().split("\n");
    expect(lines.length).toBe(transitions);
    expect(replayed.out).toContain("1@eth0: BACKUP -> MASTER (master timed out)");
    expect(replayed.out).toContain("1@eth0: MASTER -> BACKUP (more frequent advertisement received)");
    expect(replayed.out).toContain("1@eth0: BACKUP -> MASTER (user requested via ifconfig)");
    expect(readFileSync(run).includes(pass)).toBe(false);
  });
});

function recordsIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".pcapng"))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** What tshark shows as the comments of a file's frames. */
function commentsOf(file: string): string[] {
  const argv = ["-r", file, "-T", "fields", "-e", "frame.comment"];
  return execFileSync("tshark", argv, { stdio: ["ignore", "pipe", "pipe"] })
    .toString()
    .trim()
    .split("\n");
}
