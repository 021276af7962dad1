import { readFileSync } from "node:fs";
import type { BenchHost } from "../../host/cli/benchframes.ts";
import { addressBytes, scopeless } from "../support/frames.ts";

/** A vector as the benchmarks' verifiers can judge it: multicast mode, one virtual host. */
export interface ApplicableVector {
  readonly name: string;
  readonly host: BenchHost;
  readonly frame: Uint8Array;
  /** FreeBSD 15's. */
  readonly verdict: string;
}

interface Entry {
  readonly name: string;
  readonly vhid: number;
  readonly key: string;
  readonly addresses_v4: readonly string[];
  readonly addresses_v6: readonly string[];
  readonly frame_hex: string;
  readonly receiver: { readonly peer4?: string; readonly peer6?: string };
  readonly expect_by: { readonly freebsd15: string };
}

/** The vectors without those for unicast peers and loops, which the verifiers of the benchmarks do not know. */
export function applicableVectors(): ApplicableVector[] {
  const text = readFileSync(new URL("../vectors/vectors.json", import.meta.url), "utf8");
  return (JSON.parse(text) as readonly Entry[])
    .filter(({ receiver }) => receiver.peer4 === undefined && receiver.peer6 === undefined)
    .filter(({ expect_by }) => expect_by.freebsd15 !== "loop")
    .map((entry) => ({
      name: entry.name,
      host: {
        vhid: entry.vhid,
        key: Buffer.from(entry.key, "hex"),
        addresses: [...ascending(entry.addresses_v4), ...ascending(entry.addresses_v6)],
      },
      frame: Uint8Array.from(Buffer.from(entry.frame_hex, "hex")),
      verdict: entry.expect_by.freebsd15,
    }));
}

/** Each once, as the digest covers them. */
function ascending(texts: readonly string[]): Uint8Array[] {
  const digits = texts.map((text) => Buffer.from(scopeless(addressBytes(text))).toString("hex"));
  return [...new Set(digits)].sort().map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));
}
