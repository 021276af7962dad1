/**
 * What is authenticated, and with what (protocol §2.1): HMAC-SHA1 over
 *
 *     02 01 vhid | IPv4 addresses, ascending | IPv6 addresses, ascending | counter
 *
 * The key is the pass phrase as it is. Link-local addresses enter without their scope, bytes 2 and 3 zero.
 */
import {
  ADDRESS_CAPACITY,
  INSTANCE_ADDRESSES4,
  INSTANCE_ADDRESSES6,
  KEY_CAPACITY,
  LANES_OFFSET,
  LANES_SIZE,
  SCRATCH_OFFSET,
  SCRATCH_SIZE,
} from "../abi.ts";
import { finish, fitsLanes, HMAC_SCRATCH_SIZE, sameDigest, save } from "../crypto/hmac.ts";
import * as lanes from "../crypto/hmac-lanes.ts";
import { copyAddress6, load32, load64 } from "../memory/bytes.ts";
import { INSTANCE_HMAC, INSTANCE_KEY, Instance } from "../memory/records.ts";

/** The prefix is assembled behind the scratch memory that the HMAC itself uses. */
const PREFIX: usize = (SCRATCH_OFFSET as usize) + 1024;

/** Call it when the memory has been cleared. */
export function prepareLanes(): void {
  if (ASC_FEATURE_SIMD) lanes.prepareLanes(LANES_OFFSET);
}

/** Saves the instance's HMAC anew; call it when key, VHID or addresses have changed. */
export function prepare(instance: Instance): void {
  forget(instance);
  const record = changetype<usize>(instance);
  const length4 = (instance.count4 as usize) << 2;
  const length6 = (instance.count6 as usize) << 4;
  store<u8>(PREFIX, 0x02);
  store<u8>(PREFIX, 0x01, 1);
  store<u8>(PREFIX, instance.vhid, 2);
  memory.copy(PREFIX + 3, record + INSTANCE_ADDRESSES4, length4);
  memory.copy(PREFIX + 3 + length4, record + INSTANCE_ADDRESSES6, length6);
  save(
    record + INSTANCE_HMAC,
    record + INSTANCE_KEY,
    instance.keyLength,
    PREFIX,
    3 + length4 + length6,
    SCRATCH_OFFSET,
  );
}

/** Wipes what the lanes hold of an instance, whose record the caller changes or wipes. */
export function forget(instance: Instance): void {
  if (ASC_FEATURE_SIMD) lanes.forgetLanes(LANES_OFFSET, changetype<usize>(instance) + INSTANCE_HMAC);
}

/** Whether the 20 bytes at `digest` authenticate the 8 bytes at `counter` for this instance. Constant time. */
export function verifies(instance: Instance, counter: usize, digest: usize): bool {
  const computed = (SCRATCH_OFFSET as usize) + HMAC_SCRATCH_SIZE;
  finish(changetype<usize>(instance) + INSTANCE_HMAC, counter, computed, SCRATCH_OFFSET);
  return sameDigest(computed, digest);
}

/** Whether the lane is this instance's. */
export function holdsLane(instance: Instance, lane: u32): bool {
  return lanes.holds(LANES_OFFSET, lane, changetype<usize>(instance) + INSTANCE_HMAC);
}

/** Makes the lane this instance's, or returns false where its packets are to be verified one by one. */
export function takeLane(instance: Instance, lane: u32): bool {
  const saved = changetype<usize>(instance) + INSTANCE_HMAC;
  if (!fitsLanes(saved)) return false;
  lanes.fillLane(LANES_OFFSET, lane, saved);
  return true;
}

/** Lays the 8 bytes at `counter` and the 20 at `digest` into a lane that is the instance's. */
export function placeInLane(lane: u32, counter: usize, digest: usize): void {
  lanes.placeMessage(LANES_OFFSET, lane, counter, digest);
}

/** Verifies what lies in the lanes: a bit for each lane whose digest authenticates its counter. Constant time. */
export function verifyLanes(): u32 {
  lanes.finishLanes(LANES_OFFSET);
  return lanes.matchingLanes(LANES_OFFSET);
}

/** Writes the digest of the 8 bytes at `counter`. */
export function sign(instance: Instance, counter: usize, digest: usize): void {
  finish(changetype<usize>(instance) + INSTANCE_HMAC, counter, digest, SCRATCH_OFFSET);
}

/** Takes the pass phrase; trailing zero bytes do not matter (protocol §2.1). */
export function setKey(instance: Instance, key: usize, length: u32): void {
  memory.fill(changetype<usize>(instance) + INSTANCE_KEY, 0, KEY_CAPACITY);
  memory.copy(changetype<usize>(instance) + INSTANCE_KEY, key, length);
  instance.keyLength = length as u8;
}

/**
 * Takes the addresses, sorted and each once, and tells whether the set differs from the one before. The source
 * lists are in any order; their lengths were checked.
 */
export function setAddresses(
  instance: Instance,
  list4: usize,
  length4: u32,
  list6: usize,
  length6: u32,
): bool {
  const record = changetype<usize>(instance);
  const sorted4 = PREFIX;
  const count4 = sort4(sorted4, list4, length4);
  let changed =
    count4 != instance.count4 || memory.compare(record + INSTANCE_ADDRESSES4, sorted4, count4 << 2) != 0;
  memory.copy(record + INSTANCE_ADDRESSES4, sorted4, count4 << 2);
  instance.count4 = count4 as u16;
  const sorted6 = PREFIX;
  const count6 = sort6(sorted6, list6, length6);
  changed =
    changed ||
    count6 != instance.count6 ||
    memory.compare(record + INSTANCE_ADDRESSES6, sorted6, count6 << 4) != 0;
  memory.copy(record + INSTANCE_ADDRESSES6, sorted6, count6 << 4);
  instance.count6 = count6 as u16;
  return changed;
}

/** Whether one of the virtual addresses of the family is the one at `address`. */
export function holds(instance: Instance, family: u32, address: usize): bool {
  const record = changetype<usize>(instance);
  if (family == 4) {
    for (let i: usize = 0; i < (instance.count4 as usize); i++) {
      if (load<u32>(record + INSTANCE_ADDRESSES4 + (i << 2)) == load<u32>(address)) return true;
    }
    return false;
  }
  for (let i: usize = 0; i < (instance.count6 as usize); i++) {
    if (memory.compare(record + INSTANCE_ADDRESSES6 + (i << 4), address, 16) == 0) return true;
  }
  return false;
}

/** Insertion sort by unsigned value; returns how many are distinct. */
function sort4(sorted: usize, list: usize, length: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const address = list + ((i as usize) << 2);
    const value = load32(address);
    let at = count;
    while (at > 0 && load32(sorted + (((at - 1) as usize) << 2)) > value) at--;
    if (at > 0 && load32(sorted + (((at - 1) as usize) << 2)) == value) continue;
    const place = sorted + ((at as usize) << 2);
    memory.copy(place + 4, place, (count - at) << 2);
    store<u32>(place, load<u32>(address));
    count++;
  }
  return count;
}

function sort6(sorted: usize, list: usize, length: u32): u32 {
  let count: u32 = 0;
  for (let i: u32 = 0; i < length; i++) {
    const address = list + ((i as usize) << 4);
    if (isLinkLocal(address)) store<u16>(address, 0, 2);
    let at = count;
    while (at > 0 && memory.compare(sorted + (((at - 1) as usize) << 4), address, 16) > 0) at--;
    if (at > 0 && memory.compare(sorted + (((at - 1) as usize) << 4), address, 16) == 0) continue;
    const place = sorted + ((at as usize) << 4);
    memory.copy(place + 16, place, (count - at) << 4);
    copyAddress6(place, address);
    count++;
  }
  return count;
}

/** fe80::/10, and multicast of interface or link-local scope, whose bytes 2 and 3 kernels use for the scope. */
function isLinkLocal(address: usize): bool {
  const high = load64(address);
  return high >> 54 == 0x3fa || (high >> 56 == 0xff && ((high >> 48) & 15) - 1 < 2);
}

if (1024 + 3 + 4 * ADDRESS_CAPACITY + 16 * ADDRESS_CAPACITY > SCRATCH_SIZE)
  ERROR("the scratch memory is too small");
if (lanes.LANES_SCRATCH_SIZE > (LANES_SIZE as usize)) ERROR("the lanes' scratch memory is too small");
