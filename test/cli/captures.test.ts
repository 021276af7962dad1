import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "./support.ts";

const folder = fileURLToPath(new URL("../captures", import.meta.url));
const netbsd = list("netbsd").filter((name) => !name.startsWith("vectors-"));
const ucarp = list("ucarp");

interface Packet {
  readonly counter: string;
  readonly advbase: number;
  readonly advskew: number;
  readonly source: string;
  readonly vhid: number;
  readonly verdict: string;
}

function list(name: string): string[] {
  return readdirSync(`${folder}/${name}`).filter((file) => file.endsWith(".pcap"));
}

async function verify(file: string, pass: string, addresses: readonly string[]): Promise<Packet[]> {
  const given = addresses.flatMap((address) => ["-a", address]);
  const { out, err } = await run(["verify", "--json", "-p", pass, ...given, `${folder}/${file}`]);
  expect(err).toBe("");
  return JSON.parse(out);
}

/** The advertisements of a timeline in their order: who sent what, and with which pass phrase it agrees. */
function readTimeline(file: string): (Omit<Packet, "verdict"> & { readonly auth: string })[] {
  const text = readFileSync(`${folder}/${file.replace(/pcap$/, "txt")}`, "utf8");
  const pattern =
    / CARP (\S+) > .* vhid (\d+) advbase (\d+) advskew (\d+) .* ctr ([\da-f]{16}) auth=(?:ok\((\w+)\)|(NONE))/g;
  return Array.from(text.matchAll(pattern), ([, source, vhid, advbase, advskew, counter, pass, none]) => ({
    source,
    vhid: Number(vhid),
    advbase: Number(advbase),
    advskew: Number(advskew),
    counter,
    auth: pass ?? none,
  }));
}

/** Frames of the same moment stand in any order in a timeline, so they are compared as a set. */
function keyOf({ source, vhid, advbase, advskew, counter, verdict }: Packet): string {
  return [source, vhid, advbase, advskew, counter, verdict].join(" ");
}

/** The addresses that both nodes of a capture have; what its timeline says of others is `NONE`. */
function addressesOf(file: string): readonly string[] {
  if (file.startsWith("nb-15")) return ["192.168.1.60", "192.168.1.5", "192.168.1.200", "10.9.9.9"];
  if (file.startsWith("nb-10") || file.startsWith("nb-11")) return ["192.168.1.50", "2001:db8::50"];
  return ["192.168.1.50"];
}

describe("NetBSD's and ucarp's advertisements get the verdict of the timeline", () => {
  test.each(netbsd)("%s", async (name) => {
    const timeline = readTimeline(`netbsd/${name}`);
    for (const pass of ["testpass", "wrongpass"]) {
      const packets = await verify(`netbsd/${name}`, pass, addressesOf(name));
      const expected = timeline.map(({ auth, ...rest }) => ({
        ...rest,
        verdict: auth === pass ? "ok" : "bad auth",
      }));
      expect(packets.map(keyOf).sort()).toEqual(expected.map(keyOf).sort());
    }
  });

  test("there is something to be seen in them", () => {
    const counts = netbsd.flatMap((name) => readTimeline(`netbsd/${name}`)).map(({ auth }) => auth);
    const count = (auth: string) => counts.filter((entry) => entry === auth).length;
    expect([count("testpass"), count("wrongpass"), count("NONE")]).toEqual([340, 8, 12]);
  });
});

test("a kernel that refused the IPv6 address authenticates with the IPv4 address alone", async () => {
  const packets = await verify("netbsd/nb-10-dual-stack-v4-v6-vip.pcap", "testpass", ["192.168.1.50"]);
  expect(packets.map(({ verdict }) => verdict)).toEqual(Array(9).fill("ok"));
});

test("after one of four addresses was removed, the other three are what is authenticated", async () => {
  const rest = ["192.168.1.60", "192.168.1.5", "10.9.9.9"];
  const packets = await verify("netbsd/nb-15-four-vips-one-vhid.pcap", "testpass", rest);
  const good = packets.filter(({ verdict }) => verdict === "ok").map(({ source }) => source);
  expect(good).toEqual(Array(3).fill("192.168.1.4"));
});

describe("ucarp's advertisements", () => {
  test.each(ucarp)("%s", async (name) => {
    const pass = name.startsWith("i3-") ? "abcdefghijklmnopqrs" : "testpass";
    const packets = await verify(`ucarp/${name}`, pass, ["192.168.1.50", "2@192.168.1.51"]);
    expect(packets.length).toBeGreaterThan(0);
    for (const { source, verdict } of packets) {
      const isWrong = name.startsWith("f-") && source === "192.168.1.5";
      expect(verdict).toBe(isWrong ? "bad auth" : "ok");
    }
  });

  test("with the other pass phrase, the other host is the good one", async () => {
    const packets = await verify("ucarp/f-wrong-password.pcap", "wrongpass", ["192.168.1.50"]);
    for (const { source, verdict } of packets)
      expect(verdict).toBe(source === "192.168.1.5" ? "ok" : "bad auth");
  });
});
