import { beforeEach, describe, expect, test } from "vitest";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, type VirtualHost } from "../../support/driver.ts";
import { addressBytes, digest } from "../../support/frames.ts";

const hex = (address: string) => Buffer.from(addressBytes(address)).toString("hex");

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function decoded(host: VirtualHost) {
  return driver.firstFrames(host).map(({ bytes }) => decode(bytes));
}

describe("advertisements over IPv6 (protocol §1.3)", () => {
  test("over IPv6, every field, with a counter of its own", () => {
    const [first, second] = decoded(dual);
    if (first.kind !== "advertisement4" || second.kind !== "advertisement6") throw new Error(second.kind);
    const { counter, ...fields } = second;
    expect(counter).toBeGreaterThan(first.counter);
    const { key, addresses, vhid } = dual;
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
});
