import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, type VirtualHost } from "../../support/driver.ts";
import { advertisementFrame } from "../../support/frames.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

describe("the CARP header (protocol §1.4, §2)", () => {
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
      for (const { kind, bytes } of driver
        .firstFrames(host)
        .filter(({ kind }) => kind <= abi.FrameKind.Advertisement6)) {
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
});
