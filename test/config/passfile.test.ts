import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { locatePassFile, readPassFile } from "../../host/config/passfile.ts";
import { ExitCode, OperatorError } from "../../host/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "carp-passfile-"));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, "pass");
const write = (content: string | Uint8Array, mode = 0o600) => {
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};
const refusal = (read: string) => {
  try {
    readPassFile(read);
  } catch (error) {
    if (error instanceof OperatorError && error.code === ExitCode.Configuration) return error.message;
    throw error;
  }
  return "";
};
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

describe("what is read", () => {
  test.each([
    ["testpass", "testpass"],
    ["testpass\n", "testpass"],
    ["testpass\r\n", "testpass"],
    ["testpass\nsecond line that is longer than twenty bytes\n", "testpass"],
    [" with blanks \n", " with blanks "],
    ["12345678901234567890\n", "12345678901234567890"],
    ["ääääääääää\n", "ääääääääää"],
  ])("%j holds %j", (content, pass) => expect(text(readPassFile(write(content)))).toBe(pass));

  test.each([0o600, 0o400, 0o640, 0o440])("mode %o is fine", (mode) => {
    expect(text(readPassFile(write("testpass\n", mode)))).toBe("testpass");
  });
});

describe("what is refused", () => {
  test.each([0o644, 0o604, 0o602, 0o666])("mode %o: others", (mode) => {
    expect(refusal(write("testpass\n", mode))).toBe(`${path} can be read by others: chmod 600 ${path}`);
  });
  test("mode 660: the group can write", () => {
    expect(refusal(write("testpass\n", 0o660))).toBe(
      `${path} can be written by its group: chmod 600 ${path}`,
    );
  });
  test.each([
    ["123456789012345678901\n", "is 21 bytes; a CARP pass phrase has at most 20"],
    ["äääääääääää\n", "is 22 bytes; a CARP pass phrase has at most 20"],
    ["x".repeat(5000), "is too long"],
    ["", "there is no pass phrase in"],
    ["\n", "there is no pass phrase in"],
    ["\r\ntestpass", "there is no pass phrase in"],
    ["a\0b\n", "holds a zero byte"],
  ])("%j", (content, message) => {
    expect(refusal(write(content))).toContain(message);
    if (content.trim().length > 3) expect(refusal(path)).not.toContain(content.trim());
  });
  test("what is not there, and what is a folder", () => {
    expect(refusal(join(folder, "none"))).toBe(
      `${join(folder, "none")} cannot be read: there is no such file`,
    );
    expect(refusal(folder)).toBe(`${folder} is a directory, not a file with a pass phrase`);
  });
});

describe("H18: credentials of the service manager", () => {
  test("credential:NAME is in their folder, every other word is a path", () => {
    expect(locatePassFile("credential:carp.pass", "/run/credentials/carp.service")).toBe(
      "/run/credentials/carp.service/carp.pass",
    );
    expect(locatePassFile("pass", "/run/credentials/carp.service")).toBe("pass");
    expect(locatePassFile("/etc/carp/pass", undefined)).toBe("/etc/carp/pass");
  });

  test.each(["credential:", "credential:../../etc/shadow", "credential:a/b", "credential:.."])(
    "%s is none",
    (word) => {
      expect(() => locatePassFile(word, "/run/credentials/carp.service")).toThrow("names no credential");
    },
  );

  test("without the service manager there are none", () => {
    expect(() => locatePassFile("credential:pass", undefined)).toThrow("LoadCredential=pass:FILE");
  });

  test("a credential as systemd lays it out, mode 0400 or 0440, is read", () => {
    for (const mode of [0o400, 0o440]) {
      write("testpass\n", mode);
      expect(text(readPassFile(locatePassFile("credential:pass", folder)))).toBe("testpass");
    }
  });
});
