/**
 * The front door of the core: the whole CARP protocol, without any I/O.
 *
 * A host writes frames or a command into memory, calls one `handle*` function, then reads the events
 * (`pollEvents`), sends what there is to send (`pollTransmit` until it returns 0, each time followed by
 * `handleSent`), and sleeps until `pollTimeout`. Time is monotonic nanoseconds and never goes back. The same calls
 * with the same arguments give the same bytes.
 */
import {
  ABI_VERSION,
  INTERFACE_CAPACITY,
  INTERFACES_OFFSET,
  LOOKUP_OFFSET,
  RECEIVE_OFFSET,
  Replay,
  SETTINGS_OFFSET,
} from "./abi.ts";
import { candidatesAtOnce } from "./engine/authenticate.ts";
import { obey } from "./engine/command.ts";
import { judge, receive } from "./engine/receive.ts";
import { testKnownAnswers } from "./engine/selftest.ts";
import { restartTheLate, runDeadlines } from "./engine/timeout.ts";
import { noteSent, transmit } from "./engine/transmit.ts";
import { settings } from "./memory/records.ts";
import { prepareLanes } from "./protocol/authenticator.ts";
import { nextDeadline } from "./protocol/schedule.ts";
import { announceDemotion } from "./protocol/state.ts";
import { wipe } from "./protocol/table.ts";

/** Equal to ABI_VERSION of the `abi.json` that belongs to this module. */
export function abiVersion(): i32 {
  return ABI_VERSION;
}

/** How many HMACs are computed side by side: 8 with SIMD, 1 without. */
export function laneCount(): i32 {
  return candidatesAtOnce();
}

/** Known answers: 0, or the number of the first that is wrong. Repeated for some 20 ms it is the warm-up as well. */
export function selftest(): i32 {
  return testKnownAnswers();
}

/**
 * Forgets everything and begins at time `now`. `counterBase` is the UTC of time 0 as 32.32 fixed point seconds,
 * from which advertisement counters are made.
 */
export function reset(now: i64, counterBase: u64): void {
  wipe();
  memory.fill(SETTINGS_OFFSET, 0, RECEIVE_OFFSET - SETTINGS_OFFSET);
  prepareLanes();
  const all = settings();
  all.now = now;
  all.counterBase = counterBase;
  all.allow = 1;
  all.dscp = 56;
  all.ifdownFactor = 240;
  all.senderrFactor = 240;
  all.replay = Replay.Log as u8;
}

/** Takes in the frames of slots 0 to `count - 1`: verdicts, counters, transitions. */
export function handleFrames(now: i64, count: i32): void {
  advance(now);
  restartTheLate();
  receive(count);
  announceDemotion();
}

/** Runs what is due. Too early is no harm. */
export function handleTimeout(now: i64): void {
  advance(now);
  restartTheLate();
  runDeadlines();
  announceDemotion();
}

/** Carries out the command record; the answer is a CommandResult. */
export function handleCommand(now: i64): i32 {
  advance(now);
  const result = obey();
  announceDemotion();
  return result;
}

/** Takes note of the errno fields of the first `count` frames in the transmit ring, after sending them. */
export function handleSent(now: i64, count: i32): void {
  advance(now);
  noteSent(count);
  announceDemotion();
}

/** Composes what there is to send, from slot 0 of the transmit ring on; returns the number of frames. */
export function pollTransmit(): i32 {
  return transmit();
}

/** The next deadline; the largest i64 where there is none. */
export function pollTimeout(): i64 {
  return nextDeadline();
}

/** How many events wait from the first record of the event ring on. They stay readable until the next handle call. */
export function pollEvents(): i32 {
  const all = settings();
  const count = all.eventCount;
  all.eventCount = 0;
  return count;
}

/** Judges the frames of slots 0 to `count - 1` and changes nothing but their verdicts. */
export function verifyFrames(count: i32): void {
  judge(count);
}

/** Time never goes back. */
function advance(now: i64): void {
  const all = settings();
  if (now > all.now) all.now = now;
}

if (LOOKUP_OFFSET != INTERFACES_OFFSET + INTERFACE_CAPACITY * 64) ERROR("the memory map overlaps");
