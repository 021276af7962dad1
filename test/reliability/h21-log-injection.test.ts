import { Writable } from "node:stream";
import { describe, expect, it, test } from "vitest";
import { formatFacts } from "../../host/cli/statusfacts.ts";
import { formatTable } from "../../host/cli/statustable.ts";
import { formatEventLine } from "../../host/cli/words.ts";
import { LogWriter, printable } from "../../host/log.ts";
import { nodeStatus, virtualHost } from "../control/support.ts";
import { makeMaster } from "../support/adverts.ts";
import { withNetwork } from "../support/network.ts";
import { runCarp } from "../support/operator.ts";
import { address } from "../support/pair.ts";

/** What may not reach a terminal or begin a line: a line of its own, a colour, a cursor, a text that runs backwards. */
const nasty = "a\nforged\r\x1b[31m\x1b]0;t\x07\x00\x7f\x9b2J\u2028\u202eb";
const unseen = /[^\P{C}\n\t]|\p{Zl}|\p{Zp}/u;

describe("H21: what is no text in a name or an error", () => {
  it("is written as \\xNN, and the rest as it is", () => {
    expect(printable(nasty)).toBe(
      "a\\x0aforged\\x0d\\x1b[31m\\x1b]0;t\\x07\\x00\\x7f\\x9b2J\\u{2028}\\u{202e}b",
    );
    expect(printable("1@eth0: für 192.168.1.50/24\t€")).toBe("1@eth0: für 192.168.1.50/24\t€");
  });

  it("makes no second line of the log", () => {
    const lines = collect((log) => log.write(`1@${nasty}: BACKUP -> MASTER`));
    expect(lines).toMatch(/^[\dT:.-]+ carp: 1@a\\x0aforged.*\n$/);
    expect(lines).not.toMatch(unseen);
  });

  it("neither in the table of carp status, its facts, nor in carp monitor", () => {
    const host = virtualHost({ interface: nasty, problem: nasty, master: nasty });
    const status = nodeStatus({ virtual_hosts: [host] });
    const event = { kind: "log", at: "2026-11-25T12:00:00.000Z", level: "warning", message: nasty } as const;
    const texts = [formatTable(status), formatFacts(host), formatEventLine(event)];
    for (const text of texts) {
      expect(text).not.toMatch(unseen);
      expect(text).toContain("a\\x0aforged");
    }
    expect(formatTable(status).trimEnd().split("\n")).toHaveLength(4);
    expect(formatEventLine(event)).not.toContain("\n");
  });
});

test("H21: an interface whose name has an escape sequence: the node runs, and nothing of it reaches a terminal", async ({
  skip,
}) => {
  const name = "e\x1b[31m;`$(id)`";
  await withNetwork(
    skip,
    ["carp", "tcpdump"],
    [{ name: "one", addresses: ["192.168.1.3/24"] }],
    async (network) => {
      const { namespace } = network.lab.host("one");
      await namespace.run(["ip", "link", "set", "eth0", "down"]);
      await namespace.run(["ip", "link", "set", "eth0", "name", name]);
      await namespace.run(["ip", "addr", "add", "192.168.1.3/24", "dev", name]).catch(() => undefined);
      await namespace.run(["ip", "link", "set", name, "up"]);

      const node = await network.carp("one", { vhid: 1, addresses: [address], interfaceName: name });
      await makeMaster(node);
      const outcomes = await Promise.all([
        runCarp(["status", "--socket", node.socket]),
        runCarp(["status", "--socket", node.socket, "1"]),
        runCarp(["status", "--socket", node.socket, "--check"]),
        runCarp(["ifconfig", "--socket", node.socket, name]),
        runCarp(["ifconfig", "--socket", node.socket, `${name}x`, "vhid", "9", "state", "backup"]),
      ]);
      for (const { out, err } of outcomes) {
        expect(out + err).not.toMatch(unseen);
        expect(out + err).toContain("e\\x1b[31m;");
      }
      expect(node.lines.map(({ text }) => text).join("\n")).not.toMatch(unseen);
      expect(await node.stop("SIGTERM")).toBe(0);
    },
  );
});

function collect(write: (log: LogWriter) => void): string {
  let text = "";
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  write(new LogWriter(stream));
  return text;
}
