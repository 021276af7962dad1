import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { pingComplaint, startPinger } from "../../host/demo/client.ts";
import { createLab } from "../../host/demo/lab.ts";
import { canUseNamespaces } from "../../host/demo/namespaces.ts";
import { observe } from "../../host/demo/observer.ts";
import { requireOrSkip } from "../support/require.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = [
  { name: "a", addresses: ["192.168.1.3/24", "2001:db8::3/64"] },
  { name: "b", addresses: ["192.168.1.4/24", "2001:db8::4/64"] },
];

test("hosts reach each other until a port, a cable or a link is taken, and again afterwards", async ({
  skip,
}) => {
  await needLab(skip);
  const lab = await createLab(plan);
  try {
    const { namespace } = lab.host("a");
    const reaches = (address: string) =>
      namespace.run(["ping", "-c", "1", "-W", "1", address]).then(
        () => true,
        () => false,
      );
    const carrier = async () =>
      JSON.parse(await namespace.run(["ip", "-j", "link", "show", "eth0"]))[0].flags.includes("LOWER_UP");
    expect(await reaches("192.168.1.4")).toBe(true);
    expect(await reaches("2001:db8::4")).toBe(true);
    await lab.cut("a");
    expect([await reaches("192.168.1.4"), await carrier()]).toEqual([false, true]);
    await lab.heal("a");
    expect(await reaches("192.168.1.4")).toBe(true);
    await lab.setPort("a", "down");
    expect([await reaches("192.168.1.4"), await carrier()]).toEqual([false, false]);
    await lab.setPort("a", "up");
    await waitFor(carrier, 3000, "the carrier comes back");
    expect(await waitFor(() => reaches("192.168.1.4"), 3000, "ping after the port came back")).toBe(true);
    await lab.setLink("a", "down");
    expect(await reaches("192.168.1.4")).toBe(false);
    await lab.setLink("a", "up");
    await namespace.run(["ip", "addr", "add", "192.168.1.50/32", "dev", "eth0"]);
    await lab.resetAddresses("a");
    const addresses = await namespace.run(["ip", "-br", "addr", "show", "eth0"]);
    expect(addresses).toContain("192.168.1.3/24");
    expect(addresses).toContain("2001:db8::3/64");
    expect(addresses).not.toContain("192.168.1.50");
  } finally {
    await lab.destroy();
  }
});

test("the lab's processes and namespaces end with it", async ({ skip }) => {
  await needLab(skip);
  const lab = await createLab(plan);
  const child = lab.host("a").namespace.start(["sleep", "60"]);
  const holders = [lab.bridge.pid, ...lab.hosts.map((host) => host.namespace.pid)];
  await lab.destroy();
  expect(child.signalCode).toBe("SIGKILL");
  expect(holders.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

test("the lab's processes end when the process that made it is killed", async ({ skip }) => {
  await needLab(skip);
  const lab = await createLab(plan.slice(0, 1));
  const script =
    "const c = require('node:child_process').spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sleep', '60']); console.log(c.pid); setInterval(() => {}, 1000)";
  const parent = lab.host("a").namespace.start([process.execPath, "-e", script]);
  const pid = await new Promise<string>((resolve) =>
    parent.stdout?.once("data", (text) => resolve(String(text).trim())),
  );
  parent.kill("SIGKILL");
  await waitFor(() => !existsSync(`/proc/${pid}`) || undefined, 2000, "the grandchild ends");
  await lab.destroy();
});

test("the observer hears advertisements and announcements, from behind a cut cable as well", async ({
  skip,
}) => {
  await needLab(skip);
  requireOrSkip(await isInstalled("tcpdump"), "tcpdump is not installed", skip);
  requireOrSkip(await isInstalled("ucarp"), "ucarp is not installed", skip);
  const lab = await createLab(plan);
  try {
    const observer = await observe(lab);
    const argv = [
      "-i",
      "eth0",
      "-s",
      "192.168.1.3",
      "-v",
      "7",
      "-p",
      "testpass",
      "-a",
      "192.168.1.50",
      "-f",
      "none",
    ];
    lab.host("a").namespace.start(["ucarp", ...argv, "-r", "1", "-k", "9", "-x", "x"]);
    await waitFor(() => observer.heard(7, "a").length >= 1 || undefined, 5000, "an advertisement");
    await lab.cut("a");
    const before = observer.heard(7, "a").length;
    await waitFor(() => observer.heard(7, "a").length > before || undefined, 5000, "one behind the cut");
    const [first] = observer.heard(7);
    expect(first).toMatchObject({ host: "a", source: "192.168.1.3", advbase: 1, advskew: 9, hopLimit: 255 });
    expect(first.sourceMac).toBe("00:00:5e:00:00:07");
    expect(Math.abs(first.at - Date.now())).toBeLessThan(5000);
    expect(observer.announcements[0]).toMatchObject({
      host: "a",
      address: "192.168.1.50",
      mac: lab.host("a").mac,
    });
    await observer.stop();
  } finally {
    await lab.destroy();
  }
});

test("the client counts lost pings and the longest gap", async ({ skip }) => {
  await needLab(skip);
  requireOrSkip((await pingComplaint()) === undefined, "the ping of iputils is not installed", skip);
  const lab = await createLab(plan);
  try {
    const pinger = startPinger(lab.host("a"), "192.168.1.4");
    await sleep(600);
    expect(pinger.report().sent).toBeGreaterThan(30);
    expect(pinger.report().lost).toBe(0);
    const mark = pinger.mark();
    await lab.cut("b");
    await sleep(500);
    await lab.heal("b");
    await sleep(400);
    const { lost, longestGapMs } = pinger.report(mark);
    expect(longestGapMs).toBeGreaterThan(450);
    expect(longestGapMs).toBeLessThan(900);
    expect(lost).toBeGreaterThan(25);
    expect(lost).toBeLessThan(80);
    pinger.stop();
  } finally {
    await lab.destroy();
  }
});

async function needLab(skip: (reason: string) => void): Promise<void> {
  const ability = await canUseNamespaces();
  const reason = ability.kind === "none" ? ability.reason : "this process is not root of its namespace";
  requireOrSkip(ability.kind === "here", `network namespaces are not to be had: ${reason}`, skip);
}

async function isInstalled(program: string): Promise<boolean> {
  return promisify(execFile)("which", [program]).then(
    () => true,
    () => false,
  );
}
