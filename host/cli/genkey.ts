import { randomInt } from "node:crypto";
import { ExitCode } from "../errors.ts";
import type { RunCommand } from "./terminal.ts";

/** FreeBSD's, OpenBSD's and NetBSD's ifconfig use 19 characters, and ucarp refuses a 20th (protocol §14). */
const characterCount = 19;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** `carp genkey`: a pass phrase of 113 bits in letters and digits, which no rc.conf has to quote. */
export const runGenkey: RunCommand = async (_given, { out }) => {
  const characters = Array.from({ length: characterCount }, () => alphabet[randomInt(alphabet.length)]);
  out.write(`${characters.join("")}\n`);
  return ExitCode.Ok;
};
