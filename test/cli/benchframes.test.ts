import { expect, test } from "vitest";
import { Verdict } from "../../assembly/abi.ts";
import { composeFrame, fillSlots, internetChecksum, setUp } from "../../host/cli/benchframes.ts";
import { Core } from "../../host/core/core.ts";
import { addressBytes, advertisementFrame } from "../support/frames.ts";

const key = Buffer.from("testpass");

test("a composed frame is the specification's example A but for its parameters (protocol §2.4)", () => {
  const counter = Buffer.from("0123456789abcdef", "hex");
  const frame = composeFrame({ vhid: 1, key, addresses: [addressBytes("192.168.1.50")] }, { counter });
  expect(Buffer.from(frame.subarray(50)).toString("hex")).toBe("8a28722b250012cc264dc3ff6044f75668e5d29d");
});

test.each([4, 6] as const)("over IPv%i it is byte for byte what the test's own composer makes", (family) => {
  const texts = ["192.168.1.50", "192.168.1.51", "2001:db8::1"];
  const counter = Buffer.from("00000000ffffffff", "hex");
  const frame = composeFrame({ vhid: 7, key, addresses: texts.map(addressBytes) }, { counter, family });
  const same = advertisementFrame({
    vhid: 7,
    advbase: 1,
    advskew: 0,
    key,
    addresses: texts,
    counter: 0xffffffffn,
    family,
    source: family === 4 ? "192.168.1.3" : "fe80:0:0:0:0:0:0:3",
  });
  expect(Buffer.from(frame).toString("hex")).toBe(Buffer.from(same).toString("hex"));
});

test("the core accepts them, and refuses another TTL", () => {
  const core = new Core();
  const host = { vhid: 9, key, addresses: [addressBytes("10.0.0.1"), addressBytes("2001:db8::1")] };
  const slots = setUp(core, [host]);
  const counter = new Uint8Array(8);
  fillSlots(slots, [
    composeFrame(host, { counter }),
    composeFrame(host, { counter, family: 6 }),
    composeFrame(host, { counter, timeToLive: 254 }),
  ]);
  core.verifyFrames(3);
  expect([0, 1, 2].map((slot) => slots.verdict(slot))).toEqual([Verdict.Ok, Verdict.Ok, Verdict.BadTtl]);
});

test("the checksum of data that holds its own is 0", () => {
  const header = Buffer.from("45e0003800004000ff70d8b7c0a80103e0000012", "hex");
  expect(internetChecksum(header)).toBe(0);
  expect(internetChecksum(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x00, 0x01))).toBe(0xfffe);
});
