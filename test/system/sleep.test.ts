import { expect, test } from "vitest";
import { monotonicNs } from "../../host/clock.ts";
import { SleepClock } from "../../host/system/sleep.ts";

test.runIf(process.platform === "linux")("a machine that is awake sleeps no longer than it has", async () => {
  const clock = new SleepClock();
  const before = clock.read();
  const begun = monotonicNs();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const slept = clock.read() - before;
  expect(slept).toBeLessThan(monotonicNs() - begun);
  expect(slept).toBeGreaterThan(-(monotonicNs() - begun));
  // Since the machine was started: never less than nothing, but for the time between the two readings.
  expect(before).toBeGreaterThan(-1_000_000_000n);
});
