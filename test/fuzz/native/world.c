#include "world.h"

#include <stdlib.h>

#define STATISTICS_BYTES (ABI_STATISTIC_COUNT * 8)
#define NEVER INT64_MAX

struct known world[MOST_INSTANCES];
uint64_t now;

static uint8_t *snapshot;
static struct known snapshot_world[MOST_INSTANCES];
static uint64_t counted[ABI_STATISTIC_COUNT];
static struct { uint16_t length; uint8_t bytes[128]; } last_frames[MOST_INSTANCES];
/* The frames of the batch that is about to be taken in. */
static struct { uint16_t length; uint8_t interface, type, bytes[ABI_RECEIVE_FRAME_CAPACITY]; } batch[16];

static uint8_t *record_of(unsigned index) { return instance_at(index); }
static int64_t get_i64(const uint8_t *bytes) { return (int64_t)get64(bytes); }

static unsigned index_at(uint8_t interface, uint8_t vhid) {
  const unsigned entry = get16(at(ABI_LOOKUP_OFFSET + 2 * ((unsigned)interface * 256 + vhid)));
  return entry == 0 ? ABI_NO_INSTANCE : entry - 1;
}

const struct known *world_find(uint8_t interface, uint8_t vhid) {
  for (unsigned i = 0; i < MOST_INSTANCES; i++)
    if (world[i].in_use && world[i].host.interface == interface && world[i].host.vhid == vhid) return &world[i];
  return NULL;
}

void world_start(void) {
  core_start();
  for (unsigned i = 0; i < host_count; i++) {
    world[i] = (struct known){.host = hosts[i], .in_use = true, .state = record_of(i)[ABI_INSTANCE_STATE]};
  }
  oracle_start();
  memcpy(snapshot_world, world, sizeof world);
  snapshot = malloc(ABI_INSTANCES_OFFSET + MOST_INSTANCES * ABI_INSTANCE_SIZE);
  memcpy(snapshot, at(0), ABI_INSTANCES_OFFSET + MOST_INSTANCES * ABI_INSTANCE_SIZE);
}

void world_reset(void) {
  now = START;
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    uint8_t *counters = at(ABI_COUNTERS_OFFSET + (uint64_t)i * ABI_COUNTERS_SIZE);
    const uint8_t *record = record_of(i), *statistics = record + ABI_INSTANCE_STATISTICS;
    /* The counter record of an instance that is gone was wiped by the core itself. */
    const bool sent = get64(statistics + 8 * ABI_Statistic_opackets) + get64(statistics + 8 * ABI_Statistic_opackets6) > 0;
    const bool heard = get64(statistics + 8 * ABI_Statistic_ipackets) + get64(statistics + 8 * ABI_Statistic_ipackets6) > 0;
    if (sent) memset(counters + ABI_COUNTERS_SENT, 0, 8 * (world[i].sent_count + 1));
    if (heard) memset(counters + ABI_COUNTERS_SEEN, 0, 8 * ABI_SEEN_COUNTER_CAPACITY);
    if (memcmp(&world[i].host, &snapshot_world[i].host, sizeof world[i].host) != 0) {
      model[i] = snapshot_world[i].host;
      oracle_prepare(i);
    }
  }
  memcpy(at(ABI_SETTINGS_OFFSET), snapshot + ABI_SETTINGS_OFFSET, ABI_RECEIVE_OFFSET - ABI_SETTINGS_OFFSET);
  memcpy(at(ABI_INSTANCES_OFFSET), snapshot + ABI_INSTANCES_OFFSET, MOST_INSTANCES * ABI_INSTANCE_SIZE);
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    const unsigned kept = offsetof(struct known, sent);
    memcpy(&world[i], &snapshot_world[i], kept);
    world[i].sent_count = 0;
    last_frames[i].length = 0;
  }
  memset(counted, 0, sizeof counted);
}

static void take_transition(struct known *known, const uint8_t *event) {
  const uint8_t from = event[ABI_EVENT_FROM], to = event[ABI_EVENT_TO];
  if (from != known->state) broken("a transition from", known->state, from);
  if (to > ABI_State_Master || from == to) broken("a transition to", from, to);
  if (to == ABI_State_Master && from != ABI_State_Backup) broken("MASTER after", ABI_State_Backup, from);
  if (to == ABI_State_Master && !known->held) broken("MASTER without its addresses", 1, 0);
  if (event[ABI_EVENT_REASON] == ABI_Reason_None || event[ABI_EVENT_REASON] > ABI_Reason_LeaseExpired)
    broken("reason", 1, event[ABI_EVENT_REASON]);
  known->state = to;
}

static void take_event(const uint8_t *event) {
  const uint16_t index = get16(event + ABI_EVENT_INSTANCE);
  const uint8_t kind = event[ABI_EVENT_KIND];
  if (get64(event + ABI_EVENT_TIME) != now) broken("time of an event", now, get64(event + ABI_EVENT_TIME));
  if (kind < ABI_Event_Apply || kind > ABI_Event_Notice) broken("kind of an event", 1, kind);
  if (kind == ABI_Event_Demotion) return;
  if (index >= MOST_INSTANCES || !world[index].in_use) broken("instance of an event", 0, index);
  struct known *known = &world[index];
  if (event[ABI_EVENT_VHID] != known->host.vhid) broken("VHID of an event", known->host.vhid, event[ABI_EVENT_VHID]);
  switch (kind) {
    case ABI_Event_Apply:
      if (known->state != ABI_State_Backup || known->asked) broken("Apply in state", ABI_State_Backup, known->state);
      known->asked = true;
      break;
    case ABI_Event_Withdraw:
      if (!known->held && !known->asked) broken("Withdraw of nothing", 1, 0);
      known->held = known->asked = false;
      break;
    case ABI_Event_Transition: take_transition(known, event); break;
    case ABI_Event_Renew:
      if (known->state != ABI_State_Master) broken("Renew in state", ABI_State_Master, known->state);
      break;
    default: break;
  }
}

void world_take_events(void) {
  const unsigned count = Z_carpZ_pollEvents(&core);
  if (count > ABI_EVENT_CAPACITY) broken("events", ABI_EVENT_CAPACITY, count);
  for (unsigned i = 0; i < count; i++) take_event(at(ABI_EVENTS_OFFSET + (uint64_t)i * ABI_EVENT_SIZE));
}

static uint64_t counter_of(const uint8_t *carp) {
  uint64_t counter = 0;
  for (unsigned i = 8; i < 16; i++) counter = counter << 8 | carp[i];
  return counter;
}

static void take_advertisement(unsigned index, const uint8_t *frame, unsigned length, uint8_t interface) {
  struct known *known = &world[index];
  const uint8_t *record = record_of(index), *carp = frame + length - 36;
  /* Peers may be anywhere: what is sent to them must pass every check, but for the family's own of the receiver. */
  const struct judgement judged = oracle_judge(frame, length, interface, 2, true);
  if (judged.verdict != ABI_Verdict_Ok) broken("what is sent is not valid", ABI_Verdict_Ok, judged.verdict);
  if (judged.instance != index) broken("instance of what is sent", index, judged.instance);
  const int64_t skew = (int64_t)record[ABI_INSTANCE_ADVSKEW] + (int32_t)(uint32_t)get64(at(ABI_SETTINGS_OFFSET + ABI_SETTINGS_DEMOTION));
  const int effective = skew < 0 ? 0 : skew > 240 ? 240 : (int)skew;
  const bool bows_out = carp[2] == 255 && carp[5] == 255;
  if (!bows_out && carp[2] != effective) broken("advskew sent", effective, carp[2]);
  if (!bows_out && carp[5] != record[ABI_INSTANCE_ADVBASE]) broken("advbase sent", record[ABI_INSTANCE_ADVBASE], carp[5]);
  const uint64_t counter = counter_of(carp);
  if (counter <= known->last_sent) broken("counter not above the last", (long long)known->last_sent, (long long)counter);
  known->last_sent = counter;
  known->sent[known->sent_count++ % SENT_REMEMBERED] = counter;
  last_frames[index].length = length;
  memcpy(last_frames[index].bytes, frame, length);
}

void world_send(int32_t error) {
  for (unsigned rounds = 0;; rounds++) {
    const unsigned count = Z_carpZ_pollTransmit(&core);
    if (count == 0) return;
    if (count > ABI_TRANSMIT_CAPACITY || rounds > 64) broken("frames to send", ABI_TRANSMIT_CAPACITY, count);
    for (unsigned i = 0; i < count; i++) {
      uint8_t *slot = at(ABI_TRANSMIT_OFFSET + (uint64_t)i * ABI_TRANSMIT_SLOT_SIZE);
      const unsigned index = get16(slot + ABI_TRANSMIT_INSTANCE), length = get16(slot + ABI_TRANSMIT_LENGTH);
      if (index >= MOST_INSTANCES || !world[index].in_use) broken("instance of a frame", 0, index);
      if (length > ABI_TRANSMIT_SLOT_SIZE - ABI_TRANSMIT_FRAME) broken("length of a frame", 0, length);
      if (slot[ABI_TRANSMIT_KIND] <= ABI_FrameKind_Advertisement6) {
        take_advertisement(index, slot + ABI_TRANSMIT_FRAME, length, slot[ABI_TRANSMIT_INTERFACE]);
        counted[slot[ABI_TRANSMIT_KIND] == ABI_FrameKind_Advertisement4 ? ABI_Statistic_opackets : ABI_Statistic_opackets6]++;
        if (error != 0) counted[ABI_Statistic_senderrors]++;
      } else if (world[index].state != ABI_State_Master) {
        broken("announced in state", ABI_State_Master, world[index].state);
      }
      put32(slot + ABI_TRANSMIT_ERRNO, (uint32_t)error);
    }
    Z_carpZ_handleSent(&core, now, count);
    world_take_events();
  }
}

void world_check(void) {
  int64_t earliest = NEVER;
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    const uint8_t *record = record_of(i);
    if (record[ABI_INSTANCE_IN_USE] != world[i].in_use) broken("instance in use", world[i].in_use, i);
    if (!world[i].in_use) continue;
    if (record[ABI_INSTANCE_STATE] != world[i].state) broken("state", world[i].state, record[ABI_INSTANCE_STATE]);
    if (record[ABI_INSTANCE_PROMOTING] != world[i].asked) broken("promoting", world[i].asked, record[ABI_INSTANCE_PROMOTING]);
    const int64_t down = get_i64(record + ABI_INSTANCE_MASTER_DOWN_DEADLINE);
    const int64_t advertise = get_i64(record + ABI_INSTANCE_ADVERTISE_DEADLINE);
    if (down < earliest) earliest = down;
    if (advertise < earliest) earliest = advertise;
    const bool is_master = world[i].state == ABI_State_Master;
    if (is_master != world[i].held) broken("addresses held", is_master, world[i].held);
    if (is_master != (advertise != NEVER)) broken("advertisement timer runs", is_master, advertise != NEVER);
    if (world[i].state == ABI_State_Backup && !world[i].asked && down == NEVER) broken("a backup without a timer", 0, i);
    if (world[i].state == ABI_State_Init && down != NEVER) broken("INIT with a timer", 0, i);
  }
  const int64_t next = (int64_t)Z_carpZ_pollTimeout(&core);
  if (next > earliest) broken("next deadline", earliest, next);
  for (unsigned i = 0; i < ABI_STATISTIC_COUNT; i++) {
    const uint64_t found = get64(at(ABI_STATISTICS_OFFSET + 8 * i));
    const bool is_derived = i == ABI_Statistic_latesteps || i == ABI_Statistic_conflicts || i == ABI_Statistic_replaysuspects || i == ABI_Statistic_resyncs;
    if (!is_derived && found != counted[i]) broken("statistic of the host", i, (long long)found);
  }
}

void world_timeout(uint64_t until) {
  if (until > now) now = until;
  Z_carpZ_handleTimeout(&core, until);
  world_take_events();
  const int64_t next = (int64_t)Z_carpZ_pollTimeout(&core);
  if (next <= (int64_t)now) broken("a deadline stays due", (long long)now, next);
}

void world_lay(unsigned slot, const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type) {
  guard_frame(slot, frame, length, interface, type);
  guard_off();
  batch[slot].length = length, batch[slot].interface = interface, batch[slot].type = type;
  memcpy(batch[slot].bytes, frame, length);
}

static bool was_sent(const struct known *known, uint64_t counter) {
  const unsigned count = known->sent_count < SENT_REMEMBERED ? known->sent_count : SENT_REMEMBERED;
  for (unsigned i = 0; i < count; i++)
    if (known->sent[i] == counter) return true;
  return false;
}

/* An authentic frame may still be refused for what came before it. */
static void expect_verdict(unsigned slot, const struct judgement *judged) {
  const uint8_t found = slot_at(slot)[ABI_RECEIVE_VERDICT];
  if (judged->verdict != ABI_Verdict_Ok) {
    if (found != judged->verdict) broken("verdict", judged->verdict, found);
    return;
  }
  const uint8_t *own = at(ABI_INTERFACES_OFFSET + (uint64_t)batch[slot].interface * ABI_INTERFACE_SIZE);
  const struct known *known = &world[judged->instance];
  const bool reflected = was_sent(known, counter_of(batch[slot].bytes + judged->carp_offset));
  if (reflected != (found == ABI_Verdict_Reflected)) broken("reflected", reflected, found);
  if (reflected) return;
  if (!oracle_possible(batch[slot].bytes, judged->family, own + ABI_INTERFACE_SOURCE4, own + ABI_INTERFACE_SOURCE6)) {
    if (found != ABI_Verdict_BadSource) broken("verdict on a source", ABI_Verdict_BadSource, found);
    return;
  }
  const uint8_t replay = at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_REPLAY];
  const bool refused = found == ABI_Verdict_Duplicate || found == ABI_Verdict_Stale || found == ABI_Verdict_Refreshed;
  if (found != ABI_Verdict_Ok && found != ABI_Verdict_BadSource && !(refused && replay == ABI_Replay_Strict))
    broken("verdict on a counter", ABI_Verdict_Ok, found);
}

void world_frames(unsigned count) {
  struct judgement judged[16];
  const bool allow = at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_ALLOW];
  for (unsigned i = 0; i < count; i++)
    judged[i] = oracle_judge(batch[i].bytes, batch[i].length, batch[i].interface, batch[i].type, allow);
  Z_carpZ_handleFrames(&core, now, count);
  for (unsigned i = 0; i < count; i++) {
    expect_verdict(i, &judged[i]);
    judged[i].verdict = slot_at(i)[ABI_RECEIVE_VERDICT];
    for (unsigned k = 0; k < ABI_STATISTIC_COUNT; k++) counted[k] += oracle_counted(&judged[i], batch[i].bytes, k);
  }
  world_take_events();
}

unsigned world_last_sent(unsigned index, uint8_t frame[ABI_RECEIVE_FRAME_CAPACITY]) {
  memcpy(frame, last_frames[index].bytes, last_frames[index].length);
  return last_frames[index].length;
}

static int by_bytes4(const void *one, const void *other) { return memcmp(one, other, 4); }
static int by_bytes16(const void *one, const void *other) { return memcmp(one, other, 16); }

static unsigned distinct(uint8_t *list, unsigned count, unsigned length) {
  qsort(list, count, length, length == 4 ? by_bytes4 : by_bytes16);
  unsigned kept = 0;
  for (unsigned i = 0; i < count; i++)
    if (kept == 0 || memcmp(list + i * length, list + (kept - 1) * length, length) != 0)
      memmove(list + kept++ * length, list + i * length, length);
  return kept;
}

static void note_addresses(struct known *known, const uint8_t *command) {
  const unsigned count4 = get16(command + ABI_COMMAND_COUNT4), count6 = get16(command + ABI_COMMAND_COUNT6);
  memset(known->host.addresses4, 0, sizeof known->host.addresses4);
  memset(known->host.addresses6, 0, sizeof known->host.addresses6);
  memcpy(known->host.addresses4, command + ABI_COMMAND_ADDRESSES4, 4 * count4);
  memcpy(known->host.addresses6, command + ABI_COMMAND_ADDRESSES6, 16 * count6);
  for (unsigned i = 0; i < count6; i++) {
    uint8_t *address = known->host.addresses6[i];
    const uint8_t scope = address[1] & 15;
    if ((address[0] == 0xfe && address[1] >> 6 == 2) || (address[0] == 0xff && (scope == 1 || scope == 2)))
      address[2] = address[3] = 0;
  }
  known->host.count4 = distinct(known->host.addresses4[0], count4, 4);
  known->host.count6 = distinct(known->host.addresses6[0], count6, 16);
  memset(known->host.addresses4[known->host.count4], 0, 4 * (64 - known->host.count4));
  memset(known->host.addresses6[known->host.count6], 0, 16 * (64 - known->host.count6));
}

static void note_parameters(struct known *known, const uint8_t *command) {
  const uint32_t fields = (uint32_t)get64(command + ABI_COMMAND_FIELDS);
  if (fields & ABI_Field_Flags) known->host.flags = command[ABI_COMMAND_FLAGS];
  if (!(fields & ABI_Field_Key)) return;
  known->host.key_length = command[ABI_COMMAND_KEY_LENGTH];
  memset(known->host.key, 0, 20);
  memcpy(known->host.key, command + ABI_COMMAND_KEY, known->host.key_length);
}

static void note_gone(uint8_t interface, int vhid) {
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    if (!world[i].in_use || world[i].host.interface != interface || (vhid >= 0 && world[i].host.vhid != vhid)) continue;
    memset(&world[i], 0, sizeof world[i]);
    model[i] = world[i].host;
  }
}

static void note_changed(unsigned index, uint8_t interface, uint8_t vhid) {
  world[index].in_use = true;
  world[index].host.interface = interface;
  world[index].host.vhid = vhid;
}

unsigned world_command(void) {
  uint8_t command[ABI_COMMAND_SIZE];
  memcpy(command, at(ABI_COMMAND_OFFSET), sizeof command);
  const uint8_t kind = command[ABI_COMMAND_KIND], interface = command[ABI_COMMAND_INTERFACE], vhid = command[ABI_COMMAND_VHID];
  const bool asked = kind == ABI_Command_Applied && world_find(interface, vhid) != NULL && world_find(interface, vhid)->asked;
  const unsigned result = Z_carpZ_handleCommand(&core, now);
  static const uint8_t zero[20];
  if (memcmp(at(ABI_COMMAND_OFFSET + ABI_COMMAND_KEY), zero, 20) != 0) broken("a key stays in the command record", 0, 1);
  if (result > ABI_CommandResult_ValueOutOfRange) broken("result of a command", 0, result);
  unsigned index = interface < ABI_INTERFACE_CAPACITY ? index_at(interface, vhid) : ABI_NO_INSTANCE;
  if (result == ABI_CommandResult_Ok && index < MOST_INSTANCES) {
    if (kind == ABI_Command_SetVirtualHost) note_changed(index, interface, vhid), note_parameters(&world[index], command);
    if (kind == ABI_Command_SetAddresses) note_addresses(&world[index], command);
    if (kind == ABI_Command_SetVirtualHost || kind == ABI_Command_SetAddresses) model[index] = world[index].host, oracle_prepare(index);
    if (asked) world[index].asked = false, world[index].held = true;
  }
  world_take_events();
  if (result == ABI_CommandResult_Ok && kind == ABI_Command_RemoveVirtualHost) note_gone(interface, vhid);
  if (result == ABI_CommandResult_Ok && kind == ABI_Command_RemoveInterface) note_gone(interface, -1);
  return result;
}

unsigned world_simple_command(uint8_t kind, const struct known *known, int32_t value) {
  uint8_t *command = at(ABI_COMMAND_OFFSET);
  memset(command, 0, 32);
  command[ABI_COMMAND_KIND] = kind;
  command[ABI_COMMAND_INTERFACE] = known->host.interface;
  command[ABI_COMMAND_VHID] = known->host.vhid;
  put32(command + ABI_COMMAND_VALUE, (uint32_t)value);
  return world_command();
}
