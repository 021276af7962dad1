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

it("can be ended before anybody has listened to it", async () => {
  await new PacketThread(choices).end();
});

it("tells whoever attaches later what it died of", async ({ skip }) => {
  requireOrSkip(process.platform === "linux", "its poll is Linux's", skip);
  const thread = new PacketThread(choices);
  const { worker } = thread as unknown as { worker: { emit(name: string, error: Error): void } };
  worker.emit("error", new Error("the self-test failed"));
  await expect(thread.attach({ signal: signalEvent })).rejects.toThrow("the self-test failed");
  await thread.end();
});
