import { describe, expect, test } from "vitest";
import { createWire } from "../../host/nic/memory.ts";
import { PacketType } from "../../host/nic/nic.ts";
import { carpFrame } from "../support/frames.ts";
import { receiveRing, transmitRing } from "../support/rings.ts";

const mac = (last: number) => Uint8Array.of(2, 0, 0, 0, 0, last);

describe("the wire in memory", () => {
  test("carries a frame to all the others, cut to the slot, with its type", () => {
    const wire = createWire();
    const [a, b, c] = ["a", "b", "c"].map((name, index) => wire.attach(name, mac(index + 1)));
    const unicast = carpFrame();
    unicast.set(mac(2));
    const frames = [carpFrame({ length: 100 }), carpFrame({ target: "broadcast" }), unicast];
    expect(a.send(transmitRing(frames), 0, 3)).toBe(3);
    const { ring, take } = receiveRing(4, 80);
    expect(b.receive(ring, 1)).toBe(3);
    const received = take();
    expect(received.map(({ wireLength }) => wireLength)).toEqual([100, 70, 70]);
    expect(received.map(({ bytes }) => bytes)).toEqual(frames.map((frame) => frame.subarray(0, 80)));
    const { Multicast, Broadcast, Host, OtherHost } = PacketType;
    expect(received.map(({ packetType }) => packetType)).toEqual([Multicast, Broadcast, Host]);
    expect(c.receive(ring, 0)).toBe(3);
    expect(take().map(({ packetType }) => packetType)).toEqual([Multicast, Broadcast, OtherHost]);
    expect(a.receive(ring, 0)).toBe(0);
  });

  test("keeps what was sent whatever the sender's ring holds later, in order, over several reads", () => {
    const wire = createWire();
    const [a, b] = [wire.attach("a"), wire.attach("b")];
    const transmit = transmitRing([1, 2, 3].map((vhid) => carpFrame({ vhid })));
    a.send(transmit, 1, 2);
    transmit.memory.fill(0);
    const { ring, take } = receiveRing(2);
    expect(b.receive(ring, 1)).toBe(1);
    expect(b.receive(ring, 1)).toBe(1);
    expect(b.receive(ring, 1)).toBe(0);
    expect(take().at(-1)!.bytes).toEqual(carpFrame({ vhid: 3 }));
  });

  test("drops and counts what nobody reads", () => {
    const wire = createWire({ queueLength: 3 });
    const [a, b] = [wire.attach("a"), wire.attach("b")];
    const transmit = transmitRing([carpFrame()]);
    for (let round = 0; round < 5; round++) a.send(transmit, 0, 1);
    expect(b.drops()).toBe(2);
    expect(b.receive(receiveRing().ring, 0)).toBe(3);
    expect(a.drops()).toBe(0);
  });

  test("can have its cables cut and joined, at either end", () => {
    const wire = createWire();
    const [a, b] = [wire.attach("a"), wire.attach("b")];
    const transmit = transmitRing([carpFrame()]);
    const arrives = () => {
      a.send(transmit, 0, 1);
      return b.receive(receiveRing().ring, 0) === 1;
    };
    expect(arrives()).toBe(true);
    wire.setPort("b", { connected: false });
    expect(arrives()).toBe(false);
    wire.setPort("b", { connected: true });
    wire.setPort("a", { connected: false });
    expect(arrives()).toBe(false);
    wire.setPort("a", { connected: true });
    expect(arrives()).toBe(true);
    b.close();
    expect(arrives()).toBe(false);
  });

  test("calls the reader once for a batch, after the sender's turn", async () => {
    const wire = createWire();
    const [a, b] = [wire.attach("a"), wire.attach("b")];
    const calls: number[] = [];
    b.onReadable = () => calls.push(b.receive(receiveRing().ring, 0));
    a.send(transmitRing([carpFrame(), carpFrame()]), 0, 2);
    expect(calls).toEqual([]);
    await Promise.resolve();
    expect(calls).toEqual([2]);
    a.send(transmitRing([carpFrame()]), 0, 1);
    await Promise.resolve();
    expect(calls).toEqual([2, 1]);
  });
});
