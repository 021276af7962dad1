import { toBytes } from "../address.ts";
import { parseNetmask } from "./address.ts";
import type { RequestedAddress } from "./requestedaddress.ts";
import { readAddressWord } from "./requestedaddress.ts";
import type { Word } from "./words.ts";

/**
 * The addresses that a line without CARP gives an interface. What is not understood is passed over: such a line has
 * words of every driver, and its mistakes are not ours to find.
 */
export function readOwnAddresses(words: readonly Word[]): RequestedAddress[] {
  const own: RequestedAddress[] = [];
  words.forEach((word, index) => {
    if (index > 0 && !["inet", "inet6", "alias", "add"].includes(words[index - 1].text)) return;
    const read = readAddressWord(word);
    if ("severity" in read) return;
    for (const address of read.addresses) {
      const prefixLength = read.prefixLength ?? findMask(words, index) ?? defaultPrefix(address.address);
      own.push({ address: { ...address, prefixLength }, position: word.position, length: word.length });
    }
  });
  return own;
}

function findMask(words: readonly Word[], from: number): number | undefined {
  for (let index = from + 1; index + 1 < words.length; index++) {
    const value = words[index + 1].text;
    if (words[index].text === "netmask") return parseNetmask(value);
    if (words[index].text === "prefixlen" && /^\d{1,2}$|^1[01]\d$|^12[0-8]$/.test(value))
      return Number(value);
    if (["inet", "inet6", "alias", "add"].includes(words[index].text)) return undefined;
  }
  return undefined;
}

/** Without a mask, IPv4 has the mask of its class, and IPv6 has 64 bits. */
function defaultPrefix(address: string): number {
  const bytes = toBytes(address);
  if (bytes.length === 16) return 64;
  if (bytes[0] < 128) return 8;
  return bytes[0] < 192 ? 16 : 24;
}
