import { statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { longestGapMs, makeMaster, nodeStatus } from "../support/adverts.ts";
import { withNetwork } from "../support/network.ts";
import { address } from "../support/pair.ts";
import { patternedBytes } from "../support/patterned.ts";
import { sleep, waitFor } from "../support/wait.ts";

const plan = [{ name: "one", addresses: ["192.168.1.3/24"] }];
const megabyte = 2 ** 20;

test("H19: a thousand slow clients, rubbish and endless requests on the control socket: advertisements on time", async ({
  skip,
}) => {
  await withNetwork(skip, ["carp", "tcpdump"], plan, async (network) => {
    const node = await network.carp("one", { vhid: 1, addresses: [address] });
    await makeMaster(node);
    expect(statSync(node.socket).mode & 0o777).toBe(0o660);
    const from = Date.now();
    const clients: Socket[] = [];
    const open = (bytes?: Uint8Array | string): Socket => {
      const client = connect(node.socket);
      client.on("error", () => undefined);
      if (bytes !== undefined) client.write(bytes);
      clients.push(client);
      return client;
    };

    // Slow ones first: sixteen are let in, and none of them stays longer than it may.
    for (let count = 0; count < 1000; count++) open("G");
    const slow = [...clients];
    await sleep(500);
    expect(slow.filter(({ closed, destroyed }) => !closed && !destroyed).length).toBeLessThanOrEqual(16);
    await waitFor(
      () => slow.every(({ closed, destroyed }) => closed || destroyed),
      7000,
      "the end of all slow clients",
      100,
    );

    // What no request looks like, and requests without an end: each is cut off, and none is answered with success.
    const answers: string[] = [];
    const hostile = [
      ...Array.from({ length: 6 }, (_, seed) => patternedBytes(megabyte, seed)),
      `GET /${"a".repeat(8 * megabyte)} HTTP/1.1\r\n\r\n`,
      `GET /v1/status HTTP/1.1\r\nhost: x\r\nx: ${"b".repeat(8 * megabyte)}\r\n\r\n`,
      `PATCH /v1/sysctl/net.inet.carp.allow HTTP/1.1\r\nhost: x\r\ncontent-length: ${64 * megabyte}\r\n\r\n${" ".repeat(8 * megabyte)}`,
      `PATCH /v1/sysctl/net.inet.carp.allow HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n${`ffff\r\n${" ".repeat(65_535)}\r\n`.repeat(64)}`,
    ];
    for (const bytes of hostile) {
      const client = open(bytes);
      client.on("data", (chunk: Buffer) => answers.push(chunk.toString("latin1").slice(0, 12)));
    }
    const asked = clients.slice(-hostile.length);
    await waitFor(() => asked.every(({ closed }) => closed), 8000, "the end of all hostile clients", 100);
    expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 2"))).toEqual([]);

    const status = await nodeStatus(node);
    expect(status).toMatchObject({ allow: 1, virtual_hosts: [{ state: "MASTER", transitions: 2 }] });
    const heard = network.observer.heard(1).filter(({ at }) => at > from);
    expect(heard.length).toBeGreaterThanOrEqual(5);
    expect(longestGapMs(heard)).toBeLessThan(1200);
    for (const client of clients) client.destroy();
  });
});
