import { wallClockMs } from "../clock.ts";
import type { NodeEvent } from "../node/api.ts";
import type { RecordFolder } from "./record-folder.ts";

/** So much of what follows a transition is in its file, and all transitions of that time share it. */
const gatheringMs = 1000;
/** A file names so many transitions. */
const mostNamed = 8;

/** Has a recording written for every transition into or out of MASTER. */
export class RecordKeeper {
  private readonly folder: RecordFolder;
  private readonly record: (occasion: string) => Promise<Uint8Array>;
  private transitions: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(folder: RecordFolder, record: (occasion: string) => Promise<Uint8Array>) {
    this.folder = folder;
    this.record = record;
  }

  note(event: NodeEvent): void {
    if (event.kind !== "transition" || (event.from !== "MASTER" && event.to !== "MASTER")) return;
    const { at, vhid, interface: name, from, to, reason } = event;
    this.transitions.push(`${at} ${vhid}@${name}: ${from} -> ${to} (${reason})`);
    this.timer ??= setTimeout(() => this.write(), gatheringMs).unref();
  }

  /** Writes at once what waits, and resolves when everything is written. */
  async flush(): Promise<void> {
    if (this.timer !== undefined) this.write();
    await this.writing;
  }

  private write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const occasion = describe(this.transitions);
    this.transitions = [];
    const time = new Date(wallClockMs());
    this.writing = this.writing.then(() => this.folder.keep(() => this.record(occasion), time));
  }
}

function describe(transitions: readonly string[]): string {
  const more = transitions.length - mostNamed;
  return [...transitions.slice(0, mostNamed), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}
