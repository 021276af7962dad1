/**
 * What the counter of an authentic advertisement is worth (docs/RELIABILITY.md, "Replay").
 *
 * Off and log accept everything. Strict accepts a counter that was not heard before and lies in a window that ends a day
 * after the largest one, or the clock, and begins two seconds before the largest one, since two masters may cross. A
 * peer whose clock has jumped is outside; it is followed after five advertisements in a row that nobody contradicts.
 *
 * Strict needs counters that can be ordered, as this node's can. Beside a peer whose cannot it stays lenient, because no
 * setting may make two masters.
 */
import { CounterClass, Notice, Replay, State, Strictness } from "../abi.ts";
import { Instance, PeerCounters, peerCountersOf, settings } from "../memory/records.ts";
import { SECOND } from "./constants.ts";
import { counterClock } from "./counter.ts";
import { masterDownTime, shortestInterval } from "./interval.ts";
import { notify } from "./notice.ts";
import { forgetSeen, recall, remember, UNSEEN } from "./seen.ts";

/** What is found of an advertisement. */
export enum Finding {
  Fresh = 0,
  /** Accepted; its counter was heard before, with other fields or from another source. */
  Suspect = 1,
  /** Accepted; strict mode follows its sender from here. */
  Resynchronized = 2,
  Duplicate = 3,
  Stale = 4,
  /** Not accepted, but it keeps a backup waiting. */
  Refresh = 5,
}

const RECENT: u8 = 4;
const FIXED_SECOND: u64 = 1 << 32;
const DAY: u64 = 86_400 * FIXED_SECOND;
/** What is older than what this host has sent itself by more than this is a recording, even if it was not heard then. */
const HOUR: u64 = 3600 * FIXED_SECOND;
/** Two masters that cross are this far apart at most. */
const CROSSING: u64 = 2 * FIXED_SECOND;
/** The largest step that is counting and not a clock. */
const LARGEST_COUNT: u64 = 0xffff;
const STALE_TO_RESYNCHRONIZE: u8 = 5;
const BETWEEN_RESYNCHRONIZATIONS: i64 = 60 * SECOND;
/** How long every peer's counters must have been a clock's before strict mode is ready, or is taken up again. */
const TO_BE_READY: i64 = 3600 * SECOND;

/** Judges the counter of an authentic advertisement; `print` stands for its interval and source. */
export function weigh(instance: Instance, counter: u64, print: u32): Finding {
  const mode = settings().replay;
  if (mode == Replay.Off) return Finding.Fresh;
  // What is not timely is not looked at, or a recording could say what the peers' counters are like.
  if (mode == Replay.Strict && !isTimely(counter)) return Finding.Stale;
  const peers = peerCountersOf(instance);
  const known = recall(instance, counter);
  peers.isRepeated = known != UNSEEN && peers.class != CounterClass.Constant ? 1 : 0;
  classify(instance, peers, counter, known == UNSEEN);
  if (mode == Replay.Strict) {
    if (isEnforced(instance, peers)) return enforce(instance, peers, counter, print, known != UNSEEN);
  } else {
    peers.strictness = Strictness.Learning as u8;
  }
  if (known == UNSEEN) {
    remember(instance, counter, print);
    if (counter > peers.highWater) peers.highWater = counter;
    return Finding.Fresh;
  }
  const isSame = known == ((print & 0xffff) | 1);
  if (isSame || peers.class == CounterClass.Constant) return Finding.Fresh;
  notify(instance, Notice.ReplaySuspected);
  return Finding.Suspect;
}

/** Whether every peer's counters have been a clock's for an hour. */
export function isReady(peers: PeerCounters): bool {
  return peers.class == CounterClass.Time && settings().now - peers.classSince >= TO_BE_READY;
}

/** Forgets what is known of the peers' counters. */
export function forgetPeers(instance: Instance): void {
  forgetSeen(instance);
  memory.fill(changetype<usize>(peerCountersOf(instance)), 0, offsetof<PeerCounters>());
}

/** The rule of strict mode. */
function enforce(instance: Instance, peers: PeerCounters, counter: u64, print: u32, isKnown: bool): Finding {
  const now = settings().now;
  if (isKnown) return Finding.Duplicate;
  if (isInWindow(instance, peers, counter)) {
    accept(instance, peers, counter, print);
    if (counter > peers.highWater) peers.highWater = counter;
    return Finding.Fresh;
  }
  // A master is a live one itself, and follows nobody into the past: that can be a recording.
  const newest = max<u64>(peers.highWater, instance.counterSent);
  if (instance.state == State.Master && counter <= newest) return Finding.Stale;
  const interval = shortestInterval(instance);
  if (peers.staleCount > 0) {
    if (counter <= peers.staleCounter || now - peers.staleAt < (interval * 9) / 10) return Finding.Stale;
  }
  peers.staleCounter = counter;
  peers.staleAt = now;
  if (peers.staleCount < STALE_TO_RESYNCHRONIZE) peers.staleCount++;
  if (peers.hasAccepted && now - peers.acceptedAt < 2 * interval) return Finding.Stale;
  const mayFollow = !peers.hasResynchronized || now - peers.resynchronizedAt > BETWEEN_RESYNCHRONIZATIONS;
  if (peers.staleCount < STALE_TO_RESYNCHRONIZE || !mayFollow) return Finding.Refresh;
  accept(instance, peers, counter, print);
  peers.highWater = counter;
  peers.hasResynchronized = 1;
  peers.resynchronizedAt = now;
  notify(instance, Notice.Resynchronized);
  return Finding.Resynchronized;
}

function accept(instance: Instance, peers: PeerCounters, counter: u64, print: u32): void {
  remember(instance, counter, print);
  peers.hasAccepted = 1;
  peers.acceptedAt = settings().now;
  peers.staleCount = 0;
}

function isInWindow(instance: Instance, peers: PeerCounters, counter: u64): bool {
  const highWater = peers.highWater;
  if (highWater > CROSSING && counter <= highWater - CROSSING) return false;
  const sent = instance.counterSent;
  if (sent > HOUR && counter <= sent - HOUR) return false;
  const clock = counterClock();
  const latest = max<u64>(highWater, clock);
  return counter <= latest || counter - latest <= DAY;
}

/** With `freshness`, no counter may differ from the clock by more. */
function isTimely(counter: u64): bool {
  const freshness = settings().freshness;
  return freshness == 0 || distance(counter, counterClock()) <= (freshness as u64) * FIXED_SECOND;
}

/** Decides, as soon as the class of the counters is known, whether strict mode can be enforced. */
function isEnforced(instance: Instance, peers: PeerCounters): bool {
  if (peers.strictness == Strictness.Enforcing) return true;
  if (peers.class == CounterClass.Unknown) return false;
  if (peers.class == CounterClass.Time && (peers.strictness == Strictness.Learning || isReady(peers))) {
    peers.strictness = Strictness.Enforcing as u8;
    peers.highWater = largestRecent(peers);
    return true;
  }
  if (peers.strictness == Strictness.Learning) notify(instance, Notice.IncompatiblePeer);
  peers.strictness = Strictness.Lenient as u8;
  return false;
}

/**
 * Takes a counter into the last four different ones and says what they are like. The only counter that was ever heard,
 * all through a master-down time, is a constant one, and so is one that was the only one for an hour; repeated in between
 * others, or to a master, it is a replay, and says nothing.
 */
function classify(instance: Instance, peers: PeerCounters, counter: u64, isFresh: bool): void {
  const now = settings().now;
  if (isFresh) {
    peers.recent3 = peers.recent2;
    peers.recent2 = peers.recent1;
    peers.recent1 = peers.recent0;
    peers.recent0 = counter;
    peers.freshAt = now;
    if (peers.recentCount < RECENT) peers.recentCount++;
    if (peers.recentCount == RECENT) setClass(peers, classOfRecent(peers));
  } else if (instance.state != State.Master) {
    const wait = masterDownTime(instance);
    const least = peers.recentCount == 1 ? wait : TO_BE_READY;
    if (now - peers.freshAt >= least && now - instance.heardAt < wait) setClass(peers, CounterClass.Constant);
  }
}

function setClass(peers: PeerCounters, found: CounterClass): void {
  if (peers.class == (found as u8)) return;
  peers.class = found as u8;
  peers.classSince = settings().now;
}

function classOfRecent(peers: PeerCounters): CounterClass {
  const first = distance(peers.recent0, peers.recent1);
  const second = distance(peers.recent1, peers.recent2);
  const third = distance(peers.recent2, peers.recent3);
  const largest = max<u64>(first, max<u64>(second, third));
  if (largest <= LARGEST_COUNT) return CounterClass.Incrementing;
  return largest < DAY ? CounterClass.Time : CounterClass.Random;
}

function largestRecent(peers: PeerCounters): u64 {
  return max<u64>(max<u64>(peers.recent0, peers.recent1), max<u64>(peers.recent2, peers.recent3));
}

function distance(one: u64, other: u64): u64 {
  return one > other ? one - other : other - one;
}
