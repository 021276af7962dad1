/**
 * Demotion (protocol §7.1): one signed sum for the whole host. It worsens the effective skew of every virtual host,
 * and whenever it changes every master advertises at once, so that better backups hear of it.
 */

import { DemotionReason } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import {
  ADDRESS_DEMOTION,
  LONGEST_SEND_RETRY,
  NEVER,
  SEND_ERRORS_TO_DEMOTE,
  SEND_RETRY,
  SEND_SUCCESSES_TO_RECOVER,
} from "./constants.ts";
import { reportDemotion } from "./report.ts";
import { reschedule } from "./schedule.ts";

/** Adds `delta`; `instance` is the cause, or null where the operator is. */
export function adjust(instance: Instance | null, delta: i32, reason: DemotionReason): void {
  if (delta == 0) return;
  const all = settings();
  all.demotion += delta;
  all.demotionChanged = 1;
  reportDemotion(instance, delta, reason);
}

/** The interface is down, or CARP is not allowed: once per virtual host. */
export function suppress(instance: Instance): void {
  if (instance.suppressed) return;
  instance.suppressed = 1;
  instance.suppressedBy = settings().ifdownFactor;
  adjust(instance, instance.suppressedBy, DemotionReason.InterfaceDown);
}

export function unsuppress(instance: Instance, reason: DemotionReason): void {
  if (!instance.suppressed) return;
  instance.suppressed = 0;
  adjust(instance, -instance.suppressedBy, reason);
}

/** An advertisement could not be sent. The third failure demotes, however far apart they are. */
export function sendFailed(instance: Instance): void {
  instance.sendSuccesses = 0;
  if (instance.sendErrors == 255) return;
  if (++instance.sendErrors != SEND_ERRORS_TO_DEMOTE) return;
  instance.sendErrorsBy = settings().senderrFactor;
  adjust(instance, instance.sendErrorsBy, DemotionReason.SendError);
  awaitSendRetry(instance);
}

/** Whether the demotion for failing sends is in the sum. */
export function isSendDemoted(instance: Instance): bool {
  return instance.sendErrors >= SEND_ERRORS_TO_DEMOTE;
}

/**
 * A backup sends nothing, and so would stay demoted for ever: after ten seconds the demotion is taken back on trial,
 * after twice the time the next time.
 */
export function retrySend(instance: Instance): void {
  forgiveSendErrors(instance, DemotionReason.SendRetry);
  if (instance.sendRetries < 5) instance.sendRetries++;
}

/** Sets the time of the next trial. */
export function awaitSendRetry(instance: Instance): void {
  let wait = SEND_RETRY << (instance.sendRetries as i64);
  if (wait > LONGEST_SEND_RETRY) wait = LONGEST_SEND_RETRY;
  instance.retrySendDeadline = settings().now + wait;
  reschedule(instance);
}

/** An advertisement was sent. Three in a row forgive what failed before. */
export function sendSucceeded(instance: Instance): void {
  if (instance.sendErrors == 0 || ++instance.sendSuccesses < SEND_SUCCESSES_TO_RECOVER) return;
  forgiveSendErrors(instance, DemotionReason.SendOk);
  instance.sendRetries = 0;
}

/** Takes the send-error demotion back, also when the interface has come up anew. */
export function forgiveSendErrors(instance: Instance, reason: DemotionReason): void {
  if (isSendDemoted(instance)) adjust(instance, -instance.sendErrorsBy, reason);
  if (instance.retrySendDeadline != NEVER) {
    instance.retrySendDeadline = NEVER;
    reschedule(instance);
  }
  instance.sendErrors = 0;
  instance.sendSuccesses = 0;
}

/** The addresses cannot be put in place, or are in place again. */
export function addressHeld(instance: Instance, held: bool): void {
  if (held == (instance.applyDemoted == 0)) return;
  instance.applyDemoted = held ? 0 : 1;
  if (held) adjust(instance, -ADDRESS_DEMOTION, DemotionReason.AddressHeld);
  else adjust(instance, ADDRESS_DEMOTION, DemotionReason.AddressNotHeld);
}

/** A backup is not asked for the addresses while a better master is there: the demotion is taken back on trial. */
export function retryAddress(instance: Instance): void {
  instance.applyDemoted = 0;
  adjust(instance, -ADDRESS_DEMOTION, DemotionReason.AddressRetry);
  reschedule(instance);
}

/** Takes back whatever a virtual host that goes away has added. */
export function release(instance: Instance): void {
  unsuppress(instance, DemotionReason.VhidRemoved);
  forgiveSendErrors(instance, DemotionReason.VhidRemoved);
  if (instance.applyDemoted) adjust(instance, -ADDRESS_DEMOTION, DemotionReason.VhidRemoved);
  instance.applyDemoted = 0;
}
