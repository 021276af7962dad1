import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabNode } from "../../host/demo/nodes.ts";
import { waitForAnswer } from "../support/elect.ts";
import { withNetwork } from "../support/network.ts";
import { ifconfig, runCarp, sysctl } from "../support/operator.ts";
import { waitForState } from "../support/pair.ts";
import { read } from "../support/sources.ts";
import { sleep, waitFor } from "../support/wait.ts";

/** H18: the pass phrase is in the file that it came from, and nowhere that anybody else can look. */
const key = "Xq7wPz-K3yV9nB2m";
const other = "Lr4tHd-S8cJ6fG1u";
const plan = [
  { name: "one", addresses: ["192.168.1.3/24"] },
  { name: "two", addresses: ["192.168.1.4/24"] },
];
const own = 'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"';
const good = `ifconfig_em0_alias0="inet vhid 1 advskew 0 pass ${key} alias 192.168.1.50/32"`;
const wrong = [
  `ifconfig_em0_alias0="inet vhid 1 advskew 300 pass ${key} alias 192.168.1.50/32"`,
  `ifconfig_em0_alias0="inet vhid 1 pass ${key} ${key} alias 192.168.1.50/32"`,
  `ifconfig_em0_alias0="inet vhid 1 passwd ${key} alias 192.168.1.50/32"`,
  `ifconfig_em0_alias0="inet vhid 1 pass=${key} alias 192.168.1.50/32"`,
  `ifconfig_em0_alias0="inet vhid 1 pass ${key}${key} alias 192.168.1.50/32"`,
  `ifconfig_em0_alias0="inet vhid 1 pass ${key} alias 192.168.1.50/32`,
  `ifconfig_em0_alias0="inet vhid 1 pass '${key}' alias 192.168.1.50/32"`,
];

test("the pass phrase is in no answer, log line, message, argument or environment", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const file = join(network.folder, "rc.conf");
    await writeFile(file, `${own}\n${good}\n`, { mode: 0o600 });
    const one = await network.carpFromRcConf("one", [own, good]);
    const two = await network.carp("two", { vhid: 1, addresses: ["192.168.1.50"], pass: other });
    await Promise.all([one, two].map(waitForAnswer));
    await Promise.all([one, two].map((node) => sysctl(node, "net.inet.carp.log=2")));
    const monitor = network.lab
      .host("one")
      .namespace.start([
        ...[process.execPath, join(process.cwd(), "build/host/main.js")],
        ...["monitor", "--json", "--socket", one.socket],
      ]);
    let monitored = "";
    monitor.stdout?.on("data", (chunk: Buffer) => {
      monitored += chunk;
    });
    await waitForState(one, 1, "MASTER", 6000);
    // The other has another key: what it sends is dropped, and said so at level 2.
    await waitForState(two, 1, "MASTER", 6000);
    await waitFor(() => one.lines.some(({ text }) => text.includes("bad auth")), 4000, "a dropped packet");
    await sleep(200);

    const told = new Map<string, string>([
      ...(await answersOf(one)),
      ...(await commandsOf(one)),
      ...(await mistakesOf(network.folder)),
      ["monitor", monitored],
    ]);
    process.kill(one.pid, "SIGUSR1");
    await sleep(300);
    for (const name of ["cmdline", "environ", "status"]) {
      told.set(name, await readFile(`/proc/${one.pid}/${name}`, "utf8"));
    }
    for (const node of [one, two])
      told.set(`log of ${node.pid}`, node.lines.map(({ text }) => text).join("\n"));
    for (const [where, text] of told) expect(findings(text), where).toEqual([]);
    expect(told.size).toBeGreaterThan(25);
    expect([...told.values()].filter((text) => text.length > 20).length).toBeGreaterThan(20);
    monitor.kill("SIGTERM");
  });
}, 60_000);

test("the look for it finds it in whatever form", () => {
  expect(findings(good)).toEqual(["as it is"]);
  expect(findings(JSON.stringify({ pass_hex: Buffer.from(key).toString("hex").toUpperCase() }))).toEqual([
    "hexadecimal",
  ]);
  expect(findings(`a ${Buffer.from(key).toString("base64")} b`)).toEqual(["base64"]);
  expect(findings([...Buffer.from(key)].join(","))).toEqual(["a list of bytes"]);
  expect(findings("testpass")).toEqual([]);
});

test("a node of the unit leaves no core file", () => {
  expect(read("contrib/systemd/carp.service")).toMatch(/^LimitCORE=0$/m);
});

/** In which forms one of the keys, or the half of one, is in the text. */
function findings(text: string): string[] {
  const forms: [string, (bytes: Buffer) => string][] = [
    ["as it is", (bytes) => bytes.toString()],
    ["hexadecimal", (bytes) => bytes.toString("hex")],
    ["base64", (bytes) => bytes.toString("base64").replace(/=+$/, "")],
    ["a list of bytes", (bytes) => [...bytes].join(",")],
  ];
  const folded = text.toLowerCase();
  return forms.flatMap(([name, form]) =>
    [key, other].some((one) => folded.includes(form(Buffer.from(one).subarray(0, 9)).toLowerCase()))
      ? [name]
      : [],
  );
}

/** What the control socket answers, to what it can be asked and to what it cannot. */
async function answersOf(node: LabNode): Promise<[string, string][]> {
  const hex = Buffer.from(key).toString("hex");
  const asked: [string, string, unknown?][] = [
    ["GET", "/v1/status"],
    ["GET", "/v1/sysctl/net.inet.carp.preempt"],
    ["PATCH", "/v1/vhid/eth0/1", { pass_hex: hex }],
    ["PATCH", "/v1/vhid/eth0/1", { pass_hex: `${hex}${hex}` }],
    ["PATCH", "/v1/vhid/eth0/1", { pass_hex: `${hex}z` }],
    ["PATCH", "/v1/vhid/eth0/1", { pass: key }],
    ["PATCH", "/v1/vhid/eth0/999", { pass_hex: hex }],
    ["PATCH", "/v1/vhid/eth9/1", { pass_hex: hex, addresses: ["192.168.1.50/32"] }],
    ["POST", "/v1/reload"],
  ];
  return Promise.all(
    asked.map(async ([method, path, body]) => [
      `${method} ${path} ${JSON.stringify(body ?? "").length}`,
      await ask(node.socket, method, path, body),
    ]),
  );
}

function ask(socketPath: string, method: string, path: string, body: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const asked = request({ socketPath, method, path, headers }, (answer) => {
      let text = `${answer.statusCode} `;
      answer.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      answer.on("end", () => resolve(text));
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function commandsOf(node: LabNode): Promise<[string, string][]> {
  const commands = [
    ["status"],
    ["status", "1"],
    ["status", "--json"],
    ["status", "--check"],
    ["ifconfig"],
    ["sysctl"],
    ["reload"],
  ];
  const outcomes = await Promise.all(
    commands.map(([name, ...rest]) => runCarp([name, "--socket", node.socket, ...rest])),
  );
  const given = await ifconfig(node, `vhid 1 pass ${key} pass ${key}${key}`);
  return [
    ...commands.map((words, index): [string, string] => [
      words.join(" "),
      outcomes[index].out + outcomes[index].err,
    ]),
    ["ifconfig pass", given.out + given.err],
  ];
}

/** What is said of configurations with the key in every place where it may be mistaken. */
async function mistakesOf(folder: string): Promise<[string, string][]> {
  return Promise.all(
    wrong.map(async (line, index): Promise<[string, string]> => {
      const file = join(folder, `wrong${index}.conf`);
      await writeFile(file, `${own}\n${line}\n`, { mode: 0o600 });
      const { out, err, code } = await runCarp(["check", file]);
      expect(code, line).not.toBe(0);
      return [`check ${index}`, out + err];
    }),
  );
}
