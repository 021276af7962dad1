import { parseAddress, parseNetmask } from "./address.ts";
import { AddressList } from "./addresslist.ts";
import type { Problem } from "./model.ts";
import { PASS_MAXIMUM } from "./passfile.ts";
import { problemAt, showWord } from "./problems.ts";
import {
  type IfconfigOptions,
  type IfconfigRequest,
  ifconfigWords,
  judgePass,
  type ParsedIfconfig,
  type Placed,
  readNumber,
} from "./request.ts";
import { looksLikeAddress } from "./requestedaddress.ts";
import { closest, suggest } from "./suggest.ts";
import type { Span, Word } from "./words.ts";

/**
 * Reads the words that follow `ifconfig IF` in FreeBSD's grammar (protocol §9.2), in any order. Never throws; all
 * mistakes are returned, each at its word. A message shows no pass phrase.
 */
export function parseIfconfig(words: readonly Word[], options: IfconfigOptions = {}): ParsedIfconfig {
  const reader = new Reader(words);
  reader.readAll();
  if (options.vhidOfInterface !== true) reader.requireVhid();
  return { request: reader.request, problems: reader.problems, secrets: reader.secrets };
}

const utf8 = new TextEncoder();

class Reader {
  readonly request: IfconfigRequest = { addresses: [] };
  readonly problems: Problem[] = [];
  readonly secrets: Span[] = [];
  private readonly words: readonly Word[];
  private index = 0;
  private vhidGiven = false;
  private readonly needVhid: Word[] = [];
  private readonly addresses = new AddressList(this.problems);
  private secretEnd = -1;

  constructor(words: readonly Word[]) {
    this.words = words;
  }

  readAll(): void {
    while (this.index < this.words.length) this.readWord(this.words[this.index++]);
    this.request.addresses = this.addresses.finish(this.request.remove === undefined);
  }

  requireVhid(): void {
    if (this.vhidGiven) return;
    for (const word of this.needVhid) this.report(word, `${word.text} needs a vhid on the same line`);
  }

  private readWord(word: Word): void {
    const { request } = this;
    switch (word.text) {
      case "inet":
      case "inet6":
        request.family = word.text === "inet" ? 4 : 6;
        return;
      case "vhid": {
        if (this.vhidGiven) this.report(word, "vhid is given twice on one line");
        this.vhidGiven = true;
        const vhid = this.takeNumber(word, 1, 255);
        if (vhid !== undefined) request.vhid ??= vhid;
        return;
      }
      case "advbase": {
        this.needVhid.push(word);
        const advbase = this.takeNumber(word, 0, 255);
        if (advbase !== undefined && advbase.value !== 0) request.advbase = advbase;
        return;
      }
      case "advskew":
        this.needVhid.push(word);
        request.advskew = this.takeNumber(word, 0, 254) ?? request.advskew;
        return;
      case "pass":
        this.needVhid.push(word);
        this.readPass(word);
        return;
      case "state":
        this.needVhid.push(word);
        this.readState(word);
        return;
      case "alias":
      case "add":
      case "mcast":
      case "mcast6":
        return;
      case "-alias":
      case "delete":
        request.remove = word;
        return;
      case "up":
      case "down":
        request.up = { value: word.text === "up", position: word.position, length: word.length };
        return;
      default:
        this.readRarer(word);
        return;
    }
  }

  private readRarer(word: Word): void {
    switch (word.text) {
      case "netmask":
        this.readNetmask(word);
        return;
      case "prefixlen":
        this.readPrefixLength(word);
        return;
      case "broadcast": {
        const value = this.takeValue(word);
        if (value !== undefined && parseAddress(value.text)?.family !== 4)
          this.report(value, `broadcast ${showWord(value.text)} is not an IPv4 address`);
        return;
      }
      case "carpver": {
        const version = this.takeNumber(word, 2, 3);
        if (version?.value === 3) this.report(version, "carpver 3 (VRRP) is not supported yet by this node");
        return;
      }
      case "peer":
      case "peer6":
      case "vrrpprio":
      case "vrrpinterval":
        this.takeValue(word);
        this.report(word, `${word.text} is not supported yet by this node`);
        return;
      default:
        if (looksLikeAddress(word.text, this.secretEnd === this.index - 1))
          this.addresses.add(word, this.request.family);
        else this.readUnknown(word);
    }
  }

  private readPass(keyword: Word): void {
    const word = this.words[this.index];
    if (word === undefined) {
      this.report(keyword, "pass needs a value");
      return;
    }
    this.index++;
    this.hide(word);
    const quote = /^["']/.exec(word.text)?.[0];
    if (quote !== undefined) {
      let last = word;
      while (
        !(last.text.endsWith(quote) && (last !== word || last.text.length > 1)) &&
        this.index < this.words.length
      ) {
        last = this.words[this.index++];
        this.hide(last);
      }
      this.report(
        word,
        "a quote would become part of the pass phrase here: leave it away, blanks cannot be in it",
      );
      return;
    }
    const value = utf8.encode(word.text);
    const problem = judgePass(word, value.length);
    if (problem !== undefined) this.problems.push(problem);
    if (value.length <= PASS_MAXIMUM)
      this.request.pass = { value, position: word.position, length: word.length };
  }

  private readState(keyword: Word): void {
    const word = this.takeValue(keyword);
    if (word === undefined) return;
    const value = word.text.toLowerCase();
    if (value === "backup" || value === "master" || value === "init")
      this.request.state = { value, position: word.position, length: word.length };
    else this.report(word, `state ${showWord(word.text)} is not one of backup, master, init`);
  }

  private readNetmask(keyword: Word): void {
    const word = this.takeValue(keyword);
    if (word === undefined) return;
    const value = parseNetmask(word.text);
    if (value === undefined) this.report(word, `netmask ${showWord(word.text)} is not an IPv4 netmask`);
    this.addresses.setPrefix({ value: value ?? 32, position: word.position, length: word.length });
  }

  private readPrefixLength(keyword: Word): void {
    const prefix = this.takeNumber(keyword, 0, 128);
    if (prefix !== undefined) this.addresses.setPrefix(prefix);
  }

  /** A word that nobody knows may be, or stand before, a pass phrase: then it is not shown. */
  private readUnknown(word: Word): void {
    if (this.secretEnd === this.index - 1) {
      this.hide(word);
      this.report(word, "unknown word after the pass phrase, which cannot have blanks in it");
      return;
    }
    // The blank before it may have been forgotten.
    if (/^-*\w*(pass\w*|key|psk|secret)[=:]/i.test(word.text)) {
      this.hide(word);
      this.report(word, "unknown word: a pass phrase is written as pass STRING");
      return;
    }
    const meansPass =
      /^-*(pass\w*|key|psk|secret)$/i.test(word.text) || closest(word.text, ifconfigWords) === "pass";
    const hint = meansPass ? " (did you mean pass?)" : suggest(word.text, ifconfigWords);
    this.report(word, `${showWord(word.text)}: unknown word${hint}`);
    const meant = closest(word.text, ifconfigWords);
    const next = this.words[this.index];
    if (meansPass && next !== undefined) this.hide(this.words[this.index++]);
    else if (meant === "vhid") this.vhidGiven = true;
    const takesNumber = meant === "vhid" || meant === "advbase" || meant === "advskew";
    if (takesNumber && next !== undefined && /^\d+$/.test(next.text)) this.index++;
  }

  private takeNumber(keyword: Word, minimum: number, maximum: number): Placed<number> | undefined {
    const word = this.takeValue(keyword);
    if (word === undefined) return undefined;
    const value = readNumber(word, keyword.text, minimum, maximum);
    if (typeof value === "number") return { value, position: word.position, length: word.length };
    this.problems.push(value);
    return undefined;
  }

  private takeValue(keyword: Word): Word | undefined {
    const word = this.words[this.index];
    if (word !== undefined && !ifconfigWords.includes(word.text)) {
      this.index++;
      return word;
    }
    this.report(keyword, `${keyword.text} needs a value`);
    return undefined;
  }

  private hide(word: Word): void {
    this.secrets.push(...word.spans);
    this.secretEnd = this.index;
  }

  private report(span: Span, message: string): void {
    this.problems.push(problemAt("error", span, message));
  }
}
