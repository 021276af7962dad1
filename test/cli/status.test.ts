import { expect, test } from "vitest";
import { serve, virtualHost } from "../control/support.ts";
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
