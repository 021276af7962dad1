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
import { DemotionReason, InterfaceFlag, Reason, State } from "../abi.ts";
import { Instance, instanceAt, interfaceAt, settings } from "../memory/records.ts";
import { ANNOUNCEMENT_GAP, ANNOUNCEMENTS, LONGEST_RETRY, NEVER, REANNOUNCEMENT_GAP } from "./constants.ts";
import { addressHeld, forgiveSendErrors, suppress, unsuppress } from "./demotion.ts";
import { advertisementInterval, masterDownTime, ownRank, rank, timeOutRank } from "./interval.ts";
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
    if (ownRank(instance) >= peer) enterBackup(instance, Reason.MoreFrequentAdvertisement);
    else reannounce(instance);
  } else if (instance.state == State.Backup) {
    if (settings().preempt && ownRank(instance) < peer) promote(instance, Reason.PreemptingSlowerMaster);
    else if (timeOutRank(instance) < peer) promote(instance, Reason.MasterWillTimeOut);
    else {
      cancelPromotion(instance);
      armMasterDown(instance);
    }
  }
}

/** Runs whatever is due. Deadlines are absolute; one that was missed runs once. */
export function expire(instance: Instance): void {
  const now = settings().now;
  if (instance.masterDownDeadline <= now) {
    instance.masterDownDeadline = NEVER;
    if (instance.state == State.Backup) promote(instance, Reason.MasterTimedOut);
  }
  if (instance.advertiseDeadline <= now) advertise(instance);
  if (instance.announceDeadline <= now) announce(instance);
  reschedule(instance);
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
  enter(instance, State.Master, instance.promotionReason as Reason);
  instance.masterDownDeadline = NEVER;
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
  if (instance.applyFailures < 6) instance.applyFailures++;
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
}

function armMasterDown(instance: Instance): void {
  instance.masterDownDeadline = settings().now + masterDownTime(instance);
  reschedule(instance);
}

function stopAdvertising(instance: Instance): void {
  retract(instance, (Pending.Advertisement | Pending.Announcement) as u8);
  instance.advertiseDeadline = NEVER;
  instance.announceDeadline = NEVER;
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

/** A slower master has held the address too, and neighbours may have believed it. */
function reannounce(instance: Instance): void {
  if (instance.announceDeadline != NEVER || settings().now - instance.announcedAt < REANNOUNCEMENT_GAP)
    return;
  instance.announcementsLeft = 1;
  announce(instance);
}
