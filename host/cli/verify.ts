import { readFileSync } from "node:fs";
import { toBytes } from "../address.ts";
import { explain, PASS_MAXIMUM, readPassFile } from "../config/passfile.ts";
import { ExitCode, OperatorError } from "../errors.ts";
import { readCapture } from "../nic/pcap.ts";
import { type Advertisement, readAdvertisement, withoutTags } from "./advertisement.ts";
import type { Arguments } from "./arguments.ts";
import { addressesOf, readAddresses } from "./givenaddresses.ts";
import type { RunCommand } from "./terminal.ts";
import { Verifier } from "./verifier.ts";
import { summarizeCapture } from "./verifysummary.ts";

/** One CARP packet of a capture, and what is to be thought of it. */
export interface JudgedPacket extends Advertisement {
  /** Its number in the file, from 1. */
  readonly frame: number;
  readonly timeNs: bigint;
  readonly verdict: string;
}

/** `carp verify`: every file is read before anything is printed. */
export const runVerify: RunCommand = async (given, { out }) => {
  const pass = readPass(given);
  const addresses = readAddresses(given.list("address"));
  const files = given.words.map((name) => ({ name, frames: readFrames(name) }));
  const verifier = new Verifier(pass, (vhid) => addressesOf(addresses, vhid).map(toBytes));
  const judged = files.map(({ name, frames }) => ({
    name,
    count: frames.length,
    packets: judgePackets(frames, verifier),
  }));
  if (given.has("json")) {
    const objects = judged.flatMap(({ name, packets }) => packets.map((packet) => describe(name, packet)));
    out.write(`${JSON.stringify(objects, undefined, 2)}\n`);
  } else {
    for (const { name, count, packets } of judged)
      out.write(summarizeCapture(name, count, packets, addresses));
  }
  const isGood = judged.every(({ packets }) => packets.every(({ verdict }) => verdict === "ok"));
  return isGood ? ExitCode.Ok : ExitCode.Failed;
};

interface Frame {
  readonly index: number;
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  readonly wireLength: number;
}

function readPass(given: Arguments): Uint8Array {
  const pass = given.text("pass");
  const file = given.text("pass-file");
  if (pass !== undefined && file !== undefined)
    throw new OperatorError(ExitCode.Usage, "give the pass phrase once: with -p or with --pass-file");
  if (file !== undefined) return readPassFile(file);
  const bytes = new TextEncoder().encode(pass ?? "");
  if (bytes.length <= PASS_MAXIMUM) return bytes;
  throw new OperatorError(
    ExitCode.Usage,
    `the pass phrase is ${bytes.length} bytes; a CARP pass phrase has at most ${PASS_MAXIMUM}`,
  );
}

function readFrames(name: string): Frame[] {
  return Array.from(readCapture(readFile(name), name), ({ index, timeNs, bytes, wireLength }) => {
    const untagged = withoutTags(bytes);
    return { index, timeNs, bytes: untagged, wireLength: wireLength - (bytes.length - untagged.length) };
  });
}

function readFile(name: string): Uint8Array {
  try {
    return readFileSync(name);
  } catch (error) {
    throw new OperatorError(ExitCode.Failed, `${name} cannot be read: ${explain(error)}`);
  }
}

function judgePackets(frames: readonly Frame[], verifier: Verifier): JudgedPacket[] {
  const found = frames.flatMap((frame) => {
    const advertisement = readAdvertisement(frame.bytes);
    return advertisement === undefined ? [] : [{ frame, advertisement }];
  });
  const verdicts = verifier.judge(found.map(({ frame }) => frame));
  return found.map(({ frame, advertisement }, index) => ({
    ...advertisement,
    frame: frame.index,
    timeNs: frame.timeNs,
    verdict: verdicts[index],
  }));
}

function describe(file: string, packet: JudgedPacket): Record<string, unknown> {
  const { frame, timeNs, source, destination, vhid, advbase, advskew, counter, verdict } = packet;
  const micros = timeNs / 1000n;
  const milliseconds = new Date(Number(micros / 1000n)).toISOString().slice(0, -1);
  const time = `${milliseconds}${String(micros % 1000n).padStart(3, "0")}Z`;
  const epoch = Number(micros) / 1e6;
  return { file, frame, time, epoch, source, destination, vhid, advbase, advskew, counter, verdict };
}
