import type { CoreNews } from "../core/records.ts";

/** What goes on is said again this late: an attack of a minute is a line or two of each kind, not a full disk. */
const betweenLinesNs = 60_000_000_000n;

/** The core gives a notice of one kind every thirty seconds at most; the log has it every minute. */
export class Notices {
  private readonly told = new Map<string, bigint>();

  /** False for a notice of which the like was told of that virtual host less than a minute ago. */
  isDue(news: CoreNews): boolean {
    if (news.kind !== "notice") return true;
    const key = `${news.notice} ${news.vhid} ${news.interfaceIndex}`;
    const last = this.told.get(key);
    if (last !== undefined && news.timeNs - last < betweenLinesNs) return false;
    this.told.set(key, news.timeNs);
    return true;
  }
}
