import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { type KeySource, promptForPass } from "../../host/cli/passprompt.ts";
import { Sink } from "./support.ts";

/** A terminal on which those keys are pressed, each as a chunk of its own. */
function terminalWith(...keys: readonly string[]) {
  const modes: boolean[] = [];
  const stream = Object.assign(new PassThrough(), { setRawMode: (raw: boolean) => modes.push(raw) });
  for (const key of keys) stream.write(key);
  return { modes, open: (): KeySource => stream };
}

test("what is typed is the pass phrase, and is not shown", async () => {
  const err = new Sink();
  const { modes, open } = terminalWith("test", "pass", "\r");
  expect(Buffer.from(await promptForPass({ err }, open)).toString()).toBe("testpass");
  expect(err.text).toBe("pass phrase: \n");
  expect(modes).toEqual([true, false]);
});

test.each([
  [["tesx", "\x7f", "t\n"], "test"],
  [["\x08\x08ab\x7fc\x04"], "ac"],
  [["ä\r"], "ä"],
])("%j is %s", async (keys, pass) => {
  const { open } = terminalWith(...keys);
  expect(Buffer.from(await promptForPass({ err: new Sink() }, open)).toString()).toBe(pass);
});

test.each([
  ["\r", "there is no pass phrase that was typed"],
  ["a\x03", "no pass phrase was given"],
  [`${"x".repeat(21)}\r`, "is 21 bytes; a CARP pass phrase has at most 20"],
  [`${"x".repeat(999)}\r`, "is 256 bytes"],
])("%j is refused, and the terminal is as it was", async (keys, message) => {
  const { modes, open } = terminalWith(keys);
  await expect(promptForPass({ err: new Sink() }, open)).rejects.toThrow(message);
  expect(modes).toEqual([true, false]);
});
