import { existsSync, statSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import { waitFor } from "../support/wait.ts";
import { serve, transition } from "./support.ts";

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

function ask(socketPath: string, method: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method, path, agent: false }, (answer) => {
      let text = "";
      answer.on("data", (chunk) => {
        text += chunk;
      });
      answer.on("end", () =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

test("the socket is for its owner and group, and goes with the server", async () => {
  const { path, server } = await serve();
  expect(statSync(path).mode & 0o777).toBe(0o660);
  await server.close();
  expect(existsSync(path)).toBe(false);
});

test("GET /v1/status is the node's status", async () => {
  const { path } = await serve();
  const { status, body } = await ask(path, "GET", "/v1/status?x=1");
  expect(status).toBe(200);
  expect(body).toMatchObject({ schema: 1, virtual_hosts: [{ vhid: 1 }, { vhid: 2 }] });
});

test("PATCH /v1/vhid/IF/VHID changes a virtual host, in names that need escapes too", async () => {
  const { path, node } = await serve();
  const body = { state: "BACKUP", advskew: 0, addresses: ["2001:DB8::1/64"], remove: true, pass_hex: "00ff" };
  expect((await ask(path, "PATCH", "/v1/vhid/e%2B0/255", JSON.stringify(body))).status).toBe(200);
  expect(node.changes).toEqual([{ interface: "e+0", vhid: 255, ...body, addresses: ["2001:db8::1/64"] }]);
});

test("a write to a sysctl answers with the value before and after; demotion adds", async () => {
  const { path } = await serve();
  const url = "/v1/sysctl/net.inet.carp.demotion";
  await ask(path, "PATCH", url, '{"value": 240}');
  expect((await ask(path, "PATCH", url, '{"value": -40}')).body).toEqual({
    name: "net.inet.carp.demotion",
    old: 240,
    value: 200,
  });
  expect((await ask(path, "GET", url)).body).toEqual({ name: "net.inet.carp.demotion", value: 200 });
});

test("POST /v1/reload answers with the warnings", async () => {
  const { path } = await serve({ reload: async () => ["careful"] });
  expect((await ask(path, "POST", "/v1/reload")).body).toEqual({ warnings: ["careful"] });
});

test("what is not there, not possible, or no request is refused in JSON", async () => {
  const { path, node } = await serve();
  expect(await ask(path, "GET", "/v2/status")).toMatchObject({ status: 404, body: { code: 2 } });
  expect(await ask(path, "GET", "/v1/status/%zz")).toMatchObject({ status: 404 });
  const post = await ask(path, "POST", "/v1/status");
  expect(post).toMatchObject({ status: 405, headers: { allow: "GET" } });
  const broken = await ask(path, "PATCH", "/v1/vhid/eth0/1", "{");
  expect(broken).toMatchObject({ status: 400, body: { error: "the request is not JSON", code: 2 } });
  const unknown = await ask(path, "PATCH", "/v1/sysctl/net.inet.carp.preemt", '{"value":1}');
  expect(unknown.body).toMatchObject({
    error: expect.stringContaining("did you mean net.inet.carp.preempt?"),
  });
  expect(node.changes).toEqual([]);
});

test("a body of more than 64 KiB is refused", async () => {
  const { path, node } = await serve();
  const body = JSON.stringify({ state: "BACKUP", padding: "x".repeat(65 * 1024) });
  const answer = await ask(path, "PATCH", "/v1/vhid/eth0/1", body).catch((error) => error.code);
  expect([expect.objectContaining({ status: 400 }), "ECONNRESET", "EPIPE"]).toContainEqual(answer);
  expect(node.changes).toEqual([]);
});

test("what the node refuses keeps its exit code; a defect is told to the log and not to the client", async () => {
  const { path, node, defects } = await serve();
  node.trouble = new OperatorError(ExitCode.Configuration, "vhid 9 is not there");
  expect(await ask(path, "GET", "/v1/status")).toMatchObject({
    status: 422,
    body: { error: "vhid 9 is not there", code: 5 },
  });
  node.trouble = new TypeError("x is undefined");
  const answer = await ask(path, "GET", "/v1/status");
  expect(answer).toMatchObject({ status: 500, body: { code: 1 } });
  expect(JSON.stringify(answer.body)).not.toContain("undefined");
  expect(defects).toHaveLength(1);
});

test("while the node starts, it says so", async () => {
  const { path } = await serve({ controller: () => undefined });
  expect(await ask(path, "GET", "/v1/status")).toMatchObject({ status: 503, body: { code: 3 } });
});

test("GET /v1/events streams events, and forgets a client that has gone", async () => {
  const { path, node } = await serve();
  let text = "";
  const asked = request({ socketPath: path, path: "/v1/events", agent: false }, (answer) => {
    answer.on("data", (chunk) => {
      text += chunk;
    });
    answer.on("error", () => undefined);
  });
  asked.on("error", () => undefined);
  asked.end();
  await waitFor(() => node.listeners.size === 1, 5000, "the subscription");
  node.emit(transition);
  await waitFor(() => text.includes("\n\n"), 5000, "an event");
  expect(text).toBe(`data: ${JSON.stringify(transition)}\n\n`);
  asked.destroy();
  await waitFor(() => node.listeners.size === 0, 5000, "the end of the subscription");
});

test("a client that does not read its events is cut off and costs no memory", async () => {
  const { path, node } = await serve();
  const socket = connect(path);
  socket.on("error", () => undefined);
  socket.pause();
  socket.write("GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n");
  await waitFor(() => node.listeners.size === 1, 5000, "the subscription");
  for (let count = 0; count < 20_000 && node.listeners.size === 1; count++) {
    node.emit(transition);
    if (count % 100 === 0) await new Promise(setImmediate);
  }
  expect(node.listeners.size).toBe(0);
  socket.destroy();
});

test("the seventeenth connection is closed", async () => {
  const { path } = await serve();
  const sockets = Array.from({ length: 17 }, () => connect(path));
  const closed = new Set<number>();
  sockets.forEach((socket, index) => {
    socket.on("close", () => closed.add(index));
    socket.on("error", () => undefined);
  });
  await waitFor(() => closed.size > 0, 3000, "a connection that is closed");
  expect([...closed]).toEqual([16]);
  for (const socket of sockets) socket.destroy();
});

test("a connection without a request ends after 5 s", async () => {
  const { path } = await serve();
  const socket = connect(path);
  const begun = performance.now();
  socket.resume();
  await new Promise((resolve) => socket.on("close", resolve));
  expect(performance.now() - begun).toBeGreaterThan(4000);
  expect(performance.now() - begun).toBeLessThan(8000);
});
