/** A station's monotonic clock: as fast as its crystal, beginning wherever the machine's does. */
export class Clock {
  private readonly rate: number;
  private localOrigin: number;
  private origin = 0;

  constructor(driftPpm: number, localOrigin: number) {
    this.rate = 1 + driftPpm * 1e-6;
    this.localOrigin = localOrigin;
  }

  /** The clock's reading at a time of the world. */
  read(time: number): number {
    return this.localOrigin + Math.floor((time - this.origin) * this.rate);
  }

  /** The first time of the world at which the clock reads at least `reading`. */
  timeOf(reading: number): number {
    let time = this.origin + Math.ceil((reading - this.localOrigin) / this.rate);
    while (this.read(time) < reading) time++;
    return time;
  }

  /** A frozen machine whose clock stood still for `pause`, as of `time`. */
  standStill(time: number, pause: number): void {
    this.localOrigin = this.read(time) - Math.floor(pause * this.rate);
    this.origin = time;
  }
}
