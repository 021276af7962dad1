import { describe, expect, test } from "vitest";
import * as abi from "../../../assembly/abi.ts";
import { Driver, peer } from "../../support/driver.ts";
import { advertisementFrame } from "../../support/frames.ts";

describe("statistics (protocol §3.2)", () => {
  test("they are FreeBSD's, in its order, then ours", () => {
    const names = Object.values(abi.Statistic).filter((name) => typeof name === "string");
    expect(names.join(" ")).toBe(
      "ipackets ipackets6 badif badttl hdrops badsum badver badlen badauth badvhid badaddrs opackets opackets6 " +
        "onomem ostates preempt reflected senderrors replaysuspects duplicates stale refreshes resyncs " +
        "zerointervals vrrp trailing oddheaders latesteps conflicts",
    );
    expect(names).toHaveLength(abi.STATISTIC_COUNT);
  });

  test("they are 64 bits wide", () => {
    const driver = new Driver();
    driver.add();
    const view = new DataView(driver.core.memory.buffer);
    const at = abi.STATISTICS_OFFSET + abi.Statistic.ipackets * 8;
    view.setBigUint64(at, 0xffff_ffffn, true);
    driver.hear();
    expect(view.getBigUint64(at, true)).toBe(0x1_0000_0000n);
  });

  test("the host's are the sum of its virtual hosts', where each frame has one", () => {
    const driver = new Driver();
    for (const vhid of [1, 2, 3]) driver.add({ vhid });
    for (let round = 0; round < 30; round++) {
      const key = round % 5 === 0 ? "wrong" : "testpass";
      const timeToLive = round % 7 === 0 ? 1 : 255;
      driver.receive(advertisementFrame({ ...peer, vhid: (round % 3) + 1, key, timeToLive }));
    }
    const records = [1, 2, 3].map((vhid) => driver.instance(vhid).statistics);
    for (const [name, total] of Object.entries(driver.core.statistics())) {
      const sum = records.reduce((all, record) => all + record[name as keyof typeof record], 0);
      expect(total, name).toBe(sum);
    }
    expect(driver.core.statistics()).toMatchObject({ ipackets: 30, badttl: 5, badauth: 5 });
  });
});
