import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wallClockMs } from "../../host/clock.ts";
import type { Configuration } from "../../host/config/model.ts";
import { Core } from "../../host/core/core.ts";
import { createMemoryLink } from "../../host/link/memory.ts";
import { createWire } from "../../host/nic/memory.ts";
import { readCapture } from "../../host/nic/pcap.ts";
import { CarpNode } from "../../host/node/node.ts";
import { encodeRecording } from "../../host/node/recording.ts";
import { Fate, frameCapacity, type RingSnapshot, snapLength } from "../../host/recorder/frame-ring.ts";
import { recordSizeCapacity } from "../../host/recorder/record-folder.ts";
import { type Advertisement, advertisementFrame } from "../support/frames.ts";
import { requireOrSkip } from "../support/require.ts";
import { transmitRing } from "../support/rings.ts";

const key = "a key nobody reads";
const configuration: Configuration = {
  preempt: false,
  ownAddresses: [],
  virtualHosts: [
    {
      interfaceName: "eth0",
      vhid: 1,
      advbase: 1,
      advskew: 0,
      pass: new Uint8Array(Buffer.from(key)),
      addresses: [{ family: 4, address: "192.0.2.1", prefixLength: 24 }],
      virtualMac: false,
      position: { file: "test", line: 1, column: 1 },
    },
  ],
};
const slower: Advertisement = {
  vhid: 1,
  advbase: 2,
  advskew: 0,
  key,
  addresses: ["192.0.2.1"],
  counter: 7n,
  source: "192.0.2.3",
};

/** A node that became MASTER, beside a slower master and one with another key. */
function record(): Buffer {
  const link = createMemoryLink();
  const wire = createWire();
  const eth0 = link.addInterface({ name: "eth0", mac: Uint8Array.of(2, 0, 0, 0, 0, 1) });
  link.addForeignAddress(eth0, { family: 4, address: "192.0.2.2", prefixLength: 24 });
  const node = new CarpNode(
    { core: new Core(), link, openNic: () => wire.attach("eth0"), emit: () => undefined },
    { sourceMac: "virtual" },
  );
  node.start(configuration);
  const others = wire.attach("others");
  const frames = [
    advertisementFrame(slower),
    advertisementFrame({ ...slower, key: "another" }),
    advertisementFrame({ ...slower, timeToLive: 1 }),
    Uint8Array.from([...new Uint8Array(12), 8, 6, ...new Uint8Array(28)]),
  ];
  node.ifconfig({ interface: "eth0", vhid: 1, state: "MASTER" });
  others.send(transmitRing(frames), 0, frames.length);
  node.turn();
  node.stop();
  const recording = encodeRecording(node.journal.record(), "carp 1.2.3", "a test");
  node.close();
  return recording;
}

test("a node's recording has its frames in and out, in order, with their interface and the time of day", () => {
  const file = record();
  const frames = [...readCapture(file, "x.pcapng")];
  expect(frames).toHaveLength(5);
  for (const { timeNs } of frames)
    expect(Math.abs(Number(timeNs / 1_000_000n) - wallClockMs())).toBeLessThan(5000);
  expect(frames.map(({ bytes }) => `${bytes[39]}/${bytes[36]}`)).toEqual([
    "1/0",
    "2/0",
    "2/0",
    "2/0",
    "255/255",
  ]);
});

test("tshark shows as many frames, each with its verdict", ({ skip }) => {
  const isThere = spawnSync("tshark", ["--version"]).status === 0;
  requireOrSkip(isThere, "tshark is not installed", skip);
  const folder = mkdtempSync(join(tmpdir(), "carp-tshark-"));
  try {
    const file = join(folder, "frames.pcapng");
    writeFileSync(file, record());
    const fields = ["frame.interface_name", "frame.comment", "ip.src"].flatMap((field) => ["-e", field]);
    const argv = ["-r", file, "-T", "fields", "-E", "separator=;", ...fields];
    const lines = execFileSync("tshark", argv, { stdio: ["ignore", "pipe", "pipe"] })
      .toString()
      .trim();
    expect(lines.split("\n")).toEqual([
      "eth0;sent;192.0.2.2",
      "eth0;ok;192.0.2.3",
      "eth0;bad auth;192.0.2.3",
      "eth0;bad ttl;192.0.2.3",
      "eth0;sent;192.0.2.2",
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("no recording has the key", () => {
  const file = record();
  expect(file.includes("a test")).toBe(true);
  expect(file.includes(key.slice(0, 6))).toBe(false);
});

test("a full ring fits into a file, however the frames fared", () => {
  const entrySize = 16 + snapLength;
  const entries = new Uint8Array(frameCapacity * entrySize);
  const view = new DataView(entries.buffer);
  for (let place = 0; place < frameCapacity; place++) {
    view.setUint8(place * entrySize + 8, snapLength);
    view.setUint8(place * entrySize + 10, Fate.Sent);
    view.setUint16(place * entrySize + 14, 93, true);
  }
  const ring: RingSnapshot = {
    entries,
    order: Uint16Array.from({ length: frameCapacity }, (_, place) => place),
    unrecorded: 1,
  };
  const file = encodeRecording({ ring, interfaces: ["eth0"] }, "carp 1.2.3", "a test");
  expect(file.includes("EPROTONOSUPPORT, errno 93")).toBe(true);
  expect(file.includes("1 refused frames came too fast")).toBe(true);
  expect(file.length).toBeLessThan(recordSizeCapacity);
});
