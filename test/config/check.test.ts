import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { formatProblems, loadConfiguration } from "../../host/config/check.ts";
import type { Problem } from "../../host/config/model.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";
import { showHosts } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "carp-check-"));
afterAll(() => rmSync(folder, { recursive: true }));
const rcConf = join(folder, "rc.conf");
const write = (content: string, mode = 0o600) => {
  writeFileSync(rcConf, content);
  chmodSync(rcConf, mode);
};
const load = (content: string, mode?: number) => {
  write(content, mode);
  return loadConfiguration({ rcConf, map: new Map([["em0", "eth0"]]) });
};
const good = 'ifconfig_em0_alias0="vhid 1 pass testpass-of-15b alias 192.168.1.50/32"\n';

describe("loading", () => {
  test("a good file is a configuration", () => {
    const { configuration, problems } = load(good);
    expect(problems).toEqual([]);
    expect(showHosts(configuration!)).toEqual(["1@eth0 1/0 testpass-of-15b 192.168.1.50/32"]);
  });

  test("a warning does not stand in the way, an error does", () => {
    expect(load('ifconfig_em0_alias0="vhid 1 192.168.1.50/32"').configuration).toBeDefined();
    expect(load(`${good}ifconfig_em0_alias1="vhid 0"`).configuration).toBeUndefined();
  });

  test("--preempt, --replay, --vmac and --no-lease add to a file, other flags do not", () => {
    write(good);
    const flags = { addresses: [], preempt: true, replay: "strict", virtualMac: true, noLease: true };
    const { configuration } = loadConfiguration({ rcConf, map: new Map(), flags });
    expect([configuration?.preempt, configuration?.virtualHosts[0].virtualMac]).toEqual([true, true]);
    expect(configuration?.replay).toBe(2);
    expect([configuration?.lease, load(good).configuration?.lease]).toEqual([false, true]);
    for (const more of [{ vhid: "1" }, { addresses: ["10.0.0.1/32"] }])
      expect(() => loadConfiguration({ rcConf, map: new Map(), flags: { ...flags, ...more } })).toThrow(
        new OperatorError(ExitCode.Usage, "give a virtual host either in a file or with flags, not both"),
      );
  });

  test("flags alone are a configuration", () => {
    const flags = { interfaceName: "eth0", vhid: "7", noPass: true, addresses: ["10.0.0.1/32"] };
    expect(showHosts(loadConfiguration({ map: new Map(), flags }).configuration!)).toEqual([
      "7@eth0 1/0 - 10.0.0.1/32",
    ]);
    expect(() => loadConfiguration({ map: new Map() })).toThrow(OperatorError);
  });

  test("a file with pass phrases that others can read gets a warning", () => {
    expect(formatProblems(load(good, 0o644).problems)).toBe(
      `${rcConf}:1:1: warning: there are pass phrases in it and others can read it: chmod 600 ${rcConf}`,
    );
    expect(load('ifconfig_em0_alias0="vhid 1 192.168.1.50/32"', 0o644).problems).toHaveLength(1);
  });

  test.each([
    ["none", "there is no such file"],
    [".", "it is a directory"],
  ])("%s cannot be read", (name, reason) => {
    const path = join(folder, name);
    expect(() => loadConfiguration({ rcConf: path, map: new Map() })).toThrow(
      new OperatorError(ExitCode.Configuration, `${path} cannot be read: ${reason}`),
    );
  });
});

describe("showing", () => {
  test("the place, the line and the mark, with the pass phrase hidden", () => {
    const text = `\n\n${good}ifconfig_em0_alias1="vhid 2 advskew 300 pass testpass alias 192.168.1.51/32"\n\tnet.inet.carp.log=x`;
    expect(formatProblems(load(text).problems).replaceAll(rcConf, "rc.conf")).toBe(
      [
        "rc.conf:4:37: error: advskew 300 is out of range 0..254",
        '    ifconfig_em0_alias1="vhid 2 advskew 300 pass ******** alias 192.168.1.51/32"',
        `    ${" ".repeat(36)}^^^`,
        "rc.conf:5:20: error: net.inet.carp.log: x is not a whole number",
        "    \tnet.inet.carp.log=x",
        "    \t                  ^",
      ].join("\n"),
    );
  });

  test("the command line is one line without a place", () => {
    const problem: Problem = {
      ...{ severity: "error", message: "vhid 0 is out of range 1..255", sourceLine: "", length: 1 },
      position: { file: "command line", line: 1, column: 2 },
    };
    expect(formatProblems([problem, problem])).toBe(
      "command line: error: vhid 0 is out of range 1..255\ncommand line: error: vhid 0 is out of range 1..255",
    );
    expect(formatProblems([])).toBe("");
  });

  test("escape sequences of a file do not reach the terminal", () => {
    const output = formatProblems(load('ifconfig_em0_alias0="vhid \u001b[2J pass x 10.0.0.1/32"').problems);
    expect(output).toContain("vhid ?[2J is not a decimal number");
    expect(output).not.toContain("\u001b");
  });
});
