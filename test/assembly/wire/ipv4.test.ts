import { beforeEach, describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { decode } from "../../support/decoder.ts";
import { Driver, dualHost as dual, type VirtualHost } from "../../support/driver.ts";
import { digest } from "../../support/frames.ts";

let driver: Driver;
beforeEach(() => {
  driver = new Driver();
});

function decoded(host: VirtualHost) {
  return driver.firstFrames(host).map(({ bytes }) => decode(bytes));
}

describe("advertisements over IPv4 (protocol §1.2)", () => {
  test("over IPv4, every field", () => {
    const [first] = decoded(dual);
    if (first.kind !== "advertisement4") throw new Error(first.kind);
    const { counter, ...fields } = first;
    const { key, addresses, vhid } = dual;
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

  test.each([0, 1, 56, 63])("dscp %i is in the traffic class", (dscp) => {
    driver.core.setOption(abi.Option.Dscp, dscp);
    const classes = decoded(dual).map((frame) => ("trafficClass" in frame ? frame.trafficClass : undefined));
    expect(classes.slice(0, 2)).toEqual([dscp << 2, dscp << 2]);
  });
});
