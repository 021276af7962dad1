/* What every load and store of the translated core passes. Put before the source that wasm2c has made. */
#ifndef GUARD_H
#define GUARD_H
#include <stdint.h>

/* No access may touch `guard_span` bytes from `guard_begin` on: what lies behind a frame in its slot. */
extern uint64_t guard_begin, guard_span;
void guard_fault(uint64_t address, uint64_t length) __attribute__((noreturn, cold));

/* An access that only reaches across `guard_begin` is one too, even where nothing is left behind the frame. */
#define GUARDED(mem, a, length)                                                                     \
  if (UNLIKELY((a) + (uint64_t)(length) > (mem)->size ||                                            \
               (a) + (uint64_t)(length)-1 - guard_begin < guard_span + (uint64_t)(length)-1))       \
    guard_fault(a, length);

#endif
