import { describe, expect, test } from "vitest";
import type { VirtualHost } from "../../host/config/model.ts";
import { judgeStrength, priceOf } from "../../host/config/passstrength.ts";

const host = (vhid: number, length: number): VirtualHost => ({
  interfaceName: "eth0",
  vhid,
  advbase: 1,
  advskew: 0,
  pass: new Uint8Array(length).fill(0x78),
  addresses: [],
  virtualMac: false,
  position: { file: "rc.conf", line: 7, column: 3 },
});

describe("W20: what a short pass phrase costs whoever searches for it", () => {
  test.each([
    [1, "1 small letters and digits within a second, any 1 characters within a second"],
    [7, "7 small letters and digits within 7 seconds, any 7 characters within 2 hours"],
    [8, "8 small letters and digits within 4 minutes, any 8 characters within 6 days"],
    [9, "9 small letters and digits within 2 hours, any 9 characters within 2 years"],
    [10, "10 small letters and digits within 4 days, any 10 characters within 158 years"],
    [11, "11 small letters and digits within 127 days, any 11 characters within 15,020 years"],
  ])("of %i bytes", (length, price) => {
    expect(priceOf(length)).toContain("one graphics card (RTX 4090)");
    expect(priceOf(length)).toContain(price);
  });

  test("the name of an interface moves no cursor", () => {
    const problem = judgeStrength([{ ...host(1, 8), interfaceName: "e\x1b[31m" }]);
    expect(problem?.message).toContain("1@e\\x1b[31m: the pass phrase");
  });

  test("one warning tells of all, with the price of the shortest", () => {
    const hosts = [
      host(1, 8),
      host(2, 12),
      host(3, 9),
      host(4, 19),
      ...[5, 6, 7].map((vhid) => host(vhid, 11)),
    ];
    const problem = judgeStrength(hosts);
    expect(problem).toMatchObject({ severity: "warning", position: { file: "rc.conf", line: 1, column: 1 } });
    expect(problem?.message).toContain(
      "1@eth0, 3@eth0, 5@eth0, 6@eth0 and 1 more: the pass phrase is shorter",
    );
    expect(problem?.message).toContain("4 minutes");
    expect(problem?.message).not.toContain("xxxxxxxx");
  });

  test.each([0, 12, 13, 20])("of %i bytes nothing is said; an empty one is another matter", (length) => {
    expect(judgeStrength([host(1, length)])).toBeUndefined();
  });
});
