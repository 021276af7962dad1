import { FrameKind } from "../../assembly/abi.ts";
import { type Driver, linkedFlags } from "./driver.ts";
import { addressBytes } from "./frames.ts";

/** A frame on the wire: where it came from (undefined is the attacker) and when it arrives. */
interface Flight {
  readonly from: Driver | undefined;
  readonly bytes: Uint8Array;
  readonly atNs: bigint;
}

/** Several cores in one virtual time on one Ethernet, where each hears what the others advertise, a moment later. */
export class Segment {
  readonly drivers: readonly Driver[];
  /** Whether a frame arrives; a test may lose some. */
  arrives: (frame: Uint8Array, at: Driver) => boolean = () => true;
  private readonly delayNs: bigint;
  private readonly flights: Flight[] = [];
  private now: bigint;

  /** Driver 0 has the address 192.168.1.11, the next 192.168.1.12, and so on. */
  constructor(drivers: readonly Driver[], delayNs = 100_000n) {
    this.drivers = drivers;
    this.delayNs = delayNs;
    this.now = drivers[0].now;
    drivers.forEach((driver, index) => {
      driver.core.setInterface(0, {
        flags: linkedFlags,
        mac: Uint8Array.of(2, 0, 0, 0, 1, index),
        source4: addressBytes(`192.168.1.${11 + index}`),
        source6: addressBytes(`fe80::${11 + index}`),
      });
    });
  }

  get nowNs(): bigint {
    return this.now;
  }

  /** Everybody hears the frame at that time. */
  inject(bytes: Uint8Array, atNs = this.now): void {
    this.launch({ from: undefined, bytes, atNs });
  }

  /** Lets everything happen until then, in the order of time; calls back after every step. */
  runUntil(timeNs: bigint, afterStep: (nowNs: bigint) => void = () => undefined): void {
    for (;;) {
      this.collect();
      const next = this.nextMoment();
      if (next > timeNs) break;
      if (next > this.now) this.now = next;
      this.land();
      for (const driver of this.drivers) driver.runUntil(this.now);
      afterStep(this.now);
    }
    this.now = timeNs;
    for (const driver of this.drivers) driver.runUntil(timeNs);
    this.collect();
  }

  private nextMoment(): bigint {
    const deadlines = this.drivers.map((driver) => driver.core.pollTimeout());
    const flight = this.flights[0]?.atNs;
    const moments = [...deadlines, ...(flight === undefined ? [] : [flight])];
    return moments.sort((one, other) => (one < other ? -1 : 1))[0];
  }

  private land(): void {
    while (this.flights.length > 0 && this.flights[0].atNs <= this.now) {
      const { from, bytes } = this.flights.shift()!;
      for (const driver of this.drivers) {
        if (driver === from || !this.arrives(bytes, driver)) continue;
        driver.now = this.now;
        driver.receive(bytes);
      }
    }
  }

  /** Puts on the wire what the cores have sent since. */
  private collect(): void {
    for (const driver of this.drivers) {
      for (const { kind, bytes, timeNs } of driver.takeFrames()) {
        if (kind !== FrameKind.Advertisement4 && kind !== FrameKind.Advertisement6) continue;
        this.sent.push({ driver, bytes, timeNs });
        this.launch({ from: driver, bytes, atNs: timeNs + this.delayNs });
      }
    }
  }

  /** Every advertisement of a core, in the order of time. */
  readonly sent: { readonly driver: Driver; readonly bytes: Uint8Array; readonly timeNs: bigint }[] = [];

  private launch(flight: Flight): void {
    let place = this.flights.length;
    while (place > 0 && this.flights[place - 1].atNs > flight.atNs) place--;
    this.flights.splice(place, 0, flight);
  }
}
