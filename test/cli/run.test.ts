import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readArguments } from "../../host/cli/arguments.ts";
import { type Command, commands } from "../../host/cli/commands.ts";
import { runNode } from "../../host/cli/run.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import type { StartOptions } from "../../host/node/start.ts";
import { StandInNode, serve, temporaryDirectory, transition } from "../control/support.ts";
import { waitFor } from "../support/wait.ts";
import { run, testTerminal } from "./support.ts";

const up = commands.find(({ name }) => name === "up") as Command;

/** `carp up` with a stand-in for the node. */
function launch(argv: readonly string[], trouble?: Error) {
  const terminal = testTerminal();
  const node = new StandInNode();
  const starts: StartOptions[] = [];
  const ended = runNode(readArguments(up, argv), terminal, async (options) => {
    starts.push(options);
    if (trouble !== undefined) throw trouble;
    return node;
  });
  ended.catch(() => undefined);
  return { terminal, node, starts, ended };
}

function prepare() {
  const directory = temporaryDirectory();
  const socket = join(directory, "c.sock");
  const pass = join(directory, "pass");
  const rcConf = join(directory, "rc.conf");
  writeFileSync(pass, "testpass-of-15b\n", { mode: 0o600 });
  const write = (text: string) => writeFileSync(rcConf, text, { mode: 0o600 });
  write('ifconfig_em0_alias0="inet vhid 1 pass testpass-of-15b alias 192.168.1.50/32"\n');
  const flags = ["--interface", "eth0", "--vhid", "1", "--pass-file", pass, "--socket", socket];
  return { socket, pass, rcConf, write, flags };
}

test("flags become a configuration; SIGTERM stops the node and removes the socket", async () => {
  const { socket, flags } = prepare();
  const { terminal, node, starts, ended } = launch([
    ...flags,
    ...[
      "--advskew=100",
      "--preempt",
      "--vmac",
      "--no-lease",
      "--io=packet",
      "--source-mac=own",
      "192.168.1.50/24",
      "2001:db8::50/64",
    ],
  ]);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  expect(existsSync(socket)).toBe(true);
  expect(starts).toMatchObject([
    {
      io: "packet",
      sourceMac: "own",
      configuration: {
        preempt: true,
        lease: false,
        virtualHosts: [{ interfaceName: "eth0", vhid: 1, advbase: 1, advskew: 100, virtualMac: true }],
      },
    },
  ]);
  expect((await run(["status", "--socket", socket])).out).toContain("192.168.1.50/32");
  terminal.signals.emit("SIGTERM");
  expect(await ended).toBe(ExitCode.Ok);
  expect([node.stops, existsSync(socket), terminal.signals.eventNames()]).toEqual([1, false, []]);
  expect(terminal.err.text).toMatch(
    /^[\d-]{10}T[\d:.]{12} carp: 1@eth0: advbase 1 advskew 100, 192.168.1.50\/24 2001:db8::50\/64\n$/,
  );
});

test("with an rc.conf, --map names the interface, and --preempt and --vmac add to it", async () => {
  const { socket, rcConf } = prepare();
  const argv = ["--rc-conf", rcConf, "--map", "em0=eth0", "--preempt", "--vmac", "--socket", socket];
  const { terminal, starts, ended } = launch(argv);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  terminal.signals.emit("SIGINT");
  await ended;
  expect(starts).toMatchObject([
    {
      io: "packet",
      sourceMac: "virtual",
      configuration: { preempt: true, virtualHosts: [{ interfaceName: "eth0", vhid: 1, virtualMac: true }] },
    },
  ]);
});

test("events are logged as net.inet.carp.log says, trouble always", async () => {
  const { socket, flags } = prepare();
  const { terminal, starts, ended } = launch([...flags, "192.168.1.50/24"]);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  const note = starts[0].onEvent as (event: typeof transition | object) => void;
  const { at } = transition;
  note(transition);
  expect(terminal.err.text).toContain("carp: 2@eth0: BACKUP -> MASTER (master timed out)\n");
  expect((await run(["sysctl", "--socket", socket, "net.inet.carp.log=0"])).code).toBe(0);
  note({ ...transition, vhid: 77 });
  note({ kind: "log", at, level: "info", message: "eth0 is back" });
  note({ kind: "log", at, level: "warning", message: "eth0 is gone" });
  expect(terminal.err.text).not.toMatch("77@eth0");
  expect(terminal.err.text).not.toMatch("is back");
  expect(terminal.err.text).toContain("carp: warning: eth0 is gone\n");
  terminal.signals.emit("SIGTERM");
  await ended;
});

test("SIGHUP reads the configuration again, and with a mistake keeps the old one", async () => {
  const { socket, rcConf, write } = prepare();
  const { terminal, node, ended } = launch(["--rc-conf", rcConf, "--socket", socket]);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  write('ifconfig_em0_alias0="inet vhid 300 alias 192.168.1.50/32"\n');
  terminal.signals.emit("SIGHUP");
  await waitFor(() => terminal.err.text.includes("was not changed"), 5000, "the refusal");
  expect(terminal.err.text).toContain(`carp: ${rcConf}:1:32: error: vhid 300 is out of range 1..255\n`);
  expect((await run(["reload", "--socket", socket])).code).toBe(ExitCode.Configuration);
  expect(node.configurations).toEqual([]);
  expect(terminal.err.text).not.toContain("carp_lease");
  write('ifconfig_em0_alias0="inet vhid 3 alias 192.168.1.53/32"\nnet.inet.carp.preempt=1\ncarp_lease=NO\n');
  terminal.signals.emit("SIGHUP");
  await waitFor(() => node.configurations.length === 1, 5000, "the new configuration");
  expect(terminal.err.text).toContain(
    "warning: carp_lease is not changed before the node is started again\n",
  );
  expect(node.configurations).toEqual([{ vhids: [3], preempt: true }]);
  terminal.signals.emit("SIGTERM");
  await ended;
});

test("SIGUSR1 logs the status", async () => {
  const { terminal, ended } = launch([...prepare().flags, "192.168.1.50/24"]);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  terminal.signals.emit("SIGUSR1");
  await waitFor(() => terminal.err.text.includes("preempt off"), 5000, "the table");
  expect(terminal.err.text).toMatch(/ carp: {4}2 {2}eth0 {3}MASTER/);
  terminal.signals.emit("SIGTERM");
  await ended;
});

test("a node that fails ends the program, and a start that fails leaves no socket", async () => {
  const first = prepare();
  const { starts, ended } = launch([...first.flags, "192.168.1.50/24"]);
  await waitFor(() => starts.length === 1, 5000, "the start");
  starts[0].onFailure?.(new Error("the packet thread is gone"));
  await expect(ended).rejects.toThrow("the packet thread is gone");
  expect(existsSync(first.socket)).toBe(false);
  const second = prepare();
  const refusal = new OperatorError(ExitCode.NoPermission, "CAP_NET_RAW is missing");
  await expect(launch([...second.flags, "192.168.1.50/24"], refusal).ended).rejects.toBe(refusal);
  expect(existsSync(second.socket)).toBe(false);
});

test("a second node on the same socket is refused before it starts anything", async () => {
  const { path } = await serve();
  const { pass } = prepare();
  const argv = ["--interface", "eth0", "--vhid", "1", "--pass-file", pass, "--socket", path, "10.0.0.1/24"];
  const { starts, ended } = launch(argv);
  await expect(ended).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: `${path} is in use by process ${process.pid}: stop it or give --socket another path`,
  });
  expect(starts).toEqual([]);
});

test("every mistake in the flags is told, and nothing is started", async () => {
  const { terminal, starts, ended } = launch([
    ...["--interface", "eth0", "--vhid", "256", "--advskew", "255", "--pass-file", "/nowhere/pass"],
    ...["10.0.0.1", "10.0.0.2/24", "10.0.0.2/24"],
  ]);
  expect(await ended).toBe(ExitCode.Configuration);
  expect(starts).toEqual([]);
  const lines = terminal.err.text.trimEnd().split("\n");
  expect(lines).toContain("carp: vhid 256 is out of range 1..255");
  expect(lines).toContain("carp: advskew 255 is out of range 0..254");
  expect(lines).toContain("carp: /nowhere/pass cannot be read: there is no such file");
  expect(lines).toContain("carp: 10.0.0.1 needs a prefix length, for example 10.0.0.1/32");
});

test.each([
  [[], "there is no configuration"],
  [["--map", "em0=eth0", "--interface", "eth0"], "--map is for --rc-conf"],
  [["--io", "pcap", "--interface", "eth0"], "--io is one of packet, raw"],
  [["--source-mac", "none", "--interface", "eth0"], "--source-mac is one of virtual, own"],
  [["--rc-conf", "x", "--map", "em0"], "write it as NAME=NAME"],
])("carp up %j is wrong usage", async (argv, message) => {
  await expect(launch(argv).ended).rejects.toMatchObject({
    code: ExitCode.Usage,
    message: expect.stringContaining(message),
  });
});

test("--io raw is refused where it would be MASTER unheard", async () => {
  const { flags } = prepare();
  const raw = [...flags, "--io", "raw"];
  const refusal = (words: readonly string[]) => launch([...raw, ...words]).ended;
  await expect(refusal(["192.168.1.50/24", "2001:db8::50/64"])).rejects.toMatchObject({
    code: ExitCode.Configuration,
    message: "1@eth0: --io raw cannot advertise 2001:db8::50: use --io packet",
  });
  await expect(refusal(["--vmac", "192.168.1.50/24"])).rejects.toThrow(/virtual MAC: use --io packet/);
});

test("SIGUSR2 hands every address over, and --map's names are the operator's as well", async () => {
  const { socket, rcConf } = prepare();
  const { terminal, node, ended } = launch(["--rc-conf", rcConf, "--map", "em0=eth0", "--socket", socket]);
  await waitFor(() => terminal.err.text !== "", 5000, "the first line of the log");
  terminal.signals.emit("SIGUSR2");
  const masters = (await node.status()).virtual_hosts.filter(({ state }) => state === "MASTER");
  expect(masters.length).toBeGreaterThan(0);
  await waitFor(() => node.changes.length === masters.length, 5000, "the changes");
  expect(node.changes.every(({ state }) => state === "BACKUP")).toBe(true);
  await run(["ifconfig", "--socket", socket, "em0", "vhid", "1", "state", "backup"]);
  expect(node.changes.at(-1)).toEqual({ interface: "eth0", vhid: 1, state: "BACKUP" });
  expect((await run(["ifconfig", "--socket", socket, "em0"])).out).toMatch(/^eth0: flags/);
  terminal.signals.emit("SIGQUIT");
  await ended;
});
