// Whether the time of a verification tells how much of a tag was right, after "Dude, is my code constant time?" (Reparaz,
// Balasch, Verbauwhede 2017): two classes of frames, one by chance after the other, and Welch's t over their times.
//   node bench/dudect.mjs [--measurements 1000000] [--module build/carp.wasm]
// One class has tags that are wrong in the first byte, the other's are wrong in the last; every measurement has a frame of
// its own, since what is public (the carries of a checksum, say) may well take its time. Above 4.5 there is a leak, below
// it none was found. A comparison that leaves early is measured with the same ruler, and is to be found out by it.
import { randomBytes, randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Verdict } from "../build/assembly/abi.js";
import { composeFrame, fillSlots, setUp } from "../build/host/cli/benchframes.js";
import { Core } from "../build/host/core/core.js";
import { instantiate } from "../build/host/core/load.js";
import { provenance, table } from "./results.mjs";
import { change } from "./sender.mjs";
import { Welch } from "./welch.mjs";

const { values: options } = parseArgs({
  options: {
    measurements: { type: "string", default: "1000000" },
    module: { type: "string", multiple: true },
  },
});
const inTree = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const measurements = Number(options.measurements);
const modules = options.module ?? [inTree("build/carp.wasm"), inTree("build/carp.baseline.wasm")];
const host = {
  vhid: 1,
  key: Buffer.from("a pass phrase of 19"),
  addresses: [Uint8Array.of(192, 168, 1, 50)],
};
const tagOffset = 16;
const classes = [tagOffset, tagOffset + 19];
const leak = 4.5;

const rows = [];
for (const module of modules) {
  for (const batch of [1, 8]) rows.push(await rowOf(nameOf(module), batch, coreSubject(module, batch)));
}
rows.push(await rowOf("a comparison that leaves early", 1, earlySubject()));
const head = ["", "frames", "measurements", "first byte, ns", "last byte, ns", "|t|", "largest |t|", "leak"];
process.stdout.write(`${provenance()}\n\n${table(head, rows)}\n`);

async function rowOf(name, batch, run) {
  process.stderr.write(`${name}, ${batch}\n`);
  const welch = new Welch();
  for (let index = 0; index < 20_000; index++) run(index & 1);
  for (let index = 0; index < measurements; index++) {
    const kind = randomInt(2);
    welch.add(kind, run(kind));
  }
  const results = welch.results();
  const largest = Math.max(...results.map(({ t }) => t));
  const [{ count, means, t }] = results;
  const figures = [...means.map((mean) => mean.toFixed(1)), t.toFixed(2), largest.toFixed(2)];
  return [name, String(batch), String(count), ...figures, largest > leak ? "yes" : "none found"];
}

/** The time that the core takes for frames of one class. */
function coreSubject(module, batch) {
  const core = new Core(instantiate(module));
  const slots = setUp(core, [host]);
  const sound = Array.from({ length: batch }, newFrame);
  fillSlots(slots, sound);
  core.verifyFrames(batch);
  if (slots.verdict(0) !== Verdict.Ok) throw new Error("the frames are not what they should be");
  // Both classes are made in the same places out of the same frames: where things lie in memory is no part of the question.
  const wrong = sound.map((frame) => Buffer.from(frame));
  return (kind) => {
    sound[randomInt(batch)] = newFrame();
    for (const [index, frame] of wrong.entries()) {
      frame.set(sound[index]);
      change(frame, (carp) => {
        carp[classes[kind]] ^= randomInt(1, 256);
      });
    }
    fillSlots(slots, wrong);
    // Once untimed, so that what was written has left the store buffer.
    core.verifyFrames(batch);
    const begun = process.hrtime.bigint();
    core.verifyFrames(batch);
    const ended = process.hrtime.bigint();
    if (slots.verdict(batch - 1) !== Verdict.BadAuth) throw new Error("a wrong tag was accepted");
    return Number(ended - begun);
  };
}

function newFrame() {
  return composeFrame(host, { counter: randomBytes(8) });
}

function earlySubject() {
  const tag = new Uint8Array(20).fill(7);
  const wrong = classes.map((at) => {
    const other = Uint8Array.from(tag);
    other[at - tagOffset] ^= 0x55;
    return other;
  });
  let differing = 0;
  return (kind) => {
    const other = wrong[kind];
    const begun = process.hrtime.bigint();
    for (let round = 0; round < 8; round++) if (!isEqualEarly(tag, other)) differing++;
    const ended = process.hrtime.bigint();
    if (differing === 0) throw new Error("never");
    return Number(ended - begun);
  };
}

function isEqualEarly(one, other) {
  for (let at = 0; at < 20; at++) if (one[at] !== other[at]) return false;
  return true;
}

function nameOf(module) {
  return module.split("/").at(-1);
}
