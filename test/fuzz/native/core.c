/* The run-time support that a module of wasm2c needs, made so that a trap is an abort with the trap's own stack. */
#include "core.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

Z_carp_instance_t core;
uint64_t guard_begin = UINT64_MAX / 2;
uint64_t guard_span = 0;

void guard_fault(uint64_t address, uint64_t length) {
  fprintf(stderr, "the core touches %llu bytes at %llu: ", (unsigned long long)length, (unsigned long long)address);
  fprintf(stderr, "behind the frame, or behind its memory of %u bytes\n", core.w2c_memory.size);
  abort();
}

void broken(const char *what, long long expected, long long found) {
  fprintf(stderr, "%s: expected %lld, found %lld\n", what, expected, found);
  abort();
}

void wasm_rt_trap(wasm_rt_trap_t trap) {
  fprintf(stderr, "the core traps: %d\n", (int)trap);
  abort();
}

bool wasm_rt_is_initialized(void) { return true; }

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) { return params + results; }

/* Pages come into being when they are touched; most of a memory of many virtual hosts never is. */
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t max_pages) {
  memory->pages = pages;
  memory->max_pages = max_pages;
  memory->size = pages * 65536;
  memory->data = mmap(NULL, memory->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory->data == MAP_FAILED) abort();
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { munmap(memory->data, memory->size); }

/* What the run has cost, whoever else used the machine meanwhile. */
static void tell_cost(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const long long user = usage.ru_utime.tv_sec * 1000000ll + usage.ru_utime.tv_usec;
  const long long system = usage.ru_stime.tv_sec * 1000000ll + usage.ru_stime.tv_usec;
  fprintf(stderr, "cpu_microseconds: %lld\n", user + system);
}

void core_start(void) {
  atexit(tell_cost);
  Z_carp_init_module();
  Z_carp_instantiate(&core);
  if (Z_carpZ_abiVersion(&core) != ABI_ABI_VERSION) broken("ABI version", ABI_ABI_VERSION, Z_carpZ_abiVersion(&core));
  if (Z_carpZ_selftest(&core) != 0) broken("self-test", 0, Z_carpZ_selftest(&core));
  core_reset();
}

void core_reset(void) {
  Z_carpZ_reset(&core, START, COUNTER_BASE);
  for (unsigned i = 0; i < setup_command_count; i++) {
    memcpy(at(ABI_COMMAND_OFFSET), setup_commands[i], ABI_COMMAND_SIZE);
    const unsigned result = Z_carpZ_handleCommand(&core, START);
    if (result != ABI_CommandResult_Ok) broken("command of the set-up", i, result);
  }
  Z_carpZ_pollEvents(&core);
}

void guard_frame(unsigned slot, const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type) {
  uint8_t *place = slot_at(slot);
  memset(place, 0xee, ABI_RECEIVE_FRAME);
  put16(place + ABI_RECEIVE_CAPTURED_LENGTH, length);
  put16(place + ABI_RECEIVE_WIRE_LENGTH, length);
  place[ABI_RECEIVE_INTERFACE] = interface;
  place[ABI_RECEIVE_PACKET_TYPE] = type;
  memcpy(place + ABI_RECEIVE_FRAME, frame, length);
  guard_begin = ABI_RECEIVE_OFFSET + (uint64_t)slot * ABI_RECEIVE_SLOT_SIZE + ABI_RECEIVE_FRAME + length;
  guard_span = ABI_RECEIVE_FRAME_CAPACITY - length;
}

void guard_off(void) {
  guard_begin = UINT64_MAX / 2;
  guard_span = 0;
}
