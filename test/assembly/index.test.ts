import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import * as abi from "../../assembly/abi.ts";
import { Driver, linkedFlags, peer, SECOND } from "../support/driver.ts";
import { advertisementFrame } from "../support/frames.ts";
import { patternedBytes, patternedNumbers } from "../support/patterned.ts";

/** A long story of everything that can be asked of a core, then a digest of its whole memory. */
function story(driver: Driver, seed: number): string {
  const random = patternedNumbers(seed);
  driver.setLink(linkedFlags, 1);
  for (let vhid = 1; vhid <= 20; vhid++) driver.add({ vhid, interfaceIndex: vhid & 1, advskew: vhid * 5 });
  for (let step = 0; step < 2000; step++) {
    const vhid = (random() % 20) + 1;
    const on = vhid & 1;
    const choice = random() % 12;
    if (choice < 5) driver.runUntil(driver.now + BigInt(random() % 1_000_000_000));
    else if (choice < 8) {
      const fields = { vhid, advskew: random() % 255, counter: BigInt(random()) };
      const frames = [advertisementFrame({ ...peer, ...fields }), patternedBytes(random() % 288, step)];
      driver.receiveOn(on, ...frames);
    } else if (choice === 8) driver.do(() => driver.core.setState(on, vhid, (random() % 2) + 1));
    else if (choice === 9) driver.do(() => driver.core.addDemotion((random() % 100) - 50));
    else if (choice === 10) driver.do(() => driver.setLink(random() % 2 === 0 ? linkedFlags : 0, on));
    else driver.do(() => driver.core.applyFailed(on, vhid));
  }
  return createHash("sha256").update(driver.core.memory).digest("hex");
}

test("the same calls give the same bytes, in the whole memory", () => {
  const [one, two] = [new Driver(), new Driver()];
  expect(story(one, 1)).toBe(story(two, 1));
  expect(two.takeFrames()).toEqual(one.takeFrames());
  expect(two.takeEvents()).toEqual(one.takeEvents());
  expect(story(new Driver(), 2)).not.toBe(story(new Driver(), 1));
});

test("a core that is reset behaves as a new one", () => {
  const [used, fresh] = [new Driver(), new Driver()];
  story(used, 3);
  for (const driver of [used, fresh]) {
    driver.now = 5000n * SECOND;
    driver.core.reset(driver.now, 0);
    driver.takeEvents();
    driver.takeFrames();
    driver.setLink(linkedFlags);
    story(driver, 4);
  }
  expect(used.takeFrames()).toEqual(fresh.takeFrames());
  expect(used.takeEvents()).toEqual(fresh.takeEvents());
  const records = (driver: Driver) => driver.core.memory.slice(abi.INSTANCES_OFFSET, abi.STATIC_DATA_OFFSET);
  expect(Buffer.compare(records(used), records(fresh))).toBe(0);
});
