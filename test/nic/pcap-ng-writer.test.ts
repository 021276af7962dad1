import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PacketType } from "../../host/nic/nic.ts";
import { readCapture } from "../../host/nic/pcap.ts";
import { type AnnotatedCapture, encodeAnnotated } from "../../host/nic/pcap-ng-writer.ts";
import { carpFrame } from "../support/frames.ts";
import { requireOrSkip } from "../support/require.ts";

const capture: AnnotatedCapture = {
  application: "carp 1.2.3",
  comment: "why it was written",
  interfaces: ["eth0", "eth1"],
  snapLength: 112,
  frames: [
    {
      timeNs: 1_700_000_000_123_456_789n,
      interfaceIndex: 1,
      packetType: PacketType.Multicast,
      wireLength: 74,
      bytes: carpFrame({ vhid: 1 }),
      comment: "ok",
    },
    {
      timeNs: 1_700_000_001_000_000_001n,
      interfaceIndex: 0,
      packetType: PacketType.Outgoing,
      wireLength: 91,
      bytes: carpFrame({ family: 6, length: 90 }).subarray(0, 89),
      comment: "not sent: ENOBUFS, errno 105",
    },
  ],
};

test("what was written is read again", () => {
  const frames = [...readCapture(encodeAnnotated(capture), "x.pcapng")];
  expect(frames).toMatchObject(
    capture.frames.map(({ timeNs, wireLength, bytes }) => ({ timeNs, wireLength, bytes, linkType: 1 })),
  );
});

test("frames of every length are read again, with comments of every length", () => {
  const frame = fc.record({
    timeNs: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
    interfaceIndex: fc.nat(1),
    packetType: fc.constantFrom(...[0, 1, 2, 3, 4]),
    wireLength: fc.nat(0xffff),
    bytes: fc.uint8Array({ maxLength: 300 }),
    comment: fc.string({ maxLength: 30, unit: "binary" }),
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), fc.string(), (frames, comment) => {
      const file = encodeAnnotated({ ...capture, comment, frames });
      const read = [...readCapture(file, "x.pcapng")];
      expect(read.map(({ timeNs, bytes }) => ({ timeNs, bytes: Buffer.from(bytes) }))).toEqual(
        frames.map(({ timeNs, bytes }) => ({ timeNs, bytes: Buffer.from(bytes) })),
      );
    }),
  );
});

test("tshark shows interface, time, direction and comment", ({ skip }) => {
  const isThere = spawnSync("tshark", ["--version"]).status === 0;
  requireOrSkip(isThere, "tshark is not installed", skip);
  const folder = mkdtempSync(join(tmpdir(), "carp-tshark-"));
  try {
    const file = join(folder, "frames.pcapng");
    writeFileSync(file, encodeAnnotated(capture));
    const fields = ["frame.interface_name", "frame.time_epoch", "frame.len", "frame.comment"];
    const direction = ["frame.packet_flags_direction", "frame.packet_flags_reception_type"];
    const wanted = [...fields, ...direction].flatMap((field) => ["-e", field]);
    const argv = ["-r", file, "-T", "fields", "-E", "separator=;", ...wanted];
    const lines = execFileSync("tshark", argv, { stdio: ["ignore", "pipe", "pipe"] })
      .toString()
      .trim();
    expect(lines.split("\n")).toEqual([
      "eth1;1700000000.123456789;74;ok;0x00000001;2",
      "eth0;1700000001.000000001;91;not sent: ENOBUFS, errno 105;0x00000002;0",
    ]);
    const about = execFileSync("capinfos", [file], { stdio: ["ignore", "pipe", "ignore"] }).toString();
    expect(about).toContain("carp 1.2.3");
    expect(about).toContain("why it was written");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
