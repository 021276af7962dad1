import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { encodeCapture } from "../../host/nic/pcap.ts";
import { temporaryDirectory } from "../control/support.ts";
import { run } from "./support.ts";

interface VectorEntry {
  readonly name: string;
  readonly key: string;
  readonly addresses_v4: readonly string[];
  readonly frame_hex: string;
}

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/vectors.json", import.meta.url), "utf8"),
) as readonly VectorEntry[];
const election = capture("netbsd/nb-01-election-both-start-preempt-off.pcap");

function capture(name: string): string {
  return fileURLToPath(new URL(`../captures/${name}`, import.meta.url));
}

function frameOf(name: string): Uint8Array {
  const entry = vectors.find((candidate) => candidate.name === name) as VectorEntry;
  return Uint8Array.from(Buffer.from(entry.frame_hex, "hex"));
}

function writeCapture(frames: readonly Uint8Array[]): string {
  const path = join(temporaryDirectory(), "x.pcap");
  writeFileSync(path, encodeCapture(frames.map((bytes) => ({ timeNs: 1_700_000_000_123_456_789n, bytes }))));
  return path;
}

function fixChecksum(header: Uint8Array): void {
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, ~sum & 0xffff);
}

test("the summary has a line for each sender of a VHID", async () => {
  const { code, out } = await run(["verify", "-p", "testpass", "-a", "192.168.1.50", election]);
  expect(code).toBe(0);
  expect(out).toBe(
    [
      `${election}: 15 packets, 11 advertisements`,
      " vhid 1  192.168.1.3 -> 224.0.0.18  7 ok, 0 bad   advbase 1,255 advskew 0,255   HMAC ok (addresses 192.168.1.50)",
      " vhid 1  192.168.1.4 -> 224.0.0.18  4 ok, 0 bad   advbase 1,255 advskew 100,255   HMAC ok (addresses 192.168.1.50)",
      "",
    ].join("\n"),
  );
});

test("--json has an object for each CARP packet", async () => {
  const { out } = await run(["verify", "-p", "testpass", "-a", "192.168.1.50/24", "--json", election]);
  const packets = JSON.parse(out);
  expect(packets).toHaveLength(11);
  expect(packets[0]).toEqual({
    file: election,
    frame: 3,
    time: "2026-11-22T12:25:06.230162Z",
    epoch: 1795350306.230162,
    source: "192.168.1.3",
    destination: "224.0.0.18",
    vhid: 1,
    advbase: 1,
    advskew: 0,
    counter: "ea70b9882e40eeab",
    verdict: "ok",
  });
});

test("with another pass phrase every packet is bad auth, and the exit code says so", async () => {
  const directory = temporaryDirectory();
  const pass = join(directory, "pass");
  writeFileSync(pass, "wrongpass\n", { mode: 0o600 });
  const { code, out } = await run(["verify", "--pass-file", pass, "-a", "192.168.1.50", election]);
  expect(code).toBe(1);
  expect(out).toContain(
    "0 ok, 7 bad   advbase 1,255 advskew 0,255   bad auth 7 (another pass phrase, or other",
  );
  expect(out).not.toContain("wrongpass");
});

test("addresses of one VHID are written VHID@ADDRESS", async () => {
  const file = capture("ucarp/a1-election-all-at-once.pcap");
  const argv = ["verify", "-p", "testpass", "-a", "192.168.1.50", "-a", "2@192.168.1.51", file];
  expect((await run(argv)).code).toBe(0);
  expect((await run(argv.filter((word, index) => word !== "-a" || index !== 3))).code).not.toBe(0);
});

test("VLAN tags are looked through, also two of them", async () => {
  const frame = frameOf("pub-ok-v4-1addr");
  const tagged = Uint8Array.from([
    ...frame.subarray(0, 12),
    0x88,
    0xa8,
    0,
    7,
    0x81,
    0,
    0,
    9,
    ...frame.subarray(12),
  ]);
  const { key, addresses_v4 } = vectors[0];
  const pass = Buffer.from(key, "hex").toString("latin1");
  const path = writeCapture([tagged, frame]);
  const { code, out } = await run(["verify", "-p", pass, "-a", addresses_v4[0], path]);
  expect([code, out.split("\n")[0]]).toEqual([0, `${path}: 2 packets, 2 advertisements`]);
});

test("an advertisement to one host may have any TTL, one to a group may not", async () => {
  const entry = vectors.find(({ name }) => name === "pub-ok-unicast-v4-ttl") as VectorEntry;
  const pass = Buffer.from(entry.key, "hex").toString("latin1");
  const addresses = entry.addresses_v4.flatMap((address) => ["-a", address]);
  const path = writeCapture([frameOf(entry.name)]);
  expect((await run(["verify", `--pass=${pass}`, ...addresses, path])).code).toBe(0);
  const toGroup = Uint8Array.from(frameOf(entry.name));
  new DataView(toGroup.buffer).setUint32(14 + 16, 0xe0000012);
  fixChecksum(toGroup.subarray(14, 34));
  const outcome = await run(["verify", "--json", `--pass=${pass}`, ...addresses, writeCapture([toGroup])]);
  expect(JSON.parse(outcome.out)).toMatchObject([{ destination: "224.0.0.18", verdict: "bad ttl" }]);
});

test("more frames than the core has slots are judged, each in its place", async () => {
  const good = frameOf("pub-ok-v4-1addr");
  const bad = Uint8Array.from(good);
  bad[14 + 20 + 2]++;
  const path = writeCapture(
    Array.from({ length: 2500 }, (_, index) => (index === 1024 || index === 2499 ? bad : good)),
  );
  const { key, addresses_v4 } = vectors[0];
  const argv = [
    "verify",
    "--json",
    "-p",
    Buffer.from(key, "hex").toString("latin1"),
    "-a",
    addresses_v4[0],
    path,
  ];
  const packets = JSON.parse((await run(argv)).out) as { readonly frame: number; readonly verdict: string }[];
  expect(packets.filter(({ verdict }) => verdict !== "ok")).toMatchObject([
    { frame: 1025, verdict: "bad checksum" },
    { frame: 2500, verdict: "bad checksum" },
  ]);
});

test("a VRRP packet and one that is cut short have what can be told of them", async () => {
  const vrrp = Uint8Array.from(
    Buffer.from(
      "01005e00001200005e000124080045e0002000004000ff70d797c00002e3e00000123124640100647b7ec0a88adc",
      "hex",
    ),
  );
  const short = frameOf("pub-ok-v4-1addr").subarray(0, 14 + 20 + 2);
  const { code, out } = await run(["verify", "--json", "-a", "10.0.0.1", writeCapture([vrrp, short])]);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject([
    { frame: 1, vhid: 0x24, advbase: null, advskew: null, counter: null, verdict: "bad version" },
    { frame: 2, vhid: 60, advbase: null, advskew: null, counter: null, verdict: "short" },
  ]);
});

test.each([
  [["-p", "x", election], 2, /^carp: name the virtual host's addresses, each with -a ADDRESS: /],
  [
    ["-p", "x", "-a", "10.0.0.300", election],
    2,
    /^carp: -a 10.0.0.300 is not an IP address, or VHID@ADDRESS\n$/,
  ],
  [["-p", "x", "-a", "256@10.0.0.3", election], 2, /^carp: -a 256@10.0.0.3 is not an IP address/],
  [
    ["-p", "x".repeat(21), "-a", "10.0.0.3", election],
    2,
    /^carp: the pass phrase is 21 bytes; .* at most 20\n$/,
  ],
  [["-p", "x", "--pass-file", "y", "-a", "10.0.0.3", election], 2, /^carp: give the pass phrase once/],
  [
    ["-a", "10.0.0.3", "/nowhere/x.pcap"],
    1,
    /^carp: \/nowhere\/x.pcap cannot be read: there is no such file\n$/,
  ],
])("carp verify %j is refused in one line", async (argv, code, err) => {
  const outcome = await run(["verify", ...argv]);
  expect(outcome).toMatchObject({ code, out: "", err: expect.stringMatching(err) });
});

test("a capture that is cut short is an error, and nothing is printed of the others", async () => {
  const path = join(temporaryDirectory(), "cut.pcap");
  const whole = readFileSync(election);
  writeFileSync(path, whole.subarray(0, whole.length - 7));
  const { code, out, err } = await run(["verify", "-p", "testpass", "-a", "192.168.1.50", election, path]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(new RegExp(`^carp: ${path}: byte \\d+: .*\n$`));
  expect(basename(path)).toBe("cut.pcap");
});
