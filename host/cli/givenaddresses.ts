import { parseAddress, parsePrefixed } from "../config/address.ts";
import { showWord } from "../config/problems.ts";
import { ExitCode, OperatorError } from "../errors.ts";

/** A virtual address, of one VHID or of every one that occurs. */
export interface GivenAddress {
  readonly vhid: number | undefined;
  readonly address: string;
}

/** The addresses of a VHID: its own where there are some, else those that were given for every one. */
export function addressesOf(given: readonly GivenAddress[], vhid: number | null): string[] {
  const own = given.filter((entry) => entry.vhid === vhid);
  const chosen = own.length > 0 ? own : given.filter((entry) => entry.vhid === undefined);
  return chosen.map(({ address }) => address);
}

/** `[VHID@]ADDRESS`, with or without a prefix length, which is no part of the HMAC. Throws OperatorError. */
export function readAddresses(texts: readonly string[]): GivenAddress[] {
  if (texts.length === 0)
    throw new OperatorError(
      ExitCode.Usage,
      "name the virtual host's addresses, each with -a ADDRESS: they are part of what is authenticated",
    );
  return texts.map((text) => {
    const [, vhid, rest] = /^(?:([1-9]\d{0,2})@)?(.*)$/s.exec(text) as RegExpExecArray;
    const address = parsePrefixed(rest) ?? parseAddress(rest);
    if (address !== undefined && Number(vhid ?? 1) <= 255)
      return { vhid: vhid === undefined ? undefined : Number(vhid), address: address.address };
    throw new OperatorError(ExitCode.Usage, `-a ${showWord(text)} is not an IP address, or VHID@ADDRESS`);
  });
}
