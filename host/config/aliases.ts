import { looksLikeAddress } from "./requestedaddress.ts";
import type { Word } from "./words.ts";

const familyWords = ["inet", "inet6", "link", "ether"];
const argumentTakers = ["advbase", "advskew", "pass", "state", "netmask", "prefixlen", "broadcast"];

/**
 * Splits the value of an `ifconfig_IF_aliases` into the entries it holds (protocol §10): a new one starts at each
 * family word, at a `vhid` after an address with its vhid, and at an address after one that came before its vhid.
 */
export function splitEntries(words: readonly Word[]): Word[][] {
  const entries: Word[][] = [];
  let entry: Word[] = [];
  let addressAt = -1;
  let vhidAt = -1;
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    const isAddress = looksLikeAddress(word.text);
    const complete = addressAt >= 0 && vhidAt >= 0;
    const starts =
      (familyWords.includes(word.text) && (addressAt >= 0 || entry.some(isFamilyWord))) ||
      (complete && word.text === "vhid") ||
      (complete && isAddress && addressAt < vhidAt);
    if (starts) {
      entries.push(entry);
      entry = [];
      addressAt = -1;
      vhidAt = -1;
    }
    if (isAddress && addressAt < 0) addressAt = index;
    if (word.text === "vhid") vhidAt = index;
    entry.push(word);
    const takes = argumentTakers.includes(word.text) || word.text === "vhid";
    if (
      takes &&
      index + 1 < words.length &&
      (word.text === "pass" || !familyWords.includes(words[index + 1].text))
    )
      entry.push(words[++index]);
  }
  if (entry.length > 0) entries.push(entry);
  return entries;
}

function isFamilyWord(word: Word): boolean {
  return familyWords.includes(word.text);
}
