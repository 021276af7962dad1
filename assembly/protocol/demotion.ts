/**
 * Demotion (protocol §7.1): one signed sum for the whole host. It worsens the effective skew of every virtual host,
 * and whenever it changes every master advertises at once, so that better backups hear of it.
 */

import { DemotionReason } from "../abi.ts";
import { Instance, settings } from "../memory/records.ts";
import { ADDRESS_DEMOTION, SEND_ERRORS_TO_DEMOTE, SEND_SUCCESSES_TO_RECOVER } from "./constants.ts";
import { reportDemotion } from "./report.ts";

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
}

/** An advertisement was sent. Three in a row forgive what failed before. */
export function sendSucceeded(instance: Instance): void {
  if (instance.sendErrors == 0 || ++instance.sendSuccesses < SEND_SUCCESSES_TO_RECOVER) return;
  forgiveSendErrors(instance, DemotionReason.SendOk);
}

/** Takes the send-error demotion back, also when the interface has come up anew. */
export function forgiveSendErrors(instance: Instance, reason: DemotionReason): void {
  if (instance.sendErrors >= SEND_ERRORS_TO_DEMOTE) adjust(instance, -instance.sendErrorsBy, reason);
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

/** Takes back whatever a virtual host that goes away has added. */
export function release(instance: Instance): void {
  unsuppress(instance, DemotionReason.VhidRemoved);
  forgiveSendErrors(instance, DemotionReason.VhidRemoved);
  if (instance.applyDemoted) adjust(instance, -ADDRESS_DEMOTION, DemotionReason.VhidRemoved);
  instance.applyDemoted = 0;
}
