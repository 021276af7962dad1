/**
 * A second entry, for unit tests alone: the insides of wire, crypto and protocol, with addresses as numbers. It is
 * compiled together with the front door into `build/testing.wasm`, which no host uses. Tests lay their data out in
 * the receive ring.
 */
import * as hmac from "./crypto/hmac.ts";
import * as lanes from "./crypto/hmac-lanes.ts";
import * as sha1 from "./crypto/sha1.ts";
import { compressLanes } from "./crypto/sha1-lanes.ts";
import * as bytes from "./memory/bytes.ts";
import { instanceAt, lookUp } from "./memory/records.ts";
import { nextCounter, wasSent } from "./protocol/counter.ts";
import * as interval from "./protocol/interval.ts";
import { nextDeadline, reschedule } from "./protocol/schedule.ts";
import { forgetSeen, recall, remember } from "./protocol/seen.ts";
import * as checksum from "./wire/checksum.ts";
import { isVrrp } from "./wire/vrrp.ts";

export function bytesLoad16(at: usize): u32 {
  return bytes.load16(at);
}

export function bytesLoad32(at: usize): u32 {
  return bytes.load32(at);
}

export function bytesLoad64(at: usize): u64 {
  return bytes.load64(at);
}

export function bytesStore16(at: usize, value: u32): void {
  bytes.store16(at, value);
}

export function bytesStore32(at: usize, value: u32): void {
  bytes.store32(at, value);
}

export function bytesStore64(at: usize, value: u64): void {
  bytes.store64(at, value);
}

export function bytesCopyMac(target: usize, source: usize): void {
  bytes.copyMac(target, source);
}

export function bytesCopyAddress6(target: usize, source: usize): void {
  bytes.copyAddress6(target, source);
}

export function sha1Initialize(state: usize): void {
  sha1.initialize(state);
}

export function sha1Compress(target: usize, state: usize, block: usize, schedule: usize): void {
  sha1.loadBlock(schedule, block);
  sha1.compress(target, state, schedule);
}

export function sha1CompressLanes(target: usize, state: usize, schedule: usize): void {
  compressLanes(target, state, schedule);
}

export function lanesScratchSize(): usize {
  return lanes.LANES_SCRATCH_SIZE;
}

export function lanesPrepare(scratch: usize): void {
  lanes.prepareLanes(scratch);
}

export function lanesFill(scratch: usize, lane: u32, saved: usize): void {
  lanes.fillLane(scratch, lane, saved);
}

export function lanesHold(scratch: usize, lane: u32, saved: usize): bool {
  return lanes.holds(scratch, lane, saved);
}

export function lanesForget(scratch: usize, saved: usize): void {
  lanes.forgetLanes(scratch, saved);
}

export function lanesPlace(scratch: usize, lane: u32, suffix: usize, digest: usize): void {
  lanes.placeMessage(scratch, lane, suffix, digest);
}

export function lanesFinish(scratch: usize): void {
  lanes.finishLanes(scratch);
}

export function lanesMatching(scratch: usize): u32 {
  return lanes.matchingLanes(scratch);
}

export function hmacFitsLanes(saved: usize): bool {
  return hmac.fitsLanes(saved);
}

export function hmacSavedSize(): usize {
  return hmac.SAVED_SIZE;
}

export function hmacScratchSize(): usize {
  return hmac.HMAC_SCRATCH_SIZE;
}

export function hmacSave(
  saved: usize,
  key: usize,
  keyLength: usize,
  prefix: usize,
  prefixLength: usize,
  scratch: usize,
): void {
  hmac.save(saved, key, keyLength, prefix, prefixLength, scratch);
}

export function hmacFinish(saved: usize, suffix: usize, digest: usize, scratch: usize): void {
  hmac.finish(saved, suffix, digest, scratch);
}

export function hmacSameDigest(a: usize, b: usize): bool {
  return hmac.sameDigest(a, b);
}

export function checksumSum(data: usize, length: usize): u32 {
  return checksum.sum(data, length);
}

export function checksumOf(data: usize, length: usize): u32 {
  return checksum.checksum(data, length);
}

export function checksumIsIntact20(data: usize): bool {
  return checksum.isIntact20(data);
}

export function checksumIsIntact36(data: usize): bool {
  return checksum.isIntact36(data);
}

/** The index of that virtual host's instance, or NO_INSTANCE. The functions below take it. */
export function instanceIndex(interfaceIndex: u32, vhid: u32): u32 {
  return lookUp(interfaceIndex, vhid);
}

export function effectiveSkew(index: u32): u32 {
  return interval.effectiveSkew(instanceAt(index));
}

export function ownRank(index: u32): u32 {
  return interval.ownRank(instanceAt(index));
}

export function timeOutRank(index: u32): u32 {
  return interval.timeOutRank(instanceAt(index));
}

export function advertisementInterval(index: u32): i64 {
  return interval.advertisementInterval(instanceAt(index));
}

export function masterDownTime(index: u32): i64 {
  return interval.masterDownTime(instanceAt(index));
}

export function takeCounter(index: u32): u64 {
  return nextCounter(instanceAt(index));
}

export function counterWasSent(index: u32, counter: u64): bool {
  return wasSent(instanceAt(index), counter);
}

export function seenRecall(index: u32, counter: u64): u32 {
  return recall(instanceAt(index), counter);
}

export function seenRemember(index: u32, counter: u64, print: u32): void {
  remember(instanceAt(index), counter, print);
}

export function seenForget(index: u32): void {
  forgetSeen(instanceAt(index));
}

export function vrrpIs(header: usize, length: usize): bool {
  return isVrrp(header, length);
}

/** Sets the master-down timer and takes its place among the deadlines. */
export function setDeadline(index: u32, deadline: i64): void {
  const instance = instanceAt(index);
  instance.masterDownDeadline = deadline;
  reschedule(instance);
}

export function earliestDeadline(): i64 {
  return nextDeadline();
}
