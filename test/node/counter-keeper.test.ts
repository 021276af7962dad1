import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CounterKeeper } from "../../host/node/counter-keeper.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const counters = { largest: 5n, reserved: 100n };

/** A file that notes what is written, and fails or hangs as it is told to. */
function createFile() {
  const written: bigint[] = [];
  const file = {
    path: "/state/counter",
    mode: "works" as "works" | "fails" | "hangs",
    write: (counter: bigint): Promise<void> => {
      written.push(counter);
      if (file.mode === "fails") return Promise.reject(new Error("ENOSPC: no space left on device"));
      return file.mode === "hangs" ? new Promise(() => undefined) : Promise.resolve();
    },
  };
  return { file, written };
}

function createKeeper() {
  const { file, written } = createFile();
  const lines: string[] = [];
  const keeper = new CounterKeeper(file, (level, message) => lines.push(`${level}: ${message}`));
  return { file, written, lines, keeper };
}

it("writes what is reserved at once and then once a minute, and what was sent at the end", async () => {
  const { keeper, written } = createKeeper();
  let reserved = 100n;
  keeper.start(async () => ({ largest: 5n, reserved: reserved++ }));
  await vi.advanceTimersByTimeAsync(59_000);
  expect(written).toEqual([100n]);
  await vi.advanceTimersByTimeAsync(121_000);
  expect(written).toEqual([100n, 101n, 102n, 103n]);
  await keeper.finish(counters);
  expect(written.at(-1)).toBe(5n);
  await vi.advanceTimersByTimeAsync(600_000);
  expect(written).toHaveLength(5);
});

it("warns once of trouble, goes on trying, and tells when it is over", async () => {
  const { keeper, file, lines, written } = createKeeper();
  file.mode = "fails";
  keeper.start(async () => counters);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(lines).toEqual(["warning: the counters are not kept: ENOSPC: no space left on device"]);
  expect(written).toHaveLength(6);
  file.mode = "works";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines[1]).toBe("info: /state/counter is written again");
  file.mode = "fails";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(3);
});

it("a disk that hangs costs one attempt, and a second at the end", async () => {
  const { keeper, file, written } = createKeeper();
  file.mode = "hangs";
  keeper.start(async () => counters);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(written).toHaveLength(1);
  let finished = false;
  const finish = keeper.finish(counters).then(() => {
    finished = true;
  });
  await vi.advanceTimersByTimeAsync(990);
  expect(finished).toBe(false);
  await vi.advanceTimersByTimeAsync(20);
  await finish;
  expect(written).toHaveLength(1);
});

it("writes nothing for a node that does not answer, or that has ended", async () => {
  const { keeper, written, lines } = createKeeper();
  keeper.start(() => Promise.reject(new Error("the packet thread ended")));
  await vi.advanceTimersByTimeAsync(120_000);
  keeper.abandon();
  await vi.advanceTimersByTimeAsync(120_000);
  expect([written, lines]).toEqual([[], []]);
});
