import { Verdict } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import type { Core } from "../core/core.ts";
import { type CoreNews, type CoreOrder, isOrder, withoutCancelled } from "../core/records.ts";
import { verdictWord } from "../core/words.ts";
import type { Nic } from "../nic/nic.ts";
import type { FrameRing } from "../recorder/frame-ring.ts";
import type { Log } from "./log.ts";
import type { Port } from "./ports.ts";

/** No such device: what sending through an interface that is away amounts to. */
const ENODEV = 19;

/** Lines about dropped packets in one second, at net.inet.carp.log 2. */
const mostPacketLines = 10;

/** Who carries out the core's orders and passes on its news. */
export interface Answers {
  obey(order: CoreOrder): void;
  tell(news: CoreNews): void;
  /** Every order has been given, and every frame that there was is sent. */
  rest(): void;
}

/** Frames from the NICs into the core, its events to whoever answers them, its frames out. */
export class FramePath {
  private readonly core: Core;
  private readonly ports: readonly Port[];
  private readonly answers: Answers;
  private readonly log: Log;
  private readonly ring: FrameRing;
  private packetLines = { second: 0n, count: 0 };

  constructor(core: Core, ports: readonly Port[], answers: Answers, log: Log, ring: FrameRing) {
    this.core = core;
    this.ports = ports;
    this.answers = answers;
    this.log = log;
    this.ring = ring;
  }

  /**
   * Takes in what waits at the ports, at most a ring full from each, and lets it act. `isReadable` spares the ports, by
   * their index, at which nothing waits. Returns how many frames that were.
   */
  receive(logsDrops: boolean, isReadable?: (port: number) => boolean): number {
    let frames = 0;
    for (const port of this.ports) {
      if (isReadable === undefined || isReadable(port.index)) frames += this.receiveFrom(port, logsDrops);
    }
    return frames;
  }

  /** Runs what is due. */
  runDeadlines(): void {
    const now = monotonicNs();
    if (now < this.core.pollTimeout()) return;
    this.core.handleTimeout(now);
    this.settle();
  }

  /**
   * Carries out what the core asks for and sends its frames until there are no more of either. Orders come first: the
   * addresses are in place before anybody hears of it. People hear of it last.
   */
  settle(): void {
    const news: CoreNews[] = [];
    for (;;) {
      const events = this.core.events();
      for (const event of withoutCancelled(events)) {
        if (isOrder(event)) this.answers.obey(event);
        else news.push(event);
      }
      if (events.length === 0 && !this.transmit()) break;
    }
    this.answers.rest();
    for (const event of news) this.answers.tell(event);
  }

  /** Sends what there is to send; false where there was nothing. */
  transmit(): boolean {
    const slots = this.core.transmitSlots;
    let sent = false;
    for (let count = this.core.pollTransmit(); count > 0; count = this.core.pollTransmit()) {
      sent = true;
      for (let first = 0; first < count; ) {
        const interfaceIndex = slots.interfaceIndex(first);
        let next = first + 1;
        while (next < count && slots.interfaceIndex(next) === interfaceIndex) next++;
        this.send(this.ports[interfaceIndex].nic, first, next - first);
        first = next;
      }
      const now = monotonicNs();
      this.ring.noteSent(slots, count, now);
      this.core.handleSent(now, count);
    }
    return sent;
  }

  private receiveFrom(port: Port, logsDrops: boolean): number {
    const nic = port.nic;
    if (nic === undefined) return 0;
    let count = 0;
    while (count < port.slots.slotCount) {
      const read = nic.receive(port.slots, count);
      if (read === 0) break;
      count += read;
    }
    if (count === 0) return 0;
    const now = monotonicNs();
    this.core.handleFrames(now, count);
    this.ring.noteReceived(port.slots, port.index, count, now);
    if (logsDrops) this.logDrops(port, count);
    this.settle();
    return count;
  }

  /** Sends slots of one interface; one that fails is marked, and the next gets its chance. */
  private send(nic: Nic | undefined, first: number, count: number): void {
    const slots = this.core.transmitSlots;
    for (let done = 0; done < count; ) {
      done += nic?.send(slots, first + done, count - done) ?? 0;
      if (done < count) slots.setErrno(first + done++, nic?.lastErrno || ENODEV);
    }
  }

  private logDrops(port: Port, count: number): void {
    for (let slot = 0; slot < count; slot++) {
      const verdict = port.slots.verdict(slot);
      if (verdict === Verdict.Ok) continue;
      const second = monotonicNs() / 1_000_000_000n;
      if (second !== this.packetLines.second) this.packetLines = { second, count: 0 };
      if (this.packetLines.count++ >= mostPacketLines) continue;
      this.log("info", `${port.name}: packet dropped: ${verdictWord(verdict)}`);
    }
  }
}
