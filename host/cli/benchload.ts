import { randomBytes } from "node:crypto";
import { Verdict } from "../../assembly/abi.ts";
import { monotonicNs } from "../clock.ts";
import { Core } from "../core/core.ts";
import { type CoreExports, instantiate } from "../core/load.ts";
import { verdictWord } from "../core/words.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { type BenchHost, composeFrame, fillSlots, setUp } from "./benchframes.ts";
import { JavaScriptVerifier, nodeCryptoHmac } from "./benchverifier.ts";

/** Something that judges valid frames; one call of `run` judges `frames` of them. */
export interface Load {
  readonly name: string;
  readonly frames: number;
  readonly run: () => void;
}

/** The module at `path`. Throws OperatorError (Failed) where it cannot be loaded, or judges a frame wrongly. */
export function coreLoad(name: string, path: string): Load {
  return coreLoadOf(name, instantiate(path));
}

/** The same, of an instance. */
export function coreLoadOf(name: string, exports: CoreExports): Load {
  const core = new Core(exports);
  const slots = setUp(core, [host]);
  const judge = (frames: readonly Uint8Array[]) => {
    fillSlots(slots, frames);
    core.verifyFrames(frames.length);
    return frames.map((_, slot) => slots.verdict(slot));
  };
  return checked(name, judge, (frames) => {
    fillSlots(slots, frames);
    return () => core.verifyFrames(frames.length);
  });
}

/** The same checks in JavaScript, with the HMAC of node:crypto. */
export function javaScriptLoad(): Load {
  const verifier = new JavaScriptVerifier([host], nodeCryptoHmac);
  const judge = (frames: readonly Uint8Array[]) => frames.map((frame) => verifier.verify(frame));
  return checked("node:crypto", judge, (frames) => () => {
    for (const frame of frames) verifier.verify(frame);
  });
}

/** Nanoseconds for each frame: the median of slices of 5 ms, after a quarter of the time to warm up. */
export function measure(load: Load, seconds: number): number {
  const start = monotonicNs();
  const warmNs = BigInt(Math.round(seconds * 0.25e9));
  const endNs = BigInt(Math.round(seconds * 1e9));
  const slices: number[] = [];
  let before = start;
  do {
    let frames = 0;
    const from = before;
    do {
      load.run();
      frames += load.frames;
      before = monotonicNs();
    } while (before - from < sliceNs);
    if (before - start > warmNs) slices.push(Number(before - from) / frames);
  } while (before - start < endNs);
  slices.sort((a, b) => a - b);
  return slices[slices.length >> 1];
}

const sliceNs = 5_000_000n;
const batch = 1024;
const host: BenchHost = {
  vhid: 1,
  key: Buffer.from("a pass phrase of 19"),
  addresses: [Uint8Array.of(192, 168, 1, 50)],
};

/** Judges valid frames and frames with a wrong digest before anything is timed. */
function checked(
  name: string,
  judge: (frames: readonly Uint8Array[]) => Verdict[],
  prepare: (frames: readonly Uint8Array[]) => () => void,
): Load {
  const valid = Array.from({ length: batch }, () => composeFrame(host, { counter: randomBytes(8) }));
  expectAll(name, judge(valid.map(withWrongDigest)), Verdict.BadAuth);
  expectAll(name, judge(valid), Verdict.Ok);
  return { name, frames: batch, run: prepare(valid) };
}

/** Exchanges two bytes of the digest, so that the checksum stays right. */
function withWrongDigest(frame: Uint8Array, index: number): Uint8Array {
  const digest = 14 + 20 + 16;
  const wrong = Uint8Array.from(frame);
  const at = digest + (index % 9) * 2;
  const difference = (wrong[at] ^ wrong[at + 2]) & 0xff;
  if (difference === 0) return withWrongDigest(frame, index + 1);
  [wrong[at], wrong[at + 2]] = [wrong[at + 2], wrong[at]];
  return wrong;
}

function expectAll(name: string, verdicts: readonly Verdict[], expected: Verdict): void {
  const wrong = verdicts.findIndex((verdict) => verdict !== expected);
  if (wrong < 0) return;
  throw new OperatorError(
    ExitCode.Failed,
    `${name} judged frame ${wrong} "${verdictWord(verdicts[wrong])}" instead of "${verdictWord(expected)}"`,
  );
}
