import { advertisementFrame } from "../support/frames.ts";
import { advbaseOf, advskewOf, counterOf, type Frame } from "./frame.ts";
import { key, type Plan } from "./plan.ts";

/** Holds a frame of ours, byte for byte, against the advertisement by the book on node:crypto; tells how they differ. */
export function differenceFromBook(frame: Frame, plan: Plan): string | undefined {
  const expected = advertisementFrame({
    vhid: plan.vhid,
    advbase: advbaseOf(frame),
    advskew: advskewOf(frame),
    key,
    addresses: plan.addresses,
    counter: counterOf(frame),
    family: frame.family === 4 ? 4 : 6,
    source: frame.family === 4 ? `10.0.0.${frame.sender + 1}` : `fe80::${frame.sender + 1}`,
  });
  if (Buffer.from(frame.bytes).equals(expected)) return undefined;
  return `it sends ${hex(frame.bytes)}, not ${hex(expected)}`;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
