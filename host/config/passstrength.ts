import { printable } from "../log.ts";
import type { Problem, VirtualHost } from "./model.ts";
import { problemAt } from "./problems.ts";

/** Shorter pass phrases are warned of: one recorded advertisement is all that a search for them needs. */
export const PASS_SAFE_MINIMUM = 12;

/**
 * Pass phrases that one graphics card of 2022 (RTX 4090: 40 to 50 thousand million SHA-1 a second) tries in a second; a
 * guess is four compressions.
 */
const guessesPerSecond = 1.2e10;
/** Small letters and digits, and everything that can be typed. */
const fewCharacters = 36;
const manyCharacters = 95;

/** One warning for all virtual hosts whose pass phrases are short, with the price of the shortest, or nothing. */
export function judgeStrength(hosts: readonly VirtualHost[]): Problem | undefined {
  const weak = hosts.filter(({ pass }) => pass.length > 0 && pass.length < PASS_SAFE_MINIMUM);
  if (weak.length === 0) return undefined;
  const shortest = Math.min(...weak.map(({ pass }) => pass.length));
  const [first] = weak;
  const names = weak.slice(0, 4).map(({ vhid, interfaceName }) => printable(`${vhid}@${interfaceName}`));
  const more = weak.length > names.length ? ` and ${weak.length - names.length} more` : "";
  const message = `${names.join(", ")}${more}: the pass phrase ${priceOf(shortest)}`;
  return problemAt("warning", { position: { ...first.position, line: 1, column: 1 }, length: 0 }, message);
}

/** What a pass phrase of that length costs whoever searches for it; what it is made of is nobody's business. */
export function priceOf(length: number): string {
  const few = timeInWords(fewCharacters ** length / guessesPerSecond);
  const many = timeInWords(manyCharacters ** length / guessesPerSecond);
  return (
    `is shorter than ${PASS_SAFE_MINIMUM} bytes: from one recorded advertisement, one graphics card (RTX 4090) finds ` +
    `${length} small letters and digits within ${few}, any ${length} characters within ${many}, a word sooner: ` +
    "use carp genkey"
  );
}

/** `4 minutes`: the nearest whole number of the largest unit of which there is one. */
function timeInWords(seconds: number): string {
  if (seconds < 1) return "a second";
  const [name, size] = units.find(([, unit]) => seconds >= unit) ?? units[units.length - 1];
  const count = Math.round(seconds / size);
  return `${count.toLocaleString("en-US")} ${name}${count === 1 ? "" : "s"}`;
}

const units: readonly (readonly [string, number])[] = [
  ["year", 31_557_600],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
