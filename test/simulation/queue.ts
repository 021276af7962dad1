/** What happens later. Things of the same time happen in the order in which they were put in. */
export interface Happening {
  happen(): void;
}

/** A binary heap, ordered by time and then by arrival. */
export class Queue {
  private readonly times: number[] = [];
  private readonly orders: number[] = [];
  private readonly happenings: Happening[] = [];
  private length = 0;
  private arrivals = 0;

  /** The time of the next, or infinity. */
  get nextTime(): number {
    return this.length === 0 ? Number.POSITIVE_INFINITY : this.times[0];
  }

  put(time: number, happening: Happening): void {
    const { times, orders, happenings } = this;
    const order = this.arrivals++;
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent] <= time) break;
      times[at] = times[parent];
      orders[at] = orders[parent];
      happenings[at] = happenings[parent];
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    happenings[at] = happening;
  }

  /** Takes the next out; there is one. */
  take(): Happening {
    const { times, orders, happenings } = this;
    const first = happenings[0];
    const last = --this.length;
    const [time, order, happening] = [times[last], orders[last], happenings[last]];
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= last) break;
      const other = below + 1;
      if (other < last && isBefore(times[other], orders[other], times[below], orders[below])) below = other;
      if (!isBefore(times[below], orders[below], time, order)) break;
      times[at] = times[below];
      orders[at] = orders[below];
      happenings[at] = happenings[below];
      at = below;
    }
    times[at] = time;
    orders[at] = order;
    happenings[at] = happening;
    return first;
  }
}

function isBefore(time: number, order: number, otherTime: number, otherOrder: number): boolean {
  return time < otherTime || (time === otherTime && order < otherOrder);
}
