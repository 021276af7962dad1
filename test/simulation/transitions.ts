import type { Cause } from "./module.ts";
import { SECOND } from "./time.ts";
import type { Watch } from "./watch.ts";

/** The rank of a bow-out. */
export const BOW_OUT = 255 * 256 + 255;

/** What was known when a node decided to become MASTER. */
export interface Decision {
  readonly cause: Cause;
  readonly at: number;
  readonly ownRank: number;
  readonly heardRanks: readonly number[];
  /** Before this its master-down timer cannot have run out. */
  readonly notBefore: number;
  /** Before this only the timer decides. */
  readonly holdUntil: number;
  /** When it last took over because of a bow-out. */
  readonly bowedOutAt: number;
}

const interfaceCauses = ["link", "addresses", "allow"];

/**
 * S4: a transition needs a cause whose guard held. Says what is wrong with it, or nothing. `words` are
 * `FROM>TO Reason`.
 */
export function isLegal(
  watch: Watch,
  words: string,
  cause: Cause,
  decision: Decision | undefined,
): string | undefined {
  switch (words) {
    case "Init>Backup InitializationComplete":
    case "Backup>Init HardwareInterfaceUp":
    case "Master>Init HardwareInterfaceUp":
    case "Backup>Init HardwareInterfaceDown":
    case "Master>Init HardwareInterfaceDown":
      return interfaceCauses.includes(cause) ? undefined : `the cause is ${cause}`;
    case "Backup>Init NodeStopped":
    case "Master>Init NodeStopped":
      return expected(cause, "leave");
    case "Master>Backup UserRequested":
      return expected(cause, "state backup");
    case "Master>Backup AddressNotHeld":
      return expected(cause, "apply failed");
    case "Master>Backup LeaseExpired":
      return expected(cause, "lease over");
    case "Master>Backup AdvertisementLate":
      return watch.isTooLate() ? undefined : "it is not late";
    case "Master>Backup MoreFrequentAdvertisement":
      return watch.ranks.some((rank) => watch.rank >= rank) ? undefined : `it has heard ${watch.ranks}`;
    default:
      return words.startsWith("Backup>Master ")
        ? isTakeoverLegal(watch, words, cause, decision)
        : "there is no such edge";
  }
}

function isTakeoverLegal(
  watch: Watch,
  words: string,
  cause: Cause,
  decision: Decision | undefined,
): string | undefined {
  if (cause !== "applied" || decision === undefined) return "the address was not put in place";
  const { preempt, advbase, replay } = watch.world.plan;
  const { ownRank, heardRanks, at, notBefore, holdUntil, bowedOutAt } = decision;
  const isBowOut = heardRanks.length > 0 && heardRanks.every((rank) => rank === BOW_OUT);
  if (isBowOut && replay !== "off" && decision.cause === "frames" && at - bowedOutAt < 3 * advbase * SECOND)
    return "it has believed a bow-out just now";
  switch (words.slice("Backup>Master ".length)) {
    case "MasterTimedOut":
      if (decision.cause !== "timeout") return `the cause is ${decision.cause}`;
      return at >= notBefore ? undefined : `${notBefore - at} ns too early`;
    case "PreemptingSlowerMaster":
      if (!preempt) return "it must not preempt";
      if (at < holdUntil) return "its link has just come back";
      return heardRanks.some((rank) => ownRank < rank) ? undefined : `${ownRank} has heard ${heardRanks}`;
    case "MasterWillTimeOut": {
      const limit = ownRank + 2 * advbase * 256;
      if (at < holdUntil) return "its link has just come back";
      return heardRanks.some((rank) => limit < rank) ? undefined : `${ownRank} has heard ${heardRanks}`;
    }
    case "UserRequested":
      return expected(decision.cause, "state master");
    default:
      return "there is no such edge";
  }
}

function expected(cause: string, wanted: string): string | undefined {
  return cause === wanted ? undefined : `the cause is ${cause}`;
}
