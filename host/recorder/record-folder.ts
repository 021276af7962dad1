import { mkdir, readdir, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How much of the past a folder keeps. */
export const recordCapacity = 16;
export const recordSizeCapacity = 1024 * 1024;

const pattern = /^carp-\d{8}T\d{6}\.\d{3}Z\.pcapng$/;

/**
 * A folder of recordings, at most 16 of at most 1 MiB: the oldest goes when another comes. Files that are named otherwise
 * are nobody's business. The first failure is told in one line; those after it are not, since a node lives on without.
 */
export class RecordFolder {
  readonly path: string;
  private readonly warn: (message: string) => void;
  private hasWarned = false;

  constructor(path: string, warn: (message: string) => void) {
    this.path = path;
    this.warn = warn;
  }

  /** Keeps a recording that is made at `time`; what is there under its name is whole, or not there. Never throws. */
  async keep(record: () => Promise<Uint8Array>, time: Date): Promise<void> {
    try {
      const bytes = await record();
      if (bytes.length > recordSizeCapacity) throw new Error(`it has ${bytes.length} bytes`);
      await mkdir(this.path, { recursive: true, mode: 0o750 });
      const file = join(this.path, nameAt(time));
      await writeFile(`${file}.new`, bytes, { mode: 0o640 });
      await rename(`${file}.new`, file);
      await this.removeOldest();
    } catch (error) {
      if (!this.hasWarned) this.warn(`the recording could not be written: ${messageOf(error)}`);
      this.hasWarned = true;
    }
  }

  private async removeOldest(): Promise<void> {
    const files = (await readdir(this.path)).filter((name) => pattern.test(name)).sort();
    for (const name of files.slice(0, -recordCapacity)) await unlink(join(this.path, name));
  }
}

/** `carp-20261125T163501.123Z.pcapng`: in the order of time, and fit for every file system. */
function nameAt(time: Date): string {
  return `carp-${time.toISOString().replace(/[-:]/g, "")}.pcapng`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
