import { expect, test } from "vitest";
import { PcapReader } from "../../host/demo/pcap-reader.ts";

test("packets come out whole however the stream is cut", () => {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  const stream = Buffer.concat([header, record(1_700_000_000, 250_500, "one"), record(1_700_000_001, 0, "")]);
  for (let size = 1; size <= stream.length; size++) {
    const found: [number, string][] = [];
    const reader = new PcapReader((at, packet) => found.push([at, packet.toString()]));
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    expect(found).toEqual([
      [1_700_000_000_250.5, "one"],
      [1_700_000_001_000, ""],
    ]);
  }
});

test("anything but a pcap stream is refused", () => {
  expect(() => new PcapReader(() => undefined).push(Buffer.alloc(24))).toThrow("not a pcap stream");
});

function record(seconds: number, microseconds: number, text: string): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(microseconds, 4);
  header.writeUInt32LE(text.length, 8);
  header.writeUInt32LE(text.length, 12);
  return Buffer.concat([header, Buffer.from(text)]);
}
