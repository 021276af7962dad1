/* The translated core, its memory, and the virtual hosts that a target works with. */
#ifndef CORE_H
#define CORE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "abi.h"
#include "carp.h"
#include "guard.h"

/* One virtual host of the set-up: addresses in the order in which they are digested. */
struct host {
  uint8_t interface, vhid, flags, key_length;
  uint16_t count4, count6;
  uint8_t key[20];
  uint8_t addresses4[64][4];
  uint8_t addresses6[64][16];
};

/* Made by build.mjs from setup.mjs. */
extern const struct host hosts[];
extern const unsigned host_count;
extern const uint8_t (*const setup_commands)[ABI_COMMAND_SIZE];
extern const unsigned setup_command_count;

extern Z_carp_instance_t core;

#define SECOND 1000000000ull
#define START (1000 * SECOND)
#define COUNTER_BASE 0x6553f10000000000ull

static inline uint8_t *at(uint64_t offset) { return core.w2c_memory.data + offset; }
static inline uint8_t *instance_at(unsigned index) {
  return at(ABI_INSTANCES_OFFSET + (uint64_t)index * ABI_INSTANCE_SIZE);
}
static inline uint8_t *slot_at(unsigned index) {
  return at(ABI_RECEIVE_OFFSET + (uint64_t)index * ABI_RECEIVE_SLOT_SIZE);
}
static inline uint16_t get16(const uint8_t *bytes) { uint16_t value; memcpy(&value, bytes, 2); return value; }
static inline uint64_t get64(const uint8_t *bytes) { uint64_t value; memcpy(&value, bytes, 8); return value; }
static inline void put16(uint8_t *bytes, uint16_t value) { memcpy(bytes, &value, 2); }
static inline void put32(uint8_t *bytes, uint32_t value) { memcpy(bytes, &value, 4); }

/* Starts the core, once, and makes the set-up. */
void core_start(void);
/* Forgets everything in it and makes the set-up anew. */
void core_reset(void);
/* Lays a frame into a slot; nothing that is behind it may be touched until guard_off. */
void guard_frame(unsigned slot, const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type);
void guard_off(void);
/* Tells what is wrong, with values, and aborts. */
void broken(const char *what, long long expected, long long found) __attribute__((noreturn, cold));

#endif
