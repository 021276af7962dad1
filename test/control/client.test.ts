import { chmodSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import {
  changeVirtualHost,
  readEvents,
  readRecording,
  readStatus,
  writeSysctl,
} from "../../host/control/client.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import type { NodeEvent } from "../../host/node/api.ts";
import { requireOrSkip } from "../support/require.ts";
import { waitFor } from "../support/wait.ts";
import { serve, temporaryDirectory, transition } from "./support.ts";

test("without a node the error says how to get one", async () => {
  const path = join(temporaryDirectory(), "c.sock");
  await expect(readStatus(path)).rejects.toMatchObject({
    code: ExitCode.NotRunning,
    message: `no node is running at ${path}: start one with carp up, or name its socket with --socket`,
  });
});

test("a socket that this user may not use is no missing node", async ({ skip }) => {
  requireOrSkip(process.getuid?.() === 0, "only root can become another user", skip);
  const { path } = await serve();
  chmodSync(dirname(path), 0o755);
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.(65534);
  process.seteuid?.(65534);
  const error = await readStatus(path).catch((error) => error);
  process.seteuid?.(0);
  process.setegid?.(0);
  process.setgroups?.(groups);
  expect(error).toMatchObject({ code: ExitCode.NoPermission, message: expect.stringContaining("as root") });
});

test("a node that does not answer is given up", async () => {
  const path = join(temporaryDirectory(), "c.sock");
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await expect(readStatus(path, 200)).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: `the node at ${path} did not answer within 0.2 s`,
  });
});

test("something else that listens there is told from a node", async () => {
  const path = join(temporaryDirectory(), "c.sock");
  const server = createServer((socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"));
  server.listen(path);
  onTestFinished(() => void server.close());
  await expect(readStatus(path)).rejects.toMatchObject({
    message: expect.stringContaining("is it one of carp?"),
  });
});

test("a recording comes as it is, and a refusal of one as an error", async () => {
  const { path, node } = await serve();
  expect((await readRecording(path)).toString()).toBe("a recording, asked for");
  node.trouble = new OperatorError(ExitCode.Failed, "eth0 is gone");
  await expect(readRecording(path)).rejects.toMatchObject({ code: ExitCode.Failed, message: "eth0 is gone" });
});

test("what the node refuses is thrown with its code", async () => {
  const { path, node } = await serve();
  node.trouble = new OperatorError(ExitCode.Failed, "eth0 is gone");
  await expect(
    changeVirtualHost(path, { interface: "eth0", vhid: 1, state: "MASTER" }),
  ).rejects.toMatchObject({
    code: ExitCode.Failed,
    message: "eth0 is gone",
  });
  await expect(writeSysctl(path, "net.inet.carp.dscp", 64)).rejects.toMatchObject({ code: ExitCode.Usage });
});

test("events come as they happen, until the node ends", async () => {
  const { path, node, server } = await serve();
  const seen: NodeEvent[] = [];
  const reading = (async () => {
    for await (const event of readEvents(path)) seen.push(event);
  })();
  await waitFor(() => node.listeners.size === 1, 5000, "the subscription");
  node.emit(transition);
  node.emit({ ...(transition as Extract<NodeEvent, { kind: "transition" }>), vhid: 3 });
  await waitFor(() => seen.length === 2, 5000, "two events");
  expect(seen[0]).toEqual(transition);
  await server.close();
  await reading;
});
