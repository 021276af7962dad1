import { unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readArguments } from "../../host/cli/arguments.ts";
import { type Command, commands } from "../../host/cli/commands.ts";
import { runNode } from "../../host/cli/run.ts";
import { loadConfiguration } from "../../host/config/check.ts";
import { testTerminal } from "../cli/support.ts";
import { StandInNode, temporaryDirectory } from "../control/support.ts";
import { patternedBytes } from "../support/patterned.ts";
import { waitFor } from "../support/wait.ts";

const up = commands.find(({ name }) => name === "up") as Command;
const lines = [1, 2, 3].map(
  (vhid) =>
    `ifconfig_em0_alias${vhid - 1}="inet vhid ${vhid} advskew 7 pass testpass${vhid} alias 192.168.1.5${vhid}/32"\n`,
);
const whole = lines.join("");

let rcConf: string;
let node: StandInNode;
let terminal: ReturnType<typeof testTerminal>;
let ended: Promise<unknown>;

beforeEach(async () => {
  const directory = temporaryDirectory();
  rcConf = join(directory, "rc.conf");
  write(whole);
  node = new StandInNode();
  terminal = testTerminal();
  const argv = ["--rc-conf", rcConf, "--socket", join(directory, "c.sock")];
  ended = runNode(readArguments(up, argv), terminal, async () => node);
  await waitFor(() => terminal.err.text.includes("3@em0: advbase"), 5000, "the start");
});

afterEach(async () => {
  terminal.signals.emit("SIGTERM");
  await ended;
});

describe("H22: a configuration that is not whole", () => {
  it.each([
    ["empty", ""],
    ["with a byte order mark", `\ufeff${lines[0].replace("em0", "em1")}${whole}`],
    ["with a zero byte", `${lines[0]}${lines[1].replace("advskew", "adv\0skew")}${lines[2]}`],
    ["of zero bytes, as after a crash", "\0".repeat(whole.length)],
    ["with a quote that is not closed", whole.slice(0, -3)],
    ["with a variable made of itself", 'a="$a"\nifconfig_em0_alias0="inet vhid 1 pass testpass alias $a"\n'],
    ["of rubbish", patternedBytes(4096, 7)],
    [
      "with one mistake at its end",
      `${whole}ifconfig_em0_alias3="inet vhid 4 advskew 999 pass testpass alias 192.168.1.54/32"\n`,
    ],
    ["of five megabytes", whole + "# nothing\n".repeat(500_000)],
  ])("%s: the old one stays in force", async (_name, text) => {
    write(text);
    await reloadAnd(() => /cannot be read|was not changed|this is no rc\.conf/.test(terminal.err.text));
    expect(node.configurations).toEqual([]);
    write(whole);
    await reloadAnd(() => node.configurations.length === 1);
    expect(node.configurations).toEqual([{ vhids: [1, 2, 3], preempt: false }]);
  });

  it("gone: the same", async () => {
    unlinkSync(rcConf);
    await reloadAnd(() => terminal.err.text.includes("there is no such file"));
    expect(node.configurations).toEqual([]);
  });

  it("cut off at any byte: refused, or whole virtual hosts with every word they had", () => {
    for (let length = 0; length < whole.length; length++) {
      write(whole.slice(0, length));
      const { configuration } = loadConfiguration({ rcConf, map: new Map() });
      if (configuration === undefined) continue;
      // A line counts once its quote is closed, whether or not its end is there.
      const closed = whole.slice(0, length).split('"').length >> 1;
      expect(configuration.virtualHosts, `${length} bytes`).toHaveLength(closed);
      for (const { advskew, pass, vhid } of configuration.virtualHosts) {
        expect([advskew, Buffer.from(pass).toString()]).toEqual([7, `testpass${vhid}`]);
      }
    }
  });
});

function write(text: string | Uint8Array): void {
  writeFileSync(rcConf, text, { mode: 0o600 });
}

async function reloadAnd(probe: () => boolean): Promise<void> {
  terminal.signals.emit("SIGHUP");
  await waitFor(probe, 10_000, "the end of the reload");
}
