import type { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { PacketThread } from "../../host/node/packet-thread.ts";
import { signalEvent } from "../../host/system/event.ts";
import { requireOrSkip } from "../support/require.ts";

const choices = { sourceMac: "virtual", revectorize: false } as const;

it("answers requests once it is warm, and ends when it is told to", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "its poll is Linux's", skip);
  const failures: Error[] = [];
  const thread = new PacketThread(choices);
  await thread.attach({ signal: signalEvent, onFailure: (error) => failures.push(error) });
  expect(await thread.ask({ verb: "status" })).toMatchObject({ virtual_hosts: [], core: "simd" });
  await thread.end();
  await thread.end();
  expect(failures).toEqual([]);
});

it("launched in vain, ends when it has come up, however early it is dismissed", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "its poll is Linux's", skip);
  for (const delayMs of [0, 40, 120, 400]) {
    const thread = new PacketThread(choices);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await thread.dismiss(signalEvent);
    await thread.dismiss(signalEvent);
  }
});

it("is not dismissed once somebody has attached to it, and nobody waits for it then", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "its poll is Linux's", skip);
  const thread = new PacketThread(choices);
  await thread.attach({ signal: signalEvent });
  await thread.dismiss(signalEvent);
  expect(await thread.ask({ verb: "status" })).toMatchObject({ virtual_hosts: [] });
  await thread.end();
});

it("tells of its end, and from then on to whoever asks", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "its poll is Linux's", skip);
  const failures: Error[] = [];
  const thread = new PacketThread(choices);
  await thread.attach({ signal: signalEvent, onFailure: (error) => failures.push(error) });
  const { worker } = thread as unknown as { worker: Worker };
  await worker.terminate();
  await expect(thread.ask({ verb: "status" })).rejects.toThrow("the packet thread ended by itself");
  await expect(thread.attach({ signal: signalEvent })).rejects.toThrow("the packet thread ended by itself");
  expect(failures.length).toBe(1);
  await thread.dismiss(signalEvent);
});
