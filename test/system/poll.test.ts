import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import { monotonicNs } from "../../host/clock.ts";
import { signalEvent, WakeEvent } from "../../host/system/event.ts";
import { libc } from "../../host/system/libc.ts";
import { allocate } from "../../host/system/memory.ts";
import { Poller } from "../../host/system/poll.ts";
import { DeadlineTimer } from "../../host/system/timer.ts";

const linux = process.platform === "linux";
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function event(): WakeEvent {
  const made = new WakeEvent();
  closers.push(() => made.close());
  return made;
}

function timer(): DeadlineTimer {
  const made = new DeadlineTimer();
  closers.push(() => made.close());
  return made;
}

describe.runIf(linux)("waiting", () => {
  test("poll tells which descriptor is ready, and nothing when none is", () => {
    const [first, second] = [event(), event()];
    const poller = new Poller([first.descriptor, -1, second.descriptor]);
    expect(poller.wait(0)).toBe(0);
    signalEvent(second.descriptor);
    signalEvent(second.descriptor);
    expect(poller.wait(0)).toBe(1);
    expect([0, 1, 2].map((index) => poller.ready(index))).toEqual([false, false, true]);
    expect(second.clear()).toBe(true);
    expect(second.clear()).toBe(false);
    expect(poller.wait(0)).toBe(0);
    expect(poller.ready(2)).toBe(false);
  });

  test("a timer fires at its deadline on the monotonic clock, not before, and late by little", () => {
    const alarm = timer();
    const poller = new Poller([alarm.descriptor]);
    const deadlineNs = monotonicNs() + 30_000_000n;
    alarm.arm(deadlineNs);
    expect(poller.wait(10)).toBe(0);
    expect(poller.wait(1000)).toBe(1);
    const lateNs = monotonicNs() - deadlineNs;
    expect(lateNs).toBeGreaterThanOrEqual(0n);
    expect(lateNs).toBeLessThan(100_000_000n);
    alarm.clear();
    expect(poller.wait(0)).toBe(0);
  });

  test("a deadline that has passed fires at once, a disarmed one never", () => {
    const alarm = timer();
    const poller = new Poller([alarm.descriptor]);
    for (const deadlineNs of [-5n, 0n, 1n, monotonicNs() - 1n]) {
      alarm.arm(deadlineNs);
      expect(poller.wait(100)).toBe(1);
      alarm.clear();
    }
    alarm.arm(monotonicNs() + 5_000_000n);
    alarm.disarm();
    expect(poller.wait(20)).toBe(0);
  });

  test("the host's clock is the kernel's CLOCK_MONOTONIC", async () => {
    const { default: koffi } = await import("koffi");
    const gettime: (clock: number, time: bigint) => number = koffi
      .load(null)
      .func("int clock_gettime(int, void *)");
    const time = allocate(16);
    const before = monotonicNs();
    expect(gettime(1, time.address)).toBe(0);
    const after = monotonicNs();
    const kernel = time.view.getBigInt64(0, true) * 1_000_000_000n + time.view.getBigInt64(8, true);
    expect(kernel).toBeGreaterThanOrEqual(before);
    expect(kernel).toBeLessThanOrEqual(after);
  });

  test("a signal from another thread wakes a thread that is blocked in poll", async () => {
    const wake = event();
    const { address } = allocate(8);
    expect(address).toBeGreaterThan(0n);
    // The worker signals with nothing but the descriptor's number, as any thread of the process can.
    const worker = new Worker(
      `const { workerData } = require("node:worker_threads");
       const { writeSync } = require("node:fs");
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
       writeSync(workerData, new Uint8Array(new BigUint64Array([1n]).buffer));`,
      { eval: true, workerData: wake.descriptor },
    );
    await new Promise((resolve) => worker.once("online", resolve));
    const poller = new Poller([wake.descriptor]);
    expect(poller.wait(5000)).toBe(1);
    expect(wake.clear()).toBe(true);
    await worker.terminate();
  });

  test("a signal whose counter is full is no error", () => {
    const wake = event();
    const full = allocate(8);
    full.view.setBigUint64(0, 0xfffffffffffffffen, true);
    expect(libc().write(wake.descriptor, full.address, 8)).toBe(8);
    expect(() => signalEvent(wake.descriptor)).not.toThrow();
    expect(wake.clear()).toBe(true);
  });
});
