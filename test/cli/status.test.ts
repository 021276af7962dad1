import { join } from "node:path";
import { expect, test } from "vitest";
import { OperatorError } from "../../host/errors.ts";
import { serve, temporaryDirectory, virtualHost } from "../control/support.ts";
import { waitFor } from "../support/wait.ts";
import { run, testTerminal } from "./support.ts";

test("the table has a line for each virtual host", async () => {
  const { path } = await serve();
  const { code, out } = await run(["status", "--socket", path]);
  expect(code).toBe(0);
  expect(out.split("\n")).toHaveLength(5);
  expect(out).toMatch(/^ {3}2 {2}eth0 {3}MASTER {2}192.168.1.51\/32 {2}self/m);
});

test("--json is an array with an object for each virtual host, as the node gives it", async () => {
  const { path, node } = await serve();
  const { out } = await run(["status", "--json", "--socket", path]);
  expect(JSON.parse(out)).toEqual(node.hosts);
  const one = await run(["status", "2@eth0", "--json", "--socket", path]);
  expect(JSON.parse(one.out)).toEqual([node.hosts[1]]);
});

test("one virtual host is shown one fact a line", async () => {
  const { path, node } = await serve();
  node.hosts = [
    virtualHost({
      addresses: ["192.168.1.50/32", "2001:db8::50/64"],
      problem: "an address could not be held",
    }),
  ];
  const { out } = await run(["status", "1", "--socket", path]);
  expect(out.replace(/\(\d+d \d+h\)/, "(SPAN)")).toBe(
    [
      "virtual host            1@eth0",
      "state                   BACKUP (from INIT: initialization complete)",
      "since                   2026-11-19T12:00:00.000Z (SPAN)",
      "transitions             1",
      "master                  192.168.1.3",
      "addresses               192.168.1.50/32",
      "                        2001:db8::50/64",
      "virtual MAC             source of advertisements only",
      "parameters              advbase 1 advskew 100, demotion 0",
      "advertisement interval  1.391 s",
      "master-down             3.391 s",
      "next event              in 2.400 s",
      "counters                ipackets 259 236",
      "problem                 an address could not be held",
      "",
    ].join("\n"),
  );
});

test.each([
  ["7", 1, "carp: this node has no vhid 7; it has 1@eth0, 2@eth0\n"],
  ["1@eth9", 1, "carp: this node has no 1@eth9; it has 1@eth0, 2@eth0\n"],
  ["256", 2, "carp: name a virtual host as VHID or VHID@IF, for example 1@eth0\n"],
  ["eth0", 2, "carp: name a virtual host as VHID or VHID@IF, for example 1@eth0\n"],
])("status %s is an error", async (word, code, err) => {
  const { path } = await serve();
  expect(await run(["status", word, "--socket", path])).toEqual({ code, out: "", err });
});

test("--watch shows it again and again until it is interrupted", async () => {
  const { path, node } = await serve();
  const terminal = testTerminal();
  const running = run(["status", "--watch", "--socket", path], terminal);
  await waitFor(() => terminal.out.text.includes("VHID"), 5000, "the first table");
  node.hosts = [virtualHost({ vhid: 9 })];
  await waitFor(() => terminal.out.text.includes("   9  eth0"), 5000, "the next table");
  terminal.signals.emit("SIGINT");
  expect((await running).code).toBe(0);
  expect(terminal.signals.listenerCount("SIGINT")).toBe(0);
});

test.each([
  [{}, 0, "OK: 1@eth0 BACKUP\n"],
  [{ state: "MASTER", master: "self" }, 0, "OK: 1@eth0 MASTER\n"],
  [{ problem: "an address could not be held" }, 1, "WARNING: 1@eth0: an address could not be held\n"],
  [{ master: null }, 2, "CRITICAL: 1@eth0 hears no master\n"],
  [{ state: "INIT", problem: "eth0 is gone" }, 2, "CRITICAL: 1@eth0 is INIT: eth0 is gone\n"],
] as const)("--check of %j exits with %d", async (changes, code, out) => {
  const { path, node } = await serve();
  node.hosts = [virtualHost(changes)];
  expect(await run(["status", "--check", "--socket", path])).toEqual({ code, out, err: "" });
});

test("--check without a node is UNKNOWN, and so is a node that refuses", async () => {
  const none = await run(["status", "--check", "--socket", join(temporaryDirectory(), "c.sock")]);
  expect(none).toMatchObject({ code: 3, out: expect.stringMatching(/^UNKNOWN: no node is running at /) });
  const { path, node } = await serve();
  node.trouble = new OperatorError(1, "it is ending");
  expect(await run(["status", "--check", "--socket", path])).toMatchObject({
    code: 3,
    out: "UNKNOWN: it is ending\n",
  });
});
