import { isIP } from "node:net";
import { fromBytes, toBytes } from "../address.ts";
import type { PrefixedAddress } from "../link/link.ts";
import { type Address, parseAddress, widthOf } from "./address.ts";
import type { Problem } from "./model.ts";
import { problemAt, showWord } from "./problems.ts";
import { partOf, type Span, type Word } from "./words.ts";

/** An address of a request, and the word it was written in. */
export interface RequestedAddress extends Span {
  readonly address: PrefixedAddress;
}

/** What one word says: an address, or a range of them, with the prefix length if it has one. */
export interface AddressWord {
  readonly word: Word;
  readonly addresses: readonly Address[];
  prefixLength: number | undefined;
}

/** The most addresses of one family that a virtual host can have. */
export const addressMaximum = 64;

/** Whether a word can only be meant as an address, right or wrong; `strictly` where it may be half a pass phrase. */
export function looksLikeAddress(text: string, strictly = false): boolean {
  if (strictly) return isIP(text.split("/")[0]) !== 0 || /^(\d+\.){3}\d|^[\da-f]*:[\da-f]*:/i.test(text);
  return isIP(text.split("/")[0]) !== 0 || /^\d+(\.[\d.]*)?([-/].*)?$/.test(text) || /^[\da-f]*:/i.test(text);
}

/**
 * Reads `ADDRESS`, `ADDRESS/LENGTH`, and rc.conf's ranges `192.168.1.50-53/32` and `2001:db8::1-f/64`
 * (protocol §10). Of a mistake the part that is wrong is meant.
 */
export function readAddressWord(word: Word): AddressWord | Problem {
  const [host, length, ...rest] = word.text.split("/");
  const addresses = readHost(word, host);
  if ("severity" in addresses) return addresses;
  if (length === undefined) return { word, addresses, prefixLength: undefined };
  const width = widthOf(addresses[0].family);
  const wrong = [length, ...rest].join("/");
  if (!/^\d{1,3}$/.test(wrong) || Number(length) > width) {
    const message = `prefix length ${showWord(wrong) || "(nothing)"} is out of range 0..${width}`;
    return problemAt("error", partOf(word, host.length + (wrong === "" ? 0 : 1)), message);
  }
  return { word, addresses, prefixLength: Number(length) };
}

function readHost(word: Word, host: string): Address[] | Problem {
  const range = host.includes("-")
    ? (/^(.*\.)(\d{1,3})-(\d{1,3})$/.exec(host) ?? /^(.*:)([\da-f]{1,4})-([\da-f]{1,4})$/i.exec(host))
    : null;
  const address = parseAddress(range === null ? host : range[1] + range[2]);
  if (address === undefined) {
    const zone = host.includes("%") && isIP(host) === 6 ? ": a zone (after the %) is not taken" : "";
    return problemAt("error", word, `${showWord(host)} is not an IP address${zone}`);
  }
  if (range === null) return [address];
  const base = address.family === 4 ? 10 : 16;
  const first = Number.parseInt(range[2], base);
  const last = Number.parseInt(range[3], base);
  if (last < first || (base === 10 && last > 255))
    return problemAt(
      "error",
      word,
      `${showWord(host)} is not a range: the number after the - is the last one`,
    );
  if (last - first >= addressMaximum)
    return problemAt(
      "error",
      word,
      `a range of ${last - first + 1} addresses is too long: at most ${addressMaximum}`,
    );
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const bytes = toBytes(address.address);
    const end = bytes.length - 1;
    bytes[end] = (first + index) & 255;
    if (base === 16) bytes[end - 1] = (first + index) >> 8;
    return { family: address.family, address: fromBytes(bytes) };
  });
}
