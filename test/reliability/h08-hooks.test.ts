import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, test } from "vitest";
import { Hooks, type HookTransition } from "../../host/hooks/hooks.ts";
import { longestGapMs, nodeStatus } from "../support/adverts.ts";
import { withNetwork } from "../support/network.ts";
import { address, waitForState } from "../support/pair.ts";
import { waitFor } from "../support/wait.ts";

let folder: string;
let lines: string[];
let hooks: Hooks;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "carp-hook-"));
  lines = [];
  hooks = new Hooks((level, message) => lines.push(`${level}: ${message}`), {
    terminateMs: 300,
    killMs: 600,
  });
});
afterEach(async () => {
  await hooks.close(0);
  rmSync(folder, { recursive: true, force: true });
});

describe("H8: a hook that does not end", () => {
  it("is asked to after a while, and ended after another, with whatever it has started; then the next one runs", async () => {
    const pids = join(folder, "pids");
    hooks.use(program(`trap '' TERM\nsleep 60 &\necho $$ $! >> ${pids}\nwait\nwait\nsleep 60`));
    hooks.note(transition("MASTER"));
    await waitFor(
      () => existsSync(pids) && readFileSync(pids, "utf8").trim().split(" ").length === 2,
      2000,
      "its processes",
    );
    const [leader, child] = readFileSync(pids, "utf8").trim().split(" ").map(Number);
    hooks.use(program("exit 3"));
    hooks.note(transition("BACKUP"));
    await waitFor(() => lines.length === 2, 3000, "the end of both");
    expect(lines).toEqual([
      "warning: the hook for 1@eth0 has not ended after 0.3 s: it is ended",
      "warning: the hook for 1@eth0 ended with code 3",
    ]);
    expect(hooks.timeouts).toBe(1);
    await waitFor(() => !isAlive(leader) && !isAlive(child), 1000, "the end of its processes");
  });

  it("holds up its own virtual host only, which is told the latest state and none in between", async () => {
    const told = join(folder, "told");
    hooks.use(program(`echo "$2 $3" >> ${told}\n[ "$2 $3" = "1@eth0 MASTER" ] && sleep 0.2`));
    hooks.note(transition("MASTER"));
    await waitFor(() => existsSync(told), 2000, "the first");
    for (const to of ["BACKUP", "MASTER", "BACKUP", "INIT"]) hooks.note(transition(to));
    hooks.note({ ...transition("MASTER"), vhid: 2 });
    await waitFor(() => readFileSync(told, "utf8").split("\n").length === 4, 2000, "the last");
    expect(readFileSync(told, "utf8")).toBe("1@eth0 MASTER\n2@eth0 MASTER\n1@eth0 INIT\n");
  });

  it("leaves nothing behind that it has started, when it ends at last", async () => {
    const pids = join(folder, "pids");
    hooks.use(
      program(`(trap '' TERM; echo ready >> ${pids}; sleep 60 & echo $! >> ${pids}; wait; wait) &\nwait`),
    );
    hooks.note(transition("MASTER"));
    await waitFor(
      () => existsSync(pids) && readFileSync(pids, "utf8").split("\n").length === 3,
      2000,
      "its processes",
    );
    const child = Number(readFileSync(pids, "utf8").split("\n")[1]);
    await waitFor(() => hooks.timeouts === 1, 1000, "its time is over");
    await waitFor(() => !isAlive(child), 200, "the end of its process");
  });

  it("of many virtual hosts: eight at once, and all of them in the end", async () => {
    const told = join(folder, "told");
    hooks.use(program(`echo + >> ${told}\nsleep 0.1\necho - >> ${told}`));
    for (let vhid = 1; vhid <= 20; vhid++) hooks.note({ ...transition("MASTER"), vhid });
    await hooks.close(20_000);
    const steps = readFileSync(told, "utf8").trim().split("\n");
    let running = 0;
    const most = Math.max(...steps.map((step) => (running += step === "+" ? 1 : -1)));
    expect(steps).toHaveLength(40);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });
});

describe("H9: a hook and what it is told", () => {
  it.each(["a;id", "$(id)", "`id`", "a'b\"c", "a\x1b[31m", "-n", "*", "é\u202e"])(
    "the interface %j reaches it byte for byte, and no shell sees it",
    async (name) => {
      const told = join(folder, "told");
      hooks.use(
        program(
          `exec > ${told}.new\nprintf '%s\\0' "$0" "$@" "$CARP_INTERFACE" "$CARP_STATE" "$CARP_FROM" "$CARP_REASON"\nmv ${told}.new ${told}`,
        ),
      );
      hooks.note({ ...transition("MASTER"), interface: name });
      await waitFor(() => existsSync(told), 3000, "what it was told");
      const words = readFileSync(told, "utf8").split("\0");
      expect(words.slice(1)).toEqual([
        "carp",
        `1@${name}`,
        "MASTER",
        name,
        "MASTER",
        "BACKUP",
        "master timed out",
        "",
      ]);
      expect(lines).toEqual([]);
    },
  );

  it("its environment is ours to name, and it is in no terminal's and no node's group", async () => {
    const told = join(folder, "told");
    process.env.CARP_TEST_SECRET = "secret";
    hooks.use(
      program(
        `exec > ${told}.new\ncat /proc/self/environ\ncut -d' ' -f5 /proc/$$/stat\necho $$\npwd\nmv ${told}.new ${told}`,
      ),
    );
    hooks.note(transition("MASTER"));
    await waitFor(() => existsSync(told), 3000, "what it was told");
    delete process.env.CARP_TEST_SECRET;
    const parts = readFileSync(told, "utf8").split("\0");
    const names = parts.slice(0, -1).map((entry) => entry.split("=")[0]);
    const shell = ["PWD", "OLDPWD", "SHLVL", "_"];
    expect(names.filter((name) => !shell.includes(name)).sort()).toEqual([
      "CARP_AT",
      "CARP_FROM",
      "CARP_INTERFACE",
      "CARP_PEER",
      "CARP_REASON",
      "CARP_STATE",
      "CARP_VHID",
      "LANG",
      "PATH",
    ]);
    const [group, pid, place] = (parts.at(-1) ?? "").trim().split("\n");
    expect([group, place]).toEqual([pid, "/"]);
  });

  it("is not run once others can change it, and that is told once", async () => {
    const told = join(folder, "told");
    const path = program(`touch ${told}`);
    hooks.use(path);
    chmodSync(path, 0o777);
    for (const to of ["MASTER", "BACKUP"]) hooks.note(transition(to));
    expect(lines).toEqual([`error: the hook ${path} can be changed by others: chmod go-w ${path}`]);
    await hooks.close(1000);
    expect(existsSync(told)).toBe(false);
  });
});

test("H8: a hook that sleeps for a minute, at every transition of a running node: advertisements on time", async ({
  skip,
}) => {
  await withNetwork(
    skip,
    ["carp", "tcpdump"],
    [{ name: "one", addresses: ["192.168.1.3/24"] }],
    async (network) => {
      const told = join(folder, "told");
      const path = program(`echo "$@" >> ${told}\ntrap '' TERM\nsleep 60`);
      const one = await network.carp("one", { vhid: 1, addresses: [address], more: ["--hook", path] });
      await waitForState(one, 1, "MASTER", 15_000);
      await waitFor(async () => (await nodeStatus(one)).hook_timeouts > 0, 7000, "its time is over");
      const heard = network.observer.heard(1);
      expect(heard.length).toBeGreaterThanOrEqual(2);
      expect(longestGapMs(heard)).toBeLessThan(1200);
      expect((await one.status())[0]).toMatchObject({ state: "MASTER", transitions: 2 });
      expect(readFileSync(told, "utf8").split("\n")[0]).toBe("carp 1@eth0 BACKUP");
      const stoppedMs = Date.now();
      expect(await one.stop("SIGTERM")).toBe(0);
      expect(Date.now() - stoppedMs).toBeLessThan(7000);
      expect(network.observer.heard(1).at(-1)).toMatchObject({ advbase: 255, advskew: 255 });
    },
  );
});

function transition(to: string): HookTransition {
  const [at, reason] = ["2026-11-25T12:00:00.000Z", "master timed out"];
  return { at, interface: "eth0", vhid: 1, from: "BACKUP", to, reason, peer: null };
}

let programs = 0;

function program(body: string): string {
  const path = join(folder, `hook${++programs}`);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

/** What nobody has waited for yet has ended all the same. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
