import { widthOf } from "./address.ts";
import type { Problem } from "./model.ts";
import { problemAt, showWord } from "./problems.ts";
import type { Placed } from "./request.ts";
import { type AddressWord, type RequestedAddress, readAddressWord } from "./requestedaddress.ts";
import type { Word } from "./words.ts";

/** The addresses of one request while it is read, and the mask that may stand before or behind each. */
export class AddressList {
  private readonly words: AddressWord[] = [];
  private readonly problems: Problem[];
  private prefix: Placed<number> | undefined;

  /** Mistakes are added to `problems`. */
  constructor(problems: Problem[]) {
    this.problems = problems;
  }

  /** Reads the word as an address, of the family if one is given. */
  add(word: Word, expected: 4 | 6 | undefined): void {
    const address = readAddressWord(word);
    if ("severity" in address) {
      this.problems.push(address);
      return;
    }
    if (expected !== undefined && expected !== address.addresses[0].family) {
      const message = `${showWord(word.text)} is not an ${expected === 4 ? "IPv4" : "IPv6"} address`;
      this.problems.push(problemAt("error", word, message));
    }
    this.words.push(address);
    this.place();
  }

  /** A mask belongs to the address before it, or, where there is none, to the next one. */
  setPrefix(prefix: Placed<number>): void {
    this.prefix = prefix;
    this.place();
  }

  /** The addresses in their order. Where the prefix length is missing it is 32, with a warning, or 64. */
  finish(warn: boolean): RequestedAddress[] {
    return this.words.flatMap(({ word, addresses, prefixLength }) => {
      const { position, length } = word;
      const { family } = addresses[0];
      if (prefixLength === undefined && family === 4 && warn) {
        const message = `${showWord(word.text)} has no prefix length and is taken as /32`;
        this.problems.push(problemAt("warning", word, message));
      }
      const settled = prefixLength ?? (family === 4 ? 32 : 64);
      return addresses.map((address) => ({
        address: { ...address, prefixLength: settled },
        position,
        length,
      }));
    });
  }

  private place(): void {
    const target = this.words.at(-1);
    if (this.prefix === undefined || target === undefined) return;
    const { value } = this.prefix;
    const width = widthOf(target.addresses[0].family);
    if (target.prefixLength !== undefined && target.prefixLength !== value)
      this.problems.push(problemAt("error", this.prefix, `the address already says /${target.prefixLength}`));
    else if (value > width)
      this.problems.push(problemAt("error", this.prefix, `prefixlen ${value} is out of range 0..${width}`));
    else target.prefixLength = value;
    this.prefix = undefined;
  }
}
