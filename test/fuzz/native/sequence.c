/*
 * A life of the core: frames that are authentic, or nearly, or come again; time that passes, or is met exactly; commands;
 * answers; errors of sending. After every step, what must always hold does (world.c).
 */
#include "world.h"

static const uint8_t *input, *input_end;

static unsigned take(void) { return input < input_end ? *input++ : 0; }
static unsigned take16(void) {
  const unsigned high = take();
  return high << 8 | take();
}

/* Virtual hosts that can be heard: any of the world's, chosen by a byte. */
static const struct known *any_known(unsigned choice) {
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    const struct known *known = &world[(choice + i) % MOST_INSTANCES];
    if (known->in_use) return known;
  }
  return NULL;
}

static uint8_t recent[8][ABI_RECEIVE_FRAME_CAPACITY];
static struct { uint16_t length; uint8_t interface; } recent_facts[8];
static unsigned recent_count;

static void remember(const uint8_t *frame, unsigned length, uint8_t interface) {
  const unsigned place = recent_count++ % 8;
  memcpy(recent[place], frame, length);
  recent_facts[place].length = length;
  recent_facts[place].interface = interface;
}

/* A counter as one of the kinds that peers send. */
static uint64_t any_counter(const struct known *known) {
  static uint64_t constant = 0x0123456789abcdef;
  const uint64_t clock = COUNTER_BASE + ((now / SECOND) << 32) + (now % SECOND) * 4294967296ull / SECOND;
  const unsigned kind = take();
  switch (kind % 8) {
    case 0: return constant;
    case 1: return clock;
    case 2: return clock + ((uint64_t)take16() << 26);
    case 3: return clock - ((uint64_t)take16() << 26);
    case 4: return get64(instance_at(known - world) + ABI_INSTANCE_PEER_COUNTER) + 1;
    case 5: return known->last_sent + (take() & 1);
    case 6: return (uint64_t)take16() << 48 | take16();
    default: return clock + ((uint64_t)take() << 32);
  }
}

static unsigned compose(const struct known *known, uint8_t *frame) {
  static const uint8_t head4[34] = {1, 0, 0x5e, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, 0, 8, 0, 0x45, 0xe0, 0, 56, 0, 0, 0x40, 0, 255, 112, 0, 0, 10, 0, 0, 2, 0xe0, 0, 0, 18};
  static const uint8_t head6[54] = {0x33, 0x33, 0, 0, 0, 0x12, 0, 0, 0x5e, 0, 1, 0, 0x86, 0xdd, 0x6e, 0, 0, 0, 0, 36, 112, 255, 0xfe, 0x80, [37] = 2, [38] = 0xff, 2, [53] = 0x12};
  const unsigned how = take();
  const bool is4 = known->host.count6 == 0 || (known->host.count4 > 0 && (how & 1));
  const unsigned header = is4 ? sizeof head4 : sizeof head6;
  memcpy(frame, is4 ? head4 : head6, header);
  frame[is4 ? 29 : 37] = 2 + (how >> 1 & 3);
  uint8_t *carp = frame + header;
  const uint8_t start[8] = {0x21, known->host.vhid, take(), 7, 0, take(), 0, 0};
  memcpy(carp, start, 8);
  if (how & 0x40) carp[2] = carp[5] = 255;
  const uint64_t counter = any_counter(known);
  for (unsigned i = 0; i < 8; i++) carp[8 + i] = (uint8_t)(counter >> (56 - 8 * i));
  oracle_mend(frame, header + 36, &model[known - world]);
  return header + 36;
}

/* Lays up to eight frames and takes them in as one batch. */
static void hear(unsigned op) {
  const unsigned count = 1 + (op >> 6);
  unsigned laid = 0;
  for (unsigned i = 0; i < count && laid < 8; i++) {
    uint8_t frame[ABI_RECEIVE_FRAME_CAPACITY];
    const struct known *known = any_known(take());
    if (known == NULL) return;
    unsigned length = compose(known, frame), how = take();
    for (unsigned patches = how & 3; patches > 0; patches--) {
      const unsigned at = take() % length;
      frame[at] = take();
    }
    if (how & 4) length = take() % (length + 1);
    if (how & 8) oracle_mend(frame, length, NULL);
    const uint8_t interface = how & 0x80 ? take() & 15 : known->host.interface;
    world_lay(laid++, frame, length, interface, how & 0x40 ? take() : 2);
    remember(frame, length, interface);
  }
  world_frames(laid);
}

/* What was heard, or sent by the core itself, comes again: as it was, or with another interval or source. */
static void replay(void) {
  uint8_t frame[ABI_RECEIVE_FRAME_CAPACITY];
  const unsigned how = take(), which = take();
  unsigned length;
  uint8_t interface;
  if (how & 1) {
    const struct known *known = any_known(which);
    if (known == NULL) return;
    length = world_last_sent(known - world, frame);
    interface = known->host.interface;
  } else {
    if (recent_count == 0) return;
    length = recent_facts[which % 8 % recent_count].length;
    interface = recent_facts[which % 8 % recent_count].interface;
    memcpy(frame, recent[which % 8 % recent_count], length);
  }
  if (length < 70) return;
  if (how & 2) frame[29] = take();
  if (how & 4) frame[length - 36 + 2] = take(), frame[length - 36 + 5] = take();
  if (how & 6) oracle_mend(frame, length, NULL);
  world_lay(0, frame, length, interface, 2);
  world_frames(1);
}

static void wait(void) {
  static const uint64_t scales[8] = {1, 1000, 1000000, 10000000, 100000000, SECOND, 60 * SECOND, 3600 * SECOND};
  const unsigned how = take();
  world_timeout(now + scales[how & 7] * (1 + (how >> 3) + (take() & 1)));
}

static void meet_deadline(void) {
  const uint64_t next = Z_carpZ_pollTimeout(&core);
  if (next > now + 100000 * SECOND) return;
  const unsigned late = take();
  world_timeout(next + late * (late & 1 ? 1000ull : 20000000ull));
}

static void answer(unsigned op) {
  for (unsigned i = 0; i < MOST_INSTANCES; i++) {
    if (!world[i].in_use || !world[i].asked) continue;
    world_simple_command(op & 0x80 ? ABI_Command_ApplyFailed : ABI_Command_Applied, &world[i], 0);
    if (op & 0x40) return;
  }
}

static void set_option(void) {
  const unsigned option = take() % 9, value = take();
  uint8_t *command = at(ABI_COMMAND_OFFSET);
  memset(command, 0, 32);
  command[ABI_COMMAND_KIND] = ABI_Command_SetOption;
  command[ABI_COMMAND_FIELDS] = option;
  put32(command + ABI_COMMAND_VALUE, option == ABI_Option_Allow || option == ABI_Option_Preempt ? value & 1 : value & 0x80 ? (uint32_t)(int8_t)value : value & 3);
  world_command();
}

/* A command record of the input's bytes, but for interfaces and VHIDs, of which there are to be few. */
static void any_command(void) {
  uint8_t *command = at(ABI_COMMAND_OFFSET);
  const unsigned kind = take();
  for (unsigned i = 0; i < ABI_COMMAND_SIZE && i < 104; i++) command[i] = take();
  for (unsigned i = 104; i < ABI_COMMAND_SIZE; i++) command[i] = (uint8_t)(command[i - 7] + 37);
  command[ABI_COMMAND_KIND] = kind % 15;
  command[ABI_COMMAND_INTERFACE] = command[ABI_COMMAND_INTERFACE] & 0x40 ? 16 + (kind & 3) : command[ABI_COMMAND_INTERFACE] & 3;
  if (command[ABI_COMMAND_KIND] == ABI_Command_SetVirtualHost) command[ABI_COMMAND_VHID] %= 7;
  if (command[ABI_COMMAND_COUNT4] <= 66) command[ABI_COMMAND_COUNT4 + 1] = 0;
  if (command[ABI_COMMAND_COUNT6] <= 66) command[ABI_COMMAND_COUNT6 + 1] = 0;
  if (command[ABI_COMMAND_KIND] == ABI_Command_AdvanceCounters) command[ABI_COMMAND_ENTROPY + 7] &= 0x7f;
  world_command();
}

static void simple_command(unsigned op) {
  static const uint8_t kinds[8] = {ABI_Command_SetState, ABI_Command_SetState, ABI_Command_Leave, ABI_Command_LeaseExpired, ABI_Command_ApplyFailed, ABI_Command_RemoveVirtualHost, ABI_Command_SetState, ABI_Command_AddDemotion};
  const struct known *known = any_known(take());
  if (known == NULL) return;
  const uint8_t kind = kinds[op >> 5];
  const int32_t value = kind == ABI_Command_SetState ? (op >> 5 == 1 ? ABI_State_Backup : ABI_State_Master) : kind == ABI_Command_AddDemotion ? (int8_t)take() * 4 : 0;
  world_simple_command(kind, known, value);
}

static void set_link(void) {
  static uint8_t command[ABI_COMMAND_SIZE];
  const unsigned how = take();
  command[ABI_COMMAND_KIND] = ABI_Command_SetInterface;
  command[ABI_COMMAND_INTERFACE] = how & 3;
  command[ABI_COMMAND_FLAGS] = how >> 2 & 7;
  command[ABI_COMMAND_MAC] = 2;
  memcpy(command + ABI_COMMAND_SOURCE4, (const uint8_t[]){10, 0, 0, 1}, 4);
  memcpy(command + ABI_COMMAND_SOURCE6, (const uint8_t[]){0xfe, 0x80}, 2);
  memcpy(at(ABI_COMMAND_OFFSET), command, sizeof command);
  world_command();
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  world_start();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  input = data, input_end = data + size;
  recent_count = 0;
  world_reset();
  const unsigned how = take();
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_PREEMPT] = how & 1;
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_REPLAY] = (how >> 1 & 3) % 3;
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_LEASE] = how >> 3 & 1;
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_FRESHNESS] = how & 0x10 ? 5 : 0;
  for (unsigned steps = 0; input < input_end && steps < 32; steps++) {
    const unsigned op = take();
    switch (ONLY_COMMANDS ? 5 + op % 2 : op % 12) {
      case 0: case 1: hear(op); break;
      case 2: replay(); break;
      case 3: wait(); break;
      case 4: meet_deadline(); break;
      case 5: any_command(); break;
      case 6: simple_command(op); break;
      case 7: set_option(); break;
      case 8: set_link(); break;
      default: meet_deadline(); break;
    }
    if (!(how & 0x20)) answer(0);
    else if (op % 12 == 9) answer(op);
    world_send(how & 0x40 && (op & 0x10) ? 105 : 0);
    world_check();
  }
  return 0;
}
