import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, SECOND } from "../../support/driver.ts";
import { requireOrSkip } from "../../support/require.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

describe("advertisements (protocol §1)", () => {
  test("they are counted when they are composed", () => {
    driver.errno = 101;
    driver.firstFrames(dual);
    expect(driver.instance(7).statistics).toMatchObject({ opackets: 1, opackets6: 1, senderrors: 2 });
    expect(driver.core.statistics()).toMatchObject({ opackets: 1, opackets6: 1, senderrors: 2 });
  });

  test("what one core sends another with the same set-up takes for authentic", () => {
    const other = new Driver(undefined, 3);
    other.add(dual);
    for (const { bytes } of driver.firstFrames(dual).slice(0, 2))
      expect(other.receive(bytes)).toEqual([abi.Verdict.Ok]);
  });
});

describe("announcements (protocol §8)", () => {
  test("more of them than the ring holds are sent in several rounds, each once", () => {
    const addresses = Array.from({ length: 64 }, (_, index) => `10.0.0.${index + 1}`);
    const host = {
      addresses: [...addresses, ...addresses.map((_, index) => `2001:db8::${(index + 1).toString(16)}`)],
    };
    for (const vhid of [1, 2, 3, 4]) driver.add({ ...host, vhid });
    driver.promoteTogether([1, 2, 3, 4]);
    const frames = driver.takeFrames();
    expect(frames).toHaveLength(4 * (2 + 128 + 64));
    const distinct = new Set(frames.map(({ bytes }) => Buffer.from(bytes).toString("hex")));
    // Announcements of one address are the same whichever virtual host makes them, for they carry the own MAC.
    expect(distinct.size).toBe(4 * 2 + 128 + 64);
  });

  test("a full ring breaks no advertisement off between its families", () => {
    const host = { addresses: ["10.0.0.1", "2001:db8::1"] };
    for (let vhid = 1; vhid <= 255; vhid++) driver.add({ ...host, vhid });
    driver.takeFrames();
    driver.promoteTogether(Array.from({ length: 255 }, (_, index) => index + 1));
    driver.runUntil(driver.now + SECOND / 2n);
    const sent = driver.takeFrames().map(({ bytes }) => decode(bytes));
    for (const kind of ["advertisement4", "advertisement6"]) {
      expect(sent.filter((frame) => frame.kind === kind)).toHaveLength(255);
    }
    expect(sent.filter((frame) => frame.kind === "arp")).toHaveLength(510);
  });
});

test("tshark finds nothing wrong with any of them", ({ skip }) => {
  const isThere = spawnSync("tshark", ["--version"]).status === 0;
  requireOrSkip(isThere, "tshark is not installed", skip);
  const frames = driver.firstFrames(dual);
  const folder = mkdtempSync(join(tmpdir(), "carp-tshark-"));
  try {
    const file = join(folder, "frames.pcap");
    writeFileSync(file, capture(frames.map(({ bytes }) => bytes)));
    const fields = [
      "carp.vhid",
      "carp.checksum.status",
      "ip.checksum.status",
      "icmpv6.checksum.status",
      "arp.opcode",
    ];
    const wanted = [...fields, "_ws.expert.message"].flatMap((field) => ["-e", field]);
    const checks = ["-o", "ip.check_checksum:TRUE", "-d", "ip.proto==112,carp"];
    const argv = ["-r", file, "-T", "fields", "-E", "separator=;", ...checks, ...wanted];
    const lines = execFileSync("tshark", argv, { stdio: ["ignore", "pipe", "ignore"] })
      .toString()
      .trim()
      .split("\n");
    expect(lines).toHaveLength(frames.length);
    expect(lines[0]).toBe("7;1;1;;;");
    expect(lines[1]).toBe("7;1;;;;");
    expect(lines.slice(2, 8).map((line) => line.split(";")[4])).toEqual(["1", "2", "1", "2", "1", "2"]);
    expect(lines.slice(8).map((line) => line.split(";")[3])).toEqual(["1", "1", "1"]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** A capture file (pcap 2.4, Ethernet). */
function capture(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65535, 16);
  header.writeUInt32LE(1, 20);
  const records = frames.map((frame) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}
