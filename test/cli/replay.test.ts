import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { State } from "../../assembly/abi.ts";
import { CallEncoder } from "../../host/core/call-encoder.ts";
import { formatTime } from "../../host/log.ts";
import { temporaryDirectory } from "../control/support.ts";
import { Driver, linkedFlags, SECOND, START } from "../support/driver.ts";
import { run } from "./support.ts";

const utcMs = 1_700_000_000_000;
let recorded: Buffer;

/** INIT, BACKUP, MASTER by the timer, and BACKUP again. */
beforeAll(() => {
  const driver = new Driver();
  const pieces: Uint8Array[] = [];
  const log = new CallEncoder(
    driver.core.memory,
    1 << 20,
    (piece) => pieces.push(piece),
    () => undefined,
  );
  driver.core.logCalls(log);
  driver.core.reset(START, utcMs);
  driver.core.nameInterface(0, "eth0");
  driver.setLink(linkedFlags);
  driver.add({ key: "testpass-testpass" });
  driver.runUntil(START + 4n * SECOND);
  expect(driver.instance().state).toBe(State.Master);
  driver.hear({ key: "testpass-testpass" });
  log.flush();
  recorded = Buffer.concat(pieces);
});

function prepare(run: Uint8Array = recorded) {
  const folder = temporaryDirectory();
  const [file, pass, rcConf] = ["run", "pass", "rc.conf"].map((name) => join(folder, name));
  writeFileSync(file, run);
  writeFileSync(pass, "testpass-testpass\n", { mode: 0o600 });
  const line = 'ifconfig_em0_alias0="inet vhid 1 pass testpass-testpass alias 192.168.1.50/32"\n';
  writeFileSync(rcConf, line, { mode: 0o600 });
  return { file, pass, rcConf };
}

const at = (seconds: number) => formatTime(new Date(utcMs + seconds * 1000));
const transitions = `${at(0)} 1@eth0: INIT -> BACKUP (initialization complete)
${at(3)} 1@eth0: BACKUP -> MASTER (master timed out)
${at(4)} 1@eth0: MASTER -> BACKUP (more frequent advertisement received)
`;

test("carp replay prints the transitions of a run and says that they are as recorded", async () => {
  const { file, pass, rcConf } = prepare();
  const { code, out, err } = await run(["replay", "--pass-file", pass, file]);
  expect({ code, out }).toEqual({ code: 0, out: transitions });
  expect(err).toMatch(/^\d+ calls, 1 frames, 3 transitions: as recorded\n$/);
  const byFile = await run(["replay", "--rc-conf", rcConf, "--map", "em0=eth0", file]);
  expect(byFile).toEqual({ code, out, err });
});

test("another pass phrase gives another end: the first difference, and 1", async () => {
  const { file, pass } = prepare();
  writeFileSync(pass, "another\n");
  const { code, out, err } = await run(["replay", "--pass-file", pass, file]);
  expect(code).toBe(1);
  expect(out).toBe(
    transitions
      .replace(/^(.*)\n$/m, "$1\n")
      .replace(/([^\n]*more frequent[^\n]*)\n/, (_, line) => `recorded: ${line}\nreplayed: nothing\n`),
  );
  expect(err).toMatch(/2 transitions, then the first difference, after call \d+\n$/);
});

test("a run that ends within an entry is replayed up to there", async () => {
  const { file, pass } = prepare(recorded.subarray(0, recorded.length - 7));
  const { code, out, err } = await run(["replay", "--pass-file", pass, file]);
  expect(code).toBe(0);
  expect(transitions.startsWith(out)).toBe(true);
  expect(err).toMatch(/ends within an entry: its last \d+ bytes are left out/);
});

test.each([
  [["RUN"], 2, "no run has pass phrases in it"],
  [["--pass-file", "PASS", "--rc-conf", "RC", "RUN"], 2, "no run has pass phrases in it"],
  [["--rc-conf", "RC", "RUN"], 5, "the run has 1@eth0"],
  [["--pass-file", "PASS", "PASS"], 1, "it is no recorded run"],
  [["--pass-file", "PASS", "/no/such/run"], 1, "/no/such/run cannot be read"],
])("carp replay %j: %i, %s", async (words, code, message) => {
  const { file, pass, rcConf } = prepare();
  const names: Record<string, string> = { RUN: file, PASS: pass, RC: rcConf };
  const outcome = await run(["replay", ...words.map((word) => names[word] ?? word)]);
  expect(outcome).toMatchObject({ code, out: "" });
  expect(outcome.err).toContain(message);
});
