import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { type Decoded, decode } from "../../support/decoder.ts";
import { Driver, linkedFlags, SECOND, type SentFrame, type VirtualHost } from "../../support/driver.ts";
import { addressBytes, advertisementFrame, digest } from "../../support/frames.ts";
import { requireOrSkip } from "../../support/require.ts";

const { Master } = abi.State;
const own = "02:00:00:00:00:01";
const hex = (address: string) => Buffer.from(addressBytes(address)).toString("hex");

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

/** What a virtual host sends on becoming MASTER. */
function firstFrames(host: VirtualHost): SentFrame[] {
  driver.add(host);
  driver.takeFrames();
  driver.do(() => driver.core.setState(host.interfaceIndex ?? 0, host.vhid ?? 1, Master));
  return driver.takeFrames();
}

function decoded(host: VirtualHost): Decoded[] {
  return firstFrames(host).map(({ bytes }) => decode(bytes));
}

const dual: VirtualHost = {
  vhid: 7,
  advbase: 2,
  advskew: 30,
  key: "mekmitasdigoat",
  addresses: [
    "198.51.100.7",
    "10.0.0.9",
    "192.0.2.1",
    "2001:db8::2",
    "fe80::200:5eff:fe00:107",
    "2001:db8::1",
  ],
};

describe("advertisements (protocol §1)", () => {
  test("over IPv4, every field", () => {
    const [first] = decoded(dual);
    if (first.kind !== "advertisement4") throw new Error(first.kind);
    const { counter, ...fields } = first;
    const { key, addresses, vhid } = { key: "", addresses: [], vhid: 0, ...dual };
    expect(fields).toEqual({
      kind: "advertisement4",
      targetMac: "01:00:5e:00:00:12",
      sourceMac: "00:00:5e:00:01:07",
      length: 70,
      ihl: 5,
      trafficClass: 0xe0,
      totalLength: 56,
      identity: 0,
      flagsAndOffset: 0x4000,
      timeToLive: 255,
      hasHeaderChecksum: true,
      source: "192.168.1.2",
      target: "224.0.0.18",
      version: 2,
      type: 1,
      vhid: 7,
      advskew: 30,
      authlen: 7,
      pad: 0,
      advbase: 2,
      digest: Buffer.from(digest({ key, addresses, vhid, counter })).toString("hex"),
      isSealed: true,
    });
  });

  test("over IPv6, every field, with a counter of its own", () => {
    const [first, second] = decoded(dual);
    if (first.kind !== "advertisement4" || second.kind !== "advertisement6") throw new Error(second.kind);
    const { counter, ...fields } = second;
    expect(counter).toBeGreaterThan(first.counter);
    const { key, addresses, vhid } = { key: "", addresses: [], vhid: 0, ...dual };
    expect(fields).toEqual({
      kind: "advertisement6",
      targetMac: "33:33:00:00:00:12",
      sourceMac: "00:00:5e:00:01:07",
      length: 90,
      trafficClass: 0xe0,
      flowLabel: 0,
      payloadLength: 36,
      hopLimit: 255,
      source: hex("fe80::2"),
      target: hex("ff02::12"),
      version: 2,
      type: 1,
      vhid: 7,
      advskew: 30,
      authlen: 7,
      pad: 0,
      advbase: 2,
      digest: Buffer.from(digest({ key, addresses, vhid, counter })).toString("hex"),
      isSealed: true,
    });
  });

  test.each<[string, VirtualHost]>([
    ["A", { key: "testpass", advskew: 100, addresses: ["192.168.1.50"] }],
    ["B", dual],
    [
      "C",
      {
        key: "0123456789abcdefghi",
        vhid: 200,
        advbase: 2,
        advskew: 240,
        addresses: Array.from({ length: 40 }, (_, i) => `10.1.${i >> 4}.${((i * 37) % 251) + 1}`),
      },
    ],
    ["D", { key: "", vhid: 42, addresses: ["203.0.113.9"] }],
    ["E", { key: "love", vhid: 42, advskew: 100, addresses: ["10.1.1.252"] }],
    ["an address twice", { addresses: ["10.0.0.1", "10.0.0.1", "9.255.0.1"] }],
    ["20 bytes of key", { key: "01234567890123456789" }],
    [
      "64 and 64 addresses",
      {
        addresses: [
          ...Array.from({ length: 64 }, (_, i) => `10.0.${255 - i}.${i}`),
          ...Array.from({ length: 64 }, (_, i) => `2001:db8::${(1000 - i).toString(16)}`),
        ],
      },
    ],
  ])(
    "the set-up of worked example %s (protocol §2.4) gives the book's frame, byte by byte",
    (_name, host) => {
      const { key = "testpass", vhid = 1, advbase = 1, advskew = 0, addresses = ["192.168.1.50"] } = host;
      for (const { kind, bytes } of firstFrames(host).filter(
        ({ kind }) => kind <= abi.FrameKind.Advertisement6,
      )) {
        const sent = decode(bytes);
        if (sent.kind === "arp" || sent.kind === "neighbor") throw new Error(sent.kind);
        const family = kind === abi.FrameKind.Advertisement4 ? 4 : 6;
        const source = family === 4 ? "192.168.1.2" : "fe80::2";
        const book = advertisementFrame({
          key,
          vhid,
          advbase,
          advskew,
          addresses,
          family,
          source,
          counter: sent.counter,
        });
        expect(Buffer.from(bytes).toString("hex")).toBe(Buffer.from(book).toString("hex"));
      }
    },
  );

  test.each([0, 1, 56, 63])("dscp %i is in the traffic class", (dscp) => {
    driver.core.setOption(abi.Option.Dscp, dscp);
    const classes = decoded(dual).map((frame) => ("trafficClass" in frame ? frame.trafficClass : undefined));
    expect(classes.slice(0, 2)).toEqual([dscp << 2, dscp << 2]);
  });

  test("without a virtual source MAC they leave with the interface's own", () => {
    driver.setLink(linkedFlags | abi.InterfaceFlag.OwnSourceMac);
    expect(
      decoded(dual)
        .slice(0, 2)
        .map(({ sourceMac }) => sourceMac),
    ).toEqual([own, own]);
  });

  test("they are counted when they are composed", () => {
    driver.errno = 101;
    firstFrames(dual);
    expect(driver.instance(7).statistics).toMatchObject({ opackets: 1, opackets6: 1, senderrors: 2 });
    expect(driver.core.statistics()).toMatchObject({ opackets: 1, opackets6: 1, senderrors: 2 });
  });

  test("what one core sends another with the same set-up takes for authentic", () => {
    const other = new Driver();
    other.add(dual);
    for (const { bytes } of firstFrames(dual).slice(0, 2))
      expect(other.receive(bytes)).toEqual([abi.Verdict.Ok]);
  });
});

describe("announcements (protocol §8)", () => {
  test.each([
    ["the interface's own MAC", 0, own],
    ["the virtual MAC", abi.InstanceFlag.VirtualMac, "00:00:5e:00:01:07"],
  ])("with %s, one request and one reply for each IPv4 address", (_name, flags, mac) => {
    const arps = decoded({ ...dual, flags }).filter((frame) => frame.kind === "arp");
    const wanted = ["10.0.0.9", "192.0.2.1", "198.51.100.7"].flatMap((address) =>
      [1, 2].map((operation) => ({
        kind: "arp",
        targetMac: "ff:ff:ff:ff:ff:ff",
        sourceMac: mac,
        length: 42,
        hardware: 1,
        protocol: 0x0800,
        operation,
        senderMac: mac,
        sender: address,
        targetHardware: operation === 1 ? "00:00:00:00:00:00" : mac,
        targetAddress: address,
      })),
    );
    expect(arps).toEqual(wanted);
  });

  test.each([
    ["the interface's own MAC", 0, own],
    ["the virtual MAC", abi.InstanceFlag.VirtualMac, "00:00:5e:00:01:07"],
  ])("with %s, one neighbor advertisement for each IPv6 address", (_name, flags, mac) => {
    const neighbors = decoded({ ...dual, flags }).filter((frame) => frame.kind === "neighbor");
    const wanted = ["2001:db8::1", "2001:db8::2", "fe80::200:5eff:fe00:107"].map((address) => ({
      kind: "neighbor",
      targetMac: "33:33:00:00:00:01",
      sourceMac: mac,
      length: 86,
      hopLimit: 255,
      source: hex(address),
      target: hex("ff02::1"),
      code: 0,
      flags: 0x20000000,
      announced: hex(address),
      option: `0201${mac.replaceAll(":", "")}`,
      isSealed: true,
    }));
    expect(neighbors).toEqual(wanted);
  });

  test("more of them than the ring holds are sent in several rounds, each once", () => {
    const addresses = Array.from({ length: 64 }, (_, index) => `10.0.0.${index + 1}`);
    const host = {
      addresses: [...addresses, ...addresses.map((_, index) => `2001:db8::${(index + 1).toString(16)}`)],
    };
    for (const vhid of [1, 2, 3, 4]) driver.add({ ...host, vhid });
    for (const vhid of [1, 2, 3, 4]) driver.core.setState(0, vhid, Master);
    driver.do(() => 0);
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
    for (let vhid = 1; vhid <= 255; vhid++) driver.core.setState(0, vhid, Master);
    driver.do(() => 0);
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
  const frames = firstFrames(dual);
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
