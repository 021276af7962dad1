import { State } from "../../assembly/abi.ts";
import { EBUSY, ENETDOWN, ENOBUFS } from "./kernel.ts";
import type { Node } from "./node.ts";
import type { FaultKind } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Storm } from "./storm.ts";
import { MILLISECOND, SECOND } from "./time.ts";
import type { Station } from "./world.ts";

type Effect = (storm: Storm, random: Random) => void;

const EPERM = 1;
const ENODEV = 19;

/** What each kind of fault does; whatever it does it undoes before the storm is over, or the calm does. */
export const effects: Readonly<Record<FaultKind, Effect>> = {
  loss: (storm, random) => {
    storm.world.wire.loss = random.pick([0.01, 0.05, 0.2, 0.5]);
    ends(storm, random, 60, () => {
      storm.world.wire.loss = 0;
    });
  },
  burst: (storm, random) => {
    storm.world.wire.burst = { toBad: random.pick([0.01, 0.05]), toGood: random.pick([0.1, 0.3, 0.5]) };
    ends(storm, random, 60, () => {
      storm.world.wire.burst = undefined;
    });
  },
  duplicate: (storm, random) => {
    storm.world.wire.duplicate = random.pick([0.05, 0.5]);
    ends(storm, random, 30, () => {
      storm.world.wire.duplicate = 0;
    });
  },
  reorder: (storm, random) => {
    storm.world.wire.reorder = random.pick([0.05, 0.5]);
    ends(storm, random, 30, () => {
      storm.world.wire.reorder = 0;
    });
  },
  delay: (storm, random) => {
    storm.world.wire.slow = random.pick([0.05, 0.3, 1]);
    ends(storm, random, 30, () => {
      storm.world.wire.slow = 0;
    });
  },
  "one-way": (storm, random) => {
    const count = storm.world.stations.length;
    const from = random.below(count);
    const to = (from + 1 + random.below(Math.max(1, count - 1))) % count;
    cutFor(storm, random, (a, b) => a === from && b === to);
  },
  // One station hears both halves, and the halves do not hear each other.
  bridge: (storm, random) => {
    const sides = storm.world.stations.map(() => random.below(2));
    const bridge = random.below(sides.length);
    cutFor(storm, random, (a, b) => a !== bridge && b !== bridge && sides[a] !== sides[b]);
  },
  partition: (storm, random) => {
    const sides = storm.world.stations.map(() => random.below(2));
    cutFor(storm, random, (a, b) => sides[a] !== sides[b]);
  },
  // Some stations are clogged one after the other, and unclogged in another order (FoundationDB's swizzle).
  swizzle: (storm, random) => {
    const { wire, stations } = storm.world;
    const chosen = stations.map((_, index) => index).filter(() => random.chance(0.6));
    const length = storm.atMost(random.logBetween(SECOND, 20 * SECOND));
    chosen.forEach((station, index) => {
      storm.later(((index / chosen.length) * length) / 2, () => wire.clog(station));
    });
    random.shuffled(chosen).forEach((station, index) => {
      storm.later(length / 2 + ((index / chosen.length) * length) / 2, () => wire.unclog(station));
    });
  },
  "wall-clock": (storm, random) => {
    const node = random.pick(storm.nodes);
    const sign = random.chance(0.5) ? 1 : -1;
    node.wallOffsetNs += sign * random.logBetween(MILLISECOND, 288 * SECOND);
  },
  stop: (storm, random) => {
    const station = random.pick(storm.world.stations);
    station.stop();
    storm.later(storm.atMost(random.logBetween(10 * MILLISECOND, 60 * SECOND)), () => {
      station.resume();
    });
  },
  freeze: (storm, random) => frozenFor(storm, random, false),
  suspend: (storm, random) => frozenFor(storm, random, true),
  crash: (storm, random) => {
    const station = random.pick(storm.world.stations);
    station.kill();
    startsAgain(storm, random, station);
  },
  power: (storm, random) => {
    const node = random.pick(storm.nodes);
    node.losePower();
    startsAgain(storm, random, node);
  },
  // The process ends and begins, and the disk has lost, kept an old, or torn the state file.
  restart: (storm, random) => {
    const node = random.pick(storm.nodes);
    node.kill();
    const what = random.pick(["whole", "lost", "stale", "torn"]);
    if (what === "lost") node.stateFile.lose();
    else if (what === "stale") node.stateFile.fallBack();
    else if (what === "torn") node.stateFile.tear();
    storm.world.happened(`restart with ${what} state`);
    startsAgain(storm, random, node);
  },
  link: (storm, random) => {
    const station = random.pick(storm.world.stations);
    station.setLink(false);
    storm.later(storm.atMost(random.logBetween(10 * MILLISECOND, 30 * SECOND)), () => {
      station.setLink(true);
    });
  },
  "take-address": (storm, random) => {
    const node = random.pick(storm.nodes);
    const times = random.pick([1, 1, 4]);
    for (let nth = 0; nth < times; nth++) storm.later(storm.atMost(nth * SECOND), () => node.kernel.take());
  },
  "foreign-address": (storm, random) => {
    const { kernel } = random.pick(storm.nodes);
    if (kernel.present) return;
    kernel.foreign = true;
    ends(storm, random, 40, () => kernel.setForeign(false));
  },
  "apply-fails": (storm, random) => {
    const { kernel } = random.pick(storm.nodes);
    kernel.applyErrno = random.pick([EBUSY, EPERM, ENODEV]);
    ends(storm, random, 40, () => {
      kernel.applyErrno = 0;
    });
  },
  "apply-slow": (storm, random) => {
    const node = random.pick(storm.nodes);
    node.applyNs = random.logBetween(MILLISECOND, 4 * SECOND);
    ends(storm, random, 40, () => {
      node.applyNs = 30_000;
    });
  },
  "send-fails": (storm, random) => {
    const { kernel } = random.pick(storm.nodes);
    kernel.sendErrno = random.pick([ENOBUFS, ENETDOWN]);
    ends(storm, random, 20, () => {
      kernel.sendErrno = 0;
    });
  },
  reload: (storm, random) => {
    const node = random.pick(storm.nodes);
    const advskew = random.below(241);
    const isTaken = ({ rank }: Station): boolean => rank % 256 === advskew;
    if (storm.world.stations.some(isTaken) || storm.nodes.some((other) => other.advskew === advskew)) return;
    if (node.isFree) node.command("reload", () => node.setSkew(advskew));
  },
  operator: (storm, random) => {
    const node = random.pick(storm.nodes);
    const wanted = random.pick([State.Backup, State.Master]);
    const cause = wanted === State.Backup ? "state backup" : "state master";
    if (node.isFree) node.command(cause, () => node.door.core.setState(0, storm.world.plan.vhid, wanted));
  },
  demote: (storm, random) => {
    const node = random.pick(storm.nodes);
    const value = random.pick([240, 50, 10, -30, -240]);
    node.demote(value);
    ends(storm, random, 40, () => node.demote(0));
  },
  allow: (storm, random) => {
    const node = random.pick(storm.nodes);
    node.allow(false);
    ends(storm, random, 20, () => node.allow(true));
  },
  readdress: (storm, random) => {
    const node = random.pick(storm.nodes);
    const { addresses } = storm.world.plan;
    node.readdress(random.pick([[], ["10.0.1.77"], [...addresses, "10.0.1.78"], addresses]));
    ends(storm, random, 20, () => node.readdress(addresses));
  },
  leave: (storm, random) => {
    const node: Node = random.pick(storm.nodes);
    if (random.chance(0.5)) node.leave();
    else node.rest();
    startsAgain(storm, random, node);
  },
};

/** Undoes an effect after at most so many seconds. */
function ends(storm: Storm, random: Random, seconds: number, undo: () => void): void {
  const generation = storm.end;
  storm.later(storm.atMost(random.logBetween(SECOND, seconds * SECOND)), () => {
    if (storm.end !== generation) return;
    undo();
  });
}

function cutFor(storm: Storm, random: Random, isCut: (from: number, to: number) => boolean): void {
  const { wire, stations } = storm.world;
  const each = (act: (from: number, to: number) => void): void => {
    for (let from = 0; from < stations.length; from++)
      for (let to = 0; to < stations.length; to++) if (from !== to && isCut(from, to)) act(from, to);
  };
  each((from, to) => wire.cut(from, to, true));
  ends(storm, random, 60, () => each((from, to) => wire.cut(from, to, false)));
}

function frozenFor(storm: Storm, random: Random, clockStands: boolean): void {
  const node = random.pick(storm.nodes);
  node.freeze();
  storm.later(storm.atMost(random.logBetween(10 * MILLISECOND, 60 * SECOND)), () => {
    node.thaw(clockStands);
  });
}

function startsAgain(storm: Storm, random: Random, station: Station): void {
  storm.later(storm.atMost(random.logBetween(10 * MILLISECOND, 40 * SECOND)), () => {
    station.start();
  });
}
