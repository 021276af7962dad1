/*
 * One received frame of the EtherType FUZZ_TYPE. The first byte of the input says how it comes in: the packet type, the
 * interface, whether CARP is not allowed, whether the checksums are made right, and the digest as well.
 *
 * The verdict, the family, the instance and the header's place are the oracle's; nothing behind the frame is touched; a
 * frame that is dropped changes nothing but its counters (reliability invariant S8).
 */
#include "core.h"
#include "oracle.h"

/* What is noted of packets that are not authentic. */
#define CONFLICT_BYTES 24
#define STATISTICS_BYTES (ABI_STATISTIC_COUNT * 8)
/* Settings and statistics of the host lie side by side. */
#define HOST_BYTES (ABI_STATISTICS_OFFSET - ABI_SETTINGS_OFFSET + STATISTICS_BYTES)

static uint8_t *before;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc, (void)argv;
  core_start();
  oracle_start();
  /* No counter is remembered, or there were more to take back after each execution. */
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_REPLAY] = ABI_Replay_Off;
  before = malloc(ABI_STATIC_DATA_OFFSET);
  memcpy(before, at(0), ABI_STATIC_DATA_OFFSET);
  return 0;
}

static void expect_same(const char *what, uint64_t offset, unsigned length) {
  if (memcmp(at(offset), before + offset, length) != 0) broken(what, 0, (long long)offset);
}

static void expect_judgement(const struct judgement *expected) {
  const uint8_t *slot = slot_at(0);
  const uint16_t instance = get16(slot + ABI_RECEIVE_INSTANCE), offset = get16(slot + ABI_RECEIVE_CARP_OFFSET);
  if (slot[ABI_RECEIVE_VERDICT] != expected->verdict) broken("verdict", expected->verdict, slot[ABI_RECEIVE_VERDICT]);
  if (slot[ABI_RECEIVE_FAMILY] != expected->family) broken("family", expected->family, slot[ABI_RECEIVE_FAMILY]);
  if (instance != expected->instance) broken("instance", expected->instance, instance);
  if (offset != expected->carp_offset) broken("CARP offset", expected->carp_offset, offset);
}

/* Each statistic at `offset` has grown as the verdict says. */
static void expect_counted(const struct judgement *judged, const uint8_t *frame, uint64_t offset) {
  for (unsigned i = 0; i < ABI_STATISTIC_COUNT; i++) {
    const uint64_t grown = get64(at(offset + 8 * i)) - get64(before + offset + 8 * i);
    if (grown != oracle_counted(judged, frame, i)) broken("statistic", i, (long long)grown);
  }
}

static void expect_effects(const struct judgement *judged, const uint8_t *frame) {
  expect_counted(judged, frame, ABI_STATISTICS_OFFSET);
  if (judged->verdict == ABI_Verdict_Ok) return;
  expect_same("settings after a drop", ABI_SETTINGS_OFFSET, ABI_SETTINGS_SIZE);
  if (judged->instance == ABI_NO_INSTANCE) return;
  const uint64_t record = ABI_INSTANCES_OFFSET + (uint64_t)judged->instance * ABI_INSTANCE_SIZE;
  const unsigned rest = ABI_INSTANCE_STATISTICS + STATISTICS_BYTES, stranger = ABI_INSTANCE_CONFLICT + CONFLICT_BYTES;
  expect_counted(judged, frame, record + ABI_INSTANCE_STATISTICS);
  if (judged->verdict != ABI_Verdict_BadAuth) expect_same("conflict after a drop", record + ABI_INSTANCE_CONFLICT, CONFLICT_BYTES);
  expect_same("record after a drop", record, ABI_INSTANCE_CONFLICT);
  expect_same("record after a drop", record + stranger, ABI_INSTANCE_STATISTICS - stranger);
  expect_same("record after a drop", record + rest, ABI_INSTANCE_SIZE - rest);
}

static void restore(uint64_t offset, unsigned length) { memcpy(at(offset), before + offset, length); }

static void restore_all(const struct judgement *judged) {
  restore(ABI_SETTINGS_OFFSET, HOST_BYTES);
  if (judged->instance == ABI_NO_INSTANCE) return;
  restore(ABI_INSTANCES_OFFSET + (uint64_t)judged->instance * ABI_INSTANCE_SIZE, ABI_INSTANCE_SIZE);
  if (judged->verdict != ABI_Verdict_Ok) return;
  restore(ABI_HEAP_OFFSET, 2 * 64);
  restore(ABI_OUTBOX_OFFSET, 2 * 64);
  for (unsigned i = 0; i < host_count; i++) restore(ABI_INSTANCES_OFFSET + (uint64_t)i * ABI_INSTANCE_SIZE, ABI_INSTANCE_CONFLICT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  uint8_t frame[ABI_RECEIVE_FRAME_CAPACITY];
  const uint8_t how = data[0], type = how & 7, interface = how >> 3 & 3;
  const unsigned length = size - 1 < sizeof frame ? (unsigned)size - 1 : sizeof frame;
  const bool allow = (how & 0x20) == 0;
  memcpy(frame, data + 1, length);
  if (length >= 14) frame[12] = FUZZ_TYPE >> 8, frame[13] = FUZZ_TYPE & 0xff;
  if (how & 0x40) {
    const unsigned header = FUZZ_TYPE == 0x0800 && length > 14 ? 14 + 4u * (frame[14] & 15) : 54;
    oracle_mend(frame, length, (how & 0x80) && length > header + 1 ? oracle_find(interface, frame[header + 1]) : NULL);
  }
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_ALLOW] = allow;
  struct judgement expected = oracle_judge(frame, length, interface, type, allow);
  guard_frame(0, frame, length, interface, type);
  Z_carpZ_verifyFrames(&core, 1);
  expect_judgement(&expected);
  Z_carpZ_handleFrames(&core, START, 1);
  guard_off();
  /* Nothing was sent before. */
  const uint8_t *own = at(ABI_INTERFACES_OFFSET + (uint64_t)interface * ABI_INTERFACE_SIZE);
  if (expected.verdict == ABI_Verdict_Ok && !oracle_possible(frame, expected.family, own + ABI_INTERFACE_SOURCE4, own + ABI_INTERFACE_SOURCE6))
    expected.verdict = ABI_Verdict_BadSource;
  expect_judgement(&expected);
  at(ABI_SETTINGS_OFFSET)[ABI_SETTINGS_ALLOW] = 1;
  expect_effects(&expected, frame);
  restore_all(&expected);
  return 0;
}
