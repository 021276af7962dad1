// Which tests a mutant is put to, and in which order: the one most likely to fail comes first.
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The rooms whose tests reach the protocol. */
const rooms = ["test/assembly/protocol", "test/assembly/engine"];
const single = ["test/assembly/index.test.ts"];

export class Tests {
  /** Seconds of the processor that each takes on the original. */
  #durations = new Map();
  /** How many mutants of a source each has killed. */
  #kills = new Map();

  /** `slowest` is how long a file may take for mutants to be put to it, in seconds of the processor. */
  constructor(root, slowest) {
    this.slowest = slowest;
    const inRooms = rooms.flatMap((room) =>
      readdirSync(join(root, room))
        .filter((name) => name.endsWith(".test.ts"))
        .map((name) => `${room}/${name}`),
    );
    this.all = [...inRooms, ...single];
  }

  /**
   * Takes note of how a run went: the first, without a file, must pass.
   * @param {{ outcome: string, test?: string, by?: string, durations?: Record<string, number> }} result
   */
  learn({ outcome, test, by, durations = {} }, file) {
    if (file === undefined) {
      if (outcome !== "survived") throw new Error(`the core as it is: ${outcome}, ${test}: ${by}`);
      this.#durations = new Map(Object.entries(durations));
    } else if (test !== undefined) {
      const name = `${file} ${test}`;
      this.#kills.set(name, (this.#kills.get(name) ?? 0) + 1);
    }
  }

  /** The file's own tests first, then those that kill most in the least time. */
  orderFor(file) {
    const own = file.replace(/^assembly\//, "test/assembly/").replace(/\.ts$/, ".test.ts");
    const promise = new Map(
      this.all.map((test) => {
        const kills = (this.#kills.get(`${file} ${test}`) ?? 0) + (test === own ? 5 : 0.05);
        return [test, kills / (0.1 + (this.#durations.get(test) ?? 1))];
      }),
    );
    return this.all
      .filter((test) => test === own || (this.#durations.get(test) ?? 0) <= this.slowest)
      .sort((a, b) => promise.get(b) - promise.get(a));
  }

  /** The seconds of the processor after which the file, or what comes before the first, will never end. */
  limitOf(test) {
    return 3 + 3 * (this.#durations.get(test) ?? 20);
  }

  /** What each takes. */
  inWords() {
    return [...this.#durations].map(([test, seconds]) => `${test} ${seconds.toFixed(1)} s`).join(", ");
  }
}
