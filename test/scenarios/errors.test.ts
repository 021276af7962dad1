import { access, chmod, cp, readFile, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startOn } from "../../host/demo/nodes.ts";
import { waitForAnswer } from "../support/elect.ts";
import { type Network, program, withNetwork } from "../support/network.ts";
import { ip, machineState, type Outcome, runCarp } from "../support/operator.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = [{ name: "one", addresses: ["192.168.1.3/24"] }];
const capture = fileURLToPath(new URL("../captures/ucarp/c-kill9-of-master.pcap", import.meta.url));

/** What was typed, how it must end, and what the one line must say: what is wrong, and what to do. */
interface Mistake {
  readonly name: string;
  readonly argv: readonly string[];
  readonly code: number;
  readonly says: readonly RegExp[];
  readonly prefix?: readonly string[];
}

test("bad input to carp up: one line that says what to do, the right exit code, and nothing changed", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const host = network.lab.host("one");
    await ip(host, "link add bare0 type veth peer name bare1");
    await ip(host, "link set bare0 up");
    await ip(host, "addr flush dev bare0");
    const pass = await file(network, "pass", "testpass-testpass\n");
    const socket = join(network.folder, "node.sock");
    const taken = join(network.folder, "taken.sock");
    const server = createServer().listen(taken);
    const before = await machineState(host);
    try {
      for (const mistake of await mistakes(network, pass, taken)) {
        const argv = mistake.argv.includes("--socket") ? mistake.argv : [...mistake.argv, "--socket", socket];
        const outcome = await runCarp(["up", ...argv], host, mistake.prefix);
        expectExplained(mistake, outcome);
        await expect(access(socket), mistake.name).rejects.toThrow("ENOENT");
        expect(await machineState(host), mistake.name).toBe(before);
      }
      await access(taken);
    } finally {
      server.close();
    }
    expect(network.observer.advertisements).toEqual([]);
  });
});

test("a second node on the socket of the first: refused, and the first goes on", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const host = network.lab.host("one");
    const node = await network.carp("one", { vhid: 1, addresses: ["192.168.1.50"] });
    await waitForAnswer(node);
    const before = await machineState(host);
    const pass = await file(network, "second", "testpass-testpass\n");
    const argv = flags(pass, { vhid: "2", address: "192.168.1.51/32" });
    const outcome = await runCarp(["up", ...argv, "--socket", node.socket], host);
    expectExplained({ name: "socket", argv, code: 1, says: [/in use by process \d+/, /--socket/] }, outcome);
    expect(outcome.err).toContain(`process ${node.pid}`);
    expect(await machineState(host)).toBe(before);
    expect((await node.status()).map(({ vhid }) => vhid)).toEqual([1]);
  });
});

test("an rc.conf with several mistakes: all of them with file, line and column, and nothing changed", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const host = network.lab.host("one");
    const lines = [
      'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
      'ifconfig_em0_alias0="inet vhid 0 pass testpass alias 192.168.1.50/32"',
      'ifconfig_em0_alias1="inet vhid 2 advskew 300 pass testpass alias 192.168.1.51/32"',
      'ifconfig_em0_alias2="inet vhid 3 pass 123456789012345678901 alias 192.168.1.52/32"',
      'ifconfig_em0_alias3="inet vhid 4 pass testpass alias 192.168.1.300/32"',
    ];
    const rcConf = await file(network, "rc.conf", `${lines.join("\n")}\n`);
    const content = await readFile(rcConf);
    const before = await machineState(host);
    const argv = ["--rc-conf", rcConf, "--map", "em0=eth0"];
    const up = await runCarp(["up", ...argv, "--socket", join(network.folder, "s.sock")], host);
    expect(up).toMatchObject({ code: 5, out: "" });
    const places = up.err.split("\n").flatMap((line) => /^(.*):(\d+):(\d+): error: /.exec(line) ?? []);
    expect(places.filter((_, index) => index % 4 === 2)).toEqual(["2", "3", "4", "5"]);
    const columns = places.filter((_, index) => index % 4 === 3).map(Number);
    const meant = ["0 pass", "300 pass", "123456789", "192.168.1.300"];
    expect(columns).toEqual(meant.map((word, index) => lines[index + 1].indexOf(word) + 1));
    expect(up.err).not.toMatch(/testpass|12345678901|\n\s+at /);
    const check = await runCarp(["check", "--map", "em0=eth0", rcConf]);
    expect(check.code).toBe(5);
    expect(check.out + check.err).toContain(up.err.split("\n")[0]);
    expect(await machineState(host)).toBe(before);
    expect(await readFile(rcConf)).toEqual(content);
  });
});

test("a capture that is cut short, or is none: one line with the file and what to do", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const whole = await readFile(capture);
    const cut = await file(network, "cut.pcap", whole.subarray(0, whole.length - 7));
    const head = await file(network, "head.pcap", whole.subarray(0, 11));
    const none = await file(network, "none.pcap", "this is not a capture, but long enough for one\n");
    const missing = join(network.folder, "missing.pcap");
    for (const [name, says] of [
      [cut, /byte \d+: .*:/],
      [head, /byte \d+: .*:/],
      [none, /byte \d+: .*:/],
      [missing, /there is no such file/],
    ] as const) {
      for (const more of [[], ["--json"]]) {
        const argv = ["verify", "-p", "testpass", "-a", "192.168.1.50", ...more, name];
        expectExplained({ name, argv, code: 1, says: [says] }, await runCarp(argv));
      }
    }
    expect(await readFile(cut)).toEqual(whole.subarray(0, whole.length - 7));
  });
});

test("commands to a node that is not there, or with wrong words", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const socket = ["--socket", join(network.folder, "nobody.sock")];
    const node = await network.carp("one", { vhid: 1, addresses: ["192.168.1.50"] });
    await waitForAnswer(node);
    const present = ["--socket", node.socket];
    for (const [argv, code, says] of [
      [["status", "--json", ...socket], 3, /carp up/],
      [["ifconfig", ...socket, "eth0", "vhid", "1", "state", "backup"], 3, /carp up/],
      [["sysctl", ...socket, "net.inet.carp.preempt=1"], 3, /carp up/],
      [["ifconfig", ...present, "eth0", "vhid", "9", "state", "backup"], 1, /no vhid 9 .*carp status/],
      [["ifconfig", ...present, "eth0", "vhid", "256", "state", "backup"], 2, /256/],
      [["ifconfig", ...present, "eth0", "vhid", "1", "advskew", "255"], 2, /255/],
      [["sysctl", ...present, "net.inet.carp.premept=1"], 2, /preempt/],
      [["sysctl", ...present, "net.inet.carp.preempt=maybe"], 2, /maybe/],
      [["status", ...present, "9"], 1, /1@eth0/],
      [["up", "--prempt"], 2, /--preempt/],
    ] as const) {
      expectExplained({ name: argv.join(" "), argv, code, says: [says] }, await runCarp(argv));
    }
    expect(await node.status()).toMatchObject([{ vhid: 1, advskew: 0 }]);
  });
});

test("a packet thread that ends by itself: the program does not wait for it", async ({ skip }) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const copy = join(network.folder, "program");
    await cp(join(dirname(program), ".."), join(copy, "build"), { recursive: true });
    await symlink(join(dirname(program), "../../node_modules"), join(copy, "node_modules"));
    await writeFile(join(copy, "package.json"), '{ "type": "module" }\n');
    await writeFile(join(copy, "build/host/node/thread.js"), "");
    const argv = [
      "up",
      ...flags(await file(network, "pass", "testpass-testpass\n")),
      "--socket",
      join(copy, "s.sock"),
    ];
    const child = startOn(network.lab.host("one"), [
      process.execPath,
      join(copy, "build/host/main.js"),
      ...argv,
    ]);
    expect(await Promise.race([child.ended, sleep(4000)])).toBe(1);
    await waitFor(() => child.lines.some(({ text }) => /packet thread ended/.test(text)), 500, "a line");
  });
});

async function mistakes(network: Network, pass: string, taken: string): Promise<Mistake[]> {
  const long = await file(network, "long", `${"x".repeat(21)}\n`);
  const open = await file(network, "open", "testpass-testpass\n");
  await chmod(open, 0o644);
  const alike = await file(
    network,
    "alike.conf",
    [
      'ifconfig_em0="inet 192.168.1.3 netmask 255.255.255.0"',
      'cloned_interfaces="carp0 carp1"',
      'ifconfig_carp0="vhid 1 pass testpass 192.168.1.50/24"',
      'ifconfig_carp1="vhid 1 pass testpass 192.168.1.51/24"',
      "",
    ].join("\n"),
  );
  const without = (...names: string[]) => [
    "setpriv",
    "--bounding-set",
    names.map((name) => `-${name}`).join(),
  ];
  const refused = { code: 4, says: [/CAP_NET_(RAW|ADMIN)/, /run carp as root/] };
  return [
    { name: "no privilege", argv: flags(pass), prefix: without("all"), ...refused },
    { name: "no CAP_NET_RAW", argv: flags(pass), prefix: without("net_raw"), ...refused },
    { name: "no CAP_NET_ADMIN", argv: flags(pass), prefix: without("net_admin"), ...refused },
    { name: "no privilege, raw", argv: [...flags(pass), "--io", "raw"], prefix: without("all"), ...refused },
    {
      name: "no such interface",
      argv: flags(pass, { interface: "em0" }),
      code: 5,
      says: [/no interface em0/, /eth0/],
    },
    {
      name: "no address",
      argv: flags(pass, { interface: "bare0" }),
      code: 5,
      says: [/bare0 has no address/, /ip addr add/],
    },
    {
      name: "loopback",
      argv: flags(pass, { interface: "lo" }),
      code: 5,
      says: [/lo is not an Ethernet interface/],
    },
    { name: "vhid 0", argv: flags(pass, { vhid: "0" }), code: 5, says: [/vhid 0 .*1\.\.255/] },
    { name: "vhid 256", argv: flags(pass, { vhid: "256" }), code: 5, says: [/vhid 256 .*1\.\.255/] },
    { name: "a 21-byte pass phrase", argv: flags(long), code: 5, says: [/21 bytes/, /at most 20/] },
    {
      name: "a pass file that others can read",
      argv: flags(open),
      code: 5,
      says: [/can be read by others/, /chmod 600/],
    },
    { name: "no pass file", argv: flags(`${pass}.none`), code: 5, says: [/no such file/] },
    {
      name: "an address twice",
      argv: [...flags(pass), "192.168.1.50/32"],
      code: 5,
      says: [/192\.168\.1\.50.* twice|already/],
    },
    {
      name: "its own address",
      argv: flags(pass, { address: "192.168.1.3/24" }),
      code: 5,
      says: [/192\.168\.1\.3/],
    },
    {
      name: "two VHIDs alike",
      argv: ["--rc-conf", alike, "--map", "em0=eth0"],
      code: 5,
      says: [/alike\.conf:4:\d+: error: .*vhid 1/],
    },
    { name: "no such file", argv: ["--rc-conf", `${alike}.none`], code: 5, says: [/no such file/] },
    { name: "nothing", argv: [], code: 2, says: [/--rc-conf|--interface/] },
    {
      name: "a socket path in use",
      argv: [...flags(pass), "--socket", taken],
      code: 1,
      says: [/in use/, /--socket/],
    },
    {
      name: "a socket path that is a file",
      argv: [...flags(pass), "--socket", pass],
      code: 1,
      says: [/no socket/, /--socket/],
    },
    {
      name: "no folder for the socket",
      argv: [...flags(pass), "--socket", `${taken}.d/x`],
      code: 1,
      says: [/no directory/, /--socket/],
    },
  ];
}

function flags(
  pass: string,
  { interface: name = "eth0", vhid = "1", address = "192.168.1.50/32" } = {},
): string[] {
  return ["--interface", name, "--vhid", vhid, "--pass-file", pass, address];
}

/** One line (and below it, for a file, the place in its source), the exit code, no stack, no pass phrase. */
function expectExplained({ name, code, says }: Mistake, { code: ended, out, err }: Outcome): void {
  expect({ code: ended, out, err }, name).toMatchObject({ code, out: "" });
  const lines = err.split("\n").filter((line) => line !== "" && !line.startsWith("    "));
  expect(lines, `${name}: ${err}`).toHaveLength(1);
  for (const pattern of says) expect(err, name).toMatch(pattern);
  expect(err, name).not.toMatch(/testpass|x{21}|\n\s+at |defect/);
}

async function file(network: Network, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(network.folder, name);
  await writeFile(path, content, { mode: 0o600 });
  return path;
}
