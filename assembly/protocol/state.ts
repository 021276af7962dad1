/**
 * The state machine of one virtual host (protocol §5, §6.1), every transition and its reason.
 *
 *                    evaluate: runnable                 masterDown, preempt, peer will time out
 *            INIT ─────────────────────────▶ BACKUP ═════════════════════════════════════════▶ MASTER
 *             ▲                              │    ▲            (the addresses are in place)      │ │
 *             └── evaluate: not runnable ────┘    └────────── a peer advertises as often ────────┘ │
 *             └────────────────────────────────────────────── evaluate: not runnable ─────────────┘
 *
 * The double arrow takes two steps: the core asks for the addresses (Apply) and stays BACKUP, silent, until the
 * host answers that they are in place. So nobody is ever MASTER of an address that it does not have.
 */
import { DemotionReason, InterfaceFlag, Notice, Reason, Replay, State } from "../abi.ts";
import { Instance, instanceAt, interfaceAt, peerCountersOf, settings } from "../memory/records.ts";
import {
  ANNOUNCEMENT_GAP,
  ANNOUNCEMENTS,
  BOW_OUT,
  DEAD_RATIO,
  LEAST_LATENESS,
  LONGEST_RETRY,
  MOST_DOUBLINGS,
  NEVER,
  REANNOUNCEMENT_GAP,
  SECOND,
} from "./constants.ts";
import {
  addressHeld,
  awaitSendRetry,
  forgiveSendErrors,
  isSendDemoted,
  retryAddress,
  retrySend,
  suppress,
  unsuppress,
} from "./demotion.ts";
import { advertisementInterval, masterDownTime, ownRank, rank, tieJitter, timeOutRank } from "./interval.ts";
import { renew } from "./lease.ts";
import { notify } from "./notice.ts";
import { Pending, post, retract } from "./outbox.ts";
import { reportApply, reportTransition, reportWithdraw } from "./report.ts";
import { reschedule } from "./schedule.ts";

/**
 * Looks anew whether the virtual host can run: its interface up with carrier, an address, CARP allowed. Call it
 * when one of these, or the set of addresses, has changed: a running virtual host starts over from BACKUP.
 */
export function evaluate(instance: Instance): void {
  const linked = hasLink(instance) && settings().allow != 0;
  if (linked) {
    if (instance.suppressed) holdDown(instance);
    unsuppress(instance, DemotionReason.InterfaceUp);
    forgiveSendErrors(instance, DemotionReason.InterfaceUp);
  } else {
    suppress(instance);
  }
  if (linked && instance.count4 + instance.count6 > 0) {
    enterInit(instance, Reason.HardwareInterfaceUp);
    enter(instance, State.Backup, Reason.InitializationComplete);
    armMasterDown(instance);
  } else {
    enterInit(instance, Reason.HardwareInterfaceDown);
  }
}

/** An authentic advertisement has come in; the caller has noted the peer in the record. */
export function heard(instance: Instance, advbase: u32, advskew: u32): void {
  const peer = rank(advbase, advskew);
  if (instance.state == State.Master) {
    if (ownRank(instance) >= peer) stepDown(instance, ownRank(instance) > peer);
    else meetRival(instance);
  } else if (instance.state == State.Backup) {
    const reason = reasonToTakeOver(instance, peer);
    if (reason == Reason.None) {
      cancelPromotion(instance);
      armMasterDown(instance);
      if (settings().now >= instance.holdUntil) noteBetter(instance, peer);
    } else if (!isBetterAlive(instance)) {
      if (peer == rank(BOW_OUT, BOW_OUT) && isBowOutDoubtful(instance)) return;
      promote(instance, reason);
    }
  }
}

/** Another master may be silent, or too far ahead in its counters to be believed: a backup goes on waiting for it. */
export function refresh(instance: Instance): void {
  if (instance.state == State.Backup && !instance.promoting) armMasterDown(instance);
}

/** Runs whatever is due. Deadlines are absolute; one that was missed runs once. */
export function expire(instance: Instance): void {
  const now = settings().now;
  if (instance.masterDownDeadline <= now) {
    noteLateness(instance, now - instance.masterDownDeadline);
    instance.masterDownDeadline = NEVER;
    if (instance.state == State.Backup) promote(instance, Reason.MasterTimedOut);
  }
  if (instance.advertiseDeadline <= now) advertise(instance);
  if (instance.announceDeadline <= now) announce(instance);
  if (instance.renewDeadline <= now) renew(instance);
  if (instance.applyDemoted && instance.retryDeadline <= now && !instance.promoting) retryAddress(instance);
  if (instance.retrySendDeadline <= now) {
    // A master sees for itself whether sending works.
    if (instance.state == State.Master && isSendDemoted(instance)) awaitSendRetry(instance);
    else retrySend(instance);
  }
  reschedule(instance);
}

/**
 * Starts over from BACKUP where the timer that counts is so late that the host cannot have run: it was paused, frozen or
 * starved, and others may have taken over. True for a master that stepped down. Call it before anything is judged that
 * came in meanwhile.
 */
export function restartIfLate(instance: Instance): bool {
  const now = settings().now;
  const isMaster = instance.state == State.Master;
  const deadline = isMaster ? instance.advertiseDeadline : instance.masterDownDeadline;
  if (now <= deadline) return false;
  if (now - deadline < max<i64>(masterDownTime(instance) >> 1, LEAST_LATENESS)) return false;
  noteLateness(instance, now - deadline);
  if (isMaster) enterBackup(instance, Reason.AdvertisementLate);
  else armMasterDown(instance);
  return isMaster;
}

/** The lease of the addresses ran out. False where this is no master. */
export function leaseExpired(instance: Instance): bool {
  if (instance.state != State.Master) return false;
  enterBackup(instance, Reason.LeaseExpired);
  return true;
}

/** Sends an advertisement now and the next one an interval later. The instance is MASTER. */
export function advertise(instance: Instance): void {
  post(instance, Pending.Advertisement);
  instance.advertiseDeadline = settings().now + advertisementInterval(instance);
  reschedule(instance);
}

/** Every master advertises at once when the demotion has changed (protocol §7.1). */
export function announceDemotion(): void {
  const all = settings();
  if (!all.demotionChanged) return;
  all.demotionChanged = 0;
  for (let index: u32 = 0; index < all.instanceLimit; index++) {
    const instance = instanceAt(index);
    if (instance.inUse && instance.state == State.Master) advertise(instance);
  }
}

/** The host's answer to Apply: the addresses are in place. False where nobody asked. */
export function applied(instance: Instance): bool {
  if (!instance.promoting) return false;
  instance.promoting = 0;
  instance.applyFailures = 0;
  instance.retryDeadline = 0;
  addressHeld(instance, true);
  retract(instance, Pending.Farewell as u8);
  enter(instance, State.Master, instance.promotionReason as Reason);
  instance.masterDownDeadline = NEVER;
  instance.renewedAt = settings().now;
  instance.hasRival = 0;
  instance.announcementsLeft = ANNOUNCEMENTS;
  advertise(instance);
  announce(instance);
  reschedule(instance);
  return true;
}

/**
 * The addresses could not be put in place, or could not be kept there: not MASTER, demoted, and tried again after
 * a master-down time that doubles with every failure, up to a minute.
 */
export function applyFailed(instance: Instance): bool {
  if (instance.state == State.Master) {
    post(instance, Pending.BowOut);
    enterBackup(instance, Reason.AddressNotHeld);
  } else if (instance.promoting) {
    cancelPromotion(instance);
  } else {
    return false;
  }
  addressHeld(instance, false);
  let wait = masterDownTime(instance) << (instance.applyFailures as i64);
  if (wait > LONGEST_RETRY) wait = LONGEST_RETRY;
  if (instance.applyFailures < MOST_DOUBLINGS) instance.applyFailures++;
  instance.retryDeadline = settings().now + wait;
  instance.masterDownDeadline = instance.retryDeadline;
  reschedule(instance);
  return true;
}

/**
 * The operator's `state backup` or `state master`; INIT cannot be asked for. A master that is sent to BACKUP bows
 * out, so that the others need not wait for their timers.
 */
export function request(instance: Instance, state: State): void {
  if (state == State.Backup && instance.state == State.Master) {
    post(instance, Pending.BowOut);
    enterBackup(instance, Reason.UserRequested);
  } else if (state == State.Master && instance.state == State.Backup) {
    instance.retryDeadline = 0;
    promote(instance, Reason.UserRequested);
  }
}

/** Leaves politely: a master bows out; then INIT, without a timer. */
export function leave(instance: Instance): void {
  if (instance.state == State.Master) post(instance, Pending.BowOut);
  enterInit(instance, Reason.NodeStopped);
}

/** A better master is there. It hears one advertisement more, and announces its addresses again, if it is better. */
function stepDown(instance: Instance, isWorse: bool): void {
  enterBackup(instance, Reason.MoreFrequentAdvertisement);
  noteBetter(instance, rank(instance.peerAdvbase, instance.peerAdvskew));
  if (isWorse) {
    post(instance, Pending.Farewell);
  } else {
    instance.masterDownDeadline += tieJitter(instance);
    reschedule(instance);
  }
}

/** Why a backup takes over from a master of that rank now, or None. */
function reasonToTakeOver(instance: Instance, peer: u32): Reason {
  if (settings().now < instance.holdUntil) return Reason.None;
  if (settings().preempt && ownRank(instance) < peer) return Reason.PreemptingSlowerMaster;
  return timeOutRank(instance) < peer ? Reason.MasterWillTimeOut : Reason.None;
}

/** A master that this host does not take over from, and for how long it is known to live. */
function noteBetter(instance: Instance, peer: u32): void {
  instance.betterSource = instance.peerSourceLow ^ instance.peerSourceHigh;
  instance.betterUntil = settings().now + ((peer as i64) * SECOND) / 256 + LEAST_LATENESS;
}

/**
 * Whether another than the sender of the last advertisement is known to be a better master: then the sender will step
 * down when it hears that one, and there is nothing to take over.
 */
function isBetterAlive(instance: Instance): bool {
  const source = instance.peerSourceLow ^ instance.peerSourceHigh;
  return settings().now < instance.betterUntil && source != instance.betterSource;
}

/** For three advbase after the link has come back, other masters get the time to be heard. */
function holdDown(instance: Instance): void {
  const base = instance.advbase == 0 ? 0 : (DEAD_RATIO as i64) * (instance.advbase as i64) * SECOND;
  instance.holdUntil = settings().now + base;
}

/**
 * A bow-out can be forged from any advertisement, since its interval is not authenticated. Unless counters are not
 * looked at, one whose counter was heard before is as if it had not come, and so is a second one in a master-down time.
 */
function isBowOutDoubtful(instance: Instance): bool {
  if (settings().replay == Replay.Off) return false;
  if (instance.promoting) return true;
  const now = settings().now;
  const isSecond = instance.hasBowedOut && now - instance.bowOutAt < masterDownTime(instance);
  if (isSecond || peerCountersOf(instance).isRepeated) {
    notify(instance, Notice.BowOutIgnored);
    return true;
  }
  instance.hasBowedOut = 1;
  instance.bowOutAt = now;
  return false;
}

/** A slower master: it will step down when it hears of this one. Where it does not, people should know. */
function meetRival(instance: Instance): void {
  const now = settings().now;
  const patience = advertisementInterval(instance) + LEAST_LATENESS;
  if (!instance.hasRival || now - instance.rivalHeardAt > 2 * patience) {
    instance.hasRival = 1;
    instance.rivalSince = now;
  }
  instance.rivalHeardAt = now;
  if (now - instance.rivalSince > patience) notify(instance, Notice.TwoMasters);
  reannounce(instance);
}

function noteLateness(instance: Instance, lateness: i64): void {
  const microseconds = lateness / 1000;
  instance.lateness = microseconds < (u32.MAX_VALUE as i64) ? (microseconds as u32) : u32.MAX_VALUE;
}

function hasLink(instance: Instance): bool {
  const needed = InterfaceFlag.Up | InterfaceFlag.Carrier;
  return ((interfaceAt(instance.interfaceIndex).flags as i32) & needed) == needed;
}

/** Asks the host for the addresses, unless that has just failed. */
function promote(instance: Instance, reason: Reason): void {
  if (instance.promoting) return;
  if (settings().now < instance.retryDeadline) {
    instance.masterDownDeadline = instance.retryDeadline;
  } else {
    instance.promoting = 1;
    instance.promotionReason = reason as u8;
    instance.masterDownDeadline = NEVER;
    reportApply(instance);
  }
  reschedule(instance);
}

function cancelPromotion(instance: Instance): void {
  if (!instance.promoting) return;
  instance.promoting = 0;
  reportWithdraw(instance);
}

/** MASTER to BACKUP. */
function enterBackup(instance: Instance, reason: Reason): void {
  stopAdvertising(instance);
  reportWithdraw(instance);
  enter(instance, State.Backup, reason);
  armMasterDown(instance);
}

/** Any state to INIT, without a timer. */
function enterInit(instance: Instance, reason: Reason): void {
  cancelPromotion(instance);
  if (instance.state == State.Master) {
    stopAdvertising(instance);
    reportWithdraw(instance);
  }
  if (instance.state != State.Init) enter(instance, State.Init, reason);
  instance.masterDownDeadline = NEVER;
  reschedule(instance);
}

function enter(instance: Instance, state: State, reason: Reason): void {
  const from = instance.state;
  instance.state = state as u8;
  instance.since = settings().now;
  instance.lastFrom = from;
  instance.lastTo = state as u8;
  instance.lastReason = reason as u8;
  instance.transitions++;
  reportTransition(instance, from, state as u8, reason as u8);
  instance.lateness = 0;
}

function armMasterDown(instance: Instance): void {
  instance.masterDownDeadline = settings().now + masterDownTime(instance);
  reschedule(instance);
}

function stopAdvertising(instance: Instance): void {
  retract(instance, (Pending.Advertisement | Pending.Announcement) as u8);
  instance.advertiseDeadline = NEVER;
  instance.announceDeadline = NEVER;
  instance.renewDeadline = NEVER;
}

/** Announces every address now, and again after the gap while announcements are left. */
function announce(instance: Instance): void {
  const now = settings().now;
  post(instance, Pending.Announcement);
  instance.announceCursor = 0;
  instance.announcedAt = now;
  if (--instance.announcementsLeft > 0) instance.announceDeadline = now + ANNOUNCEMENT_GAP;
  else instance.announceDeadline = NEVER;
}

/** A slower master has held the address too, and neighbours may have believed it: announces now, or once the gap is over. */
function reannounce(instance: Instance): void {
  if (instance.announceDeadline != NEVER) return;
  instance.announcementsLeft = 1;
  if (settings().now - instance.announcedAt >= REANNOUNCEMENT_GAP) {
    announce(instance);
  } else {
    instance.announceDeadline = instance.announcedAt + REANNOUNCEMENT_GAP;
    reschedule(instance);
  }
}
