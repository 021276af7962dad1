import { monotonicNs } from "../clock.ts";
import type { Terms } from "../link/holding.ts";
import type { InterfaceState, Link, Renewal, RenewalFailure } from "../link/link.ts";
import type { Log } from "./log.ts";
import { ownAddresses } from "./machine.ts";
import type { Member } from "./members.ts";

/** What one virtual host's addresses are held on; times are monotonic nanoseconds. */
export interface Lease {
  /** False for addresses beyond those IPv6 addresses that a node can renew. */
  readonly coversIpv6: boolean;
  terms: Terms;
  /** What of the interface the terms were made for. */
  state: InterfaceState | undefined;
  renewedNs: bigint;
  /** From then on the kernel may take the addresses away. */
  endNs: bigint;
}

/**
 * The kernel looks through all IPv6 addresses with a lease each time that one is renewed, so that their cost grows with
 * the square of their number: for these, some hundredths of a core's percent a second; for a thousand, a third of a core.
 */
const mostIpv6 = 128;
/** The kernel rounds, and takes an address away up to 20 ms early. */
const marginNs = 50_000_000n;
/** A shorter sleep is none: nobody takes over within it. */
const shortSleepNs = 1_000_000_000n;
const tellPeriodNs = 10_000_000_000n;
const nanosecondsPerSecond = 1_000_000_000n;
const never = 2n ** 63n - 1n;

/**
 * The leases of a node's addresses. The kernel takes an address away that is not renewed in time. So a node that is
 * killed or frozen has no address any more when another one takes over, and one that wakes up and finds its leases over
 * knows that it is MASTER no more.
 */
export class Leases {
  isOn = true;
  /** Renewals that came when three quarters of the lease were over. */
  late = 0;
  private readonly link: Link;
  private readonly log: Log;
  private readonly hosts: () => Member["host"][];
  private readonly readSleep: () => bigint;
  private readonly own = new WeakMap<InterfaceState, Terms["own"]>();
  private due: Member[] = [];
  /** No lease ends before. */
  private earliestEndNs = never;
  private ipv6Count = 0;
  private toldNs = -tellPeriodNs;
  /** The longest that the machine is known to have slept. */
  private sleptNs = 0n;

  /** `readSleep` tells how long the machine has slept since it was started, in nanoseconds. */
  constructor(link: Link, hosts: () => Member["host"][], log: Log, readSleep: () => bigint) {
    this.link = link;
    this.hosts = hosts;
    this.log = log;
    this.readSleep = readSleep;
  }

  /** To be called first: whether addresses have leases. */
  open(isOn: boolean): void {
    this.isOn = isOn;
    this.sleptNs = this.readSleep();
  }

  /** The lease of a virtual host that is new to the node and holds nothing yet. */
  admit(host: Member["host"]): Lease {
    const count = ipv6AddressesOf(host);
    const coversIpv6 = this.ipv6Count + count <= mostIpv6;
    if (coversIpv6) this.ipv6Count += count;
    else if (this.isOn) {
      const limit = `at most ${mostIpv6} IPv6 addresses have a lease`;
      this.log("warning", `${host.vhid}@${host.interfaceName}: ${limit}: a crash leaves its own behind`);
    }
    const terms = { leasesIpv6: coversIpv6, own: [] };
    return { coversIpv6, terms, state: undefined, renewedNs: 0n, endNs: never };
  }

  dismiss({ host, lease }: Member): void {
    if (lease.coversIpv6) this.ipv6Count -= ipv6AddressesOf(host);
  }

  /** The terms on which addresses are put in place now. They are the same object until something changes. */
  termsOf({ host, port, lease }: Member): Terms {
    const leaseSeconds = this.isOn ? secondsOf(host.advbase) : undefined;
    if (lease.state === port.state && lease.terms.leaseSeconds === leaseSeconds) return lease.terms;
    lease.state = port.state;
    lease.terms = { leaseSeconds, leasesIpv6: lease.coversIpv6, own: this.ownOf(port.state) };
    return lease.terms;
  }

  /** The addresses were put in place since `startedNs`. False where that took so long that the lease is over. */
  begin(member: Member, startedNs: bigint): boolean {
    this.extend(member, startedNs);
    return monotonicNs() < member.lease.endNs;
  }

  /** The virtual host has advertised: its addresses may stay. They are renewed by `flush`. */
  renew(member: Member): void {
    if (this.isOn) this.due.push(member);
  }

  /** Renews what is due in one go. A lease that is over is not begun anew. */
  flush(): void {
    if (this.due.length === 0) return;
    const nowNs = monotonicNs();
    const renewals: Renewal[] = [];
    const renewed: Member[] = [];
    for (const member of this.due) {
      const { lease, holding, host } = member;
      if (!holding.held || nowNs >= lease.endNs) continue;
      if (nowNs - lease.renewedNs >= (lengthOf(host) * 3n) / 4n) this.late++;
      renewals.push(...holding.leases(this.termsOf(member)));
      renewed.push(member);
    }
    this.due = [];
    if (renewals.length === 0) return;
    const failures = this.link.renewAddresses(renewals);
    this.tell(failures, nowNs);
    const refused = new Set(failures.map(({ renewal }) => renewal));
    for (const member of renewed) {
      const isRefused =
        refused.size > 0 && member.holding.leases(member.lease.terms).some((one) => refused.has(one));
      if (!isRefused) this.extend(member, nowNs);
    }
  }

  /**
   * Those of `members` that hold addresses and have them no longer by right: the lease is over, or the machine has slept,
   * in which the kernel's time for leases stood still. Looks at none before the earliest lease ends.
   */
  over(members: Iterable<Member>, nowNs: bigint): Member[] {
    const hasSlept = this.hasSlept();
    if (nowNs < this.earliestEndNs && !hasSlept) return [];
    this.earliestEndNs = never;
    const over: Member[] = [];
    for (const member of members) {
      if (!member.holding.held) continue;
      if (hasSlept || nowNs >= member.lease.endNs) over.push(member);
      else if (member.lease.endNs < this.earliestEndNs) this.earliestEndNs = member.lease.endNs;
    }
    return over;
  }

  private hasSlept(): boolean {
    const sleptNs = this.readSleep();
    const isMore = sleptNs - this.sleptNs > shortSleepNs;
    if (sleptNs > this.sleptNs) this.sleptNs = sleptNs;
    return isMore;
  }

  private extend({ host, lease }: Member, fromNs: bigint): void {
    lease.renewedNs = fromNs;
    lease.endNs = this.isOn ? fromNs + lengthOf(host) - marginNs : never;
    if (lease.endNs < this.earliestEndNs) this.earliestEndNs = lease.endNs;
  }

  private tell(failures: readonly RenewalFailure[], nowNs: bigint): void {
    if (failures.length === 0 || nowNs - this.toldNs < tellPeriodNs) return;
    this.toldNs = nowNs;
    const [{ renewal, error }] = failures;
    const others = failures.length === 1 ? "" : ` and ${failures.length - 1} others`;
    this.log(
      "warning",
      `the lease of ${renewal.address.address}${others} could not be renewed: ${error.message}`,
    );
  }

  private ownOf(state: InterfaceState | undefined): Terms["own"] {
    if (state === undefined) return [];
    const known = this.own.get(state) ?? ownAddresses(state, this.hosts());
    this.own.set(state, known);
    return known;
  }
}

/** Twice the base of the interval: over before a backup, which waits for three times as long, takes over. */
function secondsOf(advbase: number): number {
  return advbase === 0 ? 1 : 2 * advbase;
}

function lengthOf({ advbase }: Member["host"]): bigint {
  return BigInt(secondsOf(advbase)) * nanosecondsPerSecond;
}

function ipv6AddressesOf({ addresses }: Member["host"]): number {
  return addresses.filter(({ family }) => family === 6).length;
}
