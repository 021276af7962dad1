/* What a stateful target knows of the core from the outside: its virtual hosts, what it was told, and what it has said. */
#ifndef WORLD_H
#define WORLD_H
#include "oracle.h"

/* Instances that a target may make, and own counters of each that it remembers. */
#define MOST_INSTANCES 32
#define SENT_REMEMBERED 512

struct known {
  struct host host;
  bool in_use;
  uint8_t state;
  /* An Apply waits for its answer; the addresses are in place. */
  bool asked, held;
  uint64_t last_sent;
  uint64_t sent[SENT_REMEMBERED];
  unsigned sent_count;
};

extern struct known world[MOST_INSTANCES];
extern uint64_t now;

void world_start(void);
/* Brings the core and the world back to the set-up. */
void world_reset(void);
/* Takes the events, answers nothing, and holds them against what is known. */
void world_take_events(void);
/* Sends what there is to send, with this errno, and holds every frame against the oracle. */
void world_send(int32_t error);
/* What must hold whenever the core has returned. */
void world_check(void);
/* Calls that advance the clock. */
void world_timeout(uint64_t until);
/* Carries out the record that lies in the core's memory, and takes note of what it changes. */
unsigned world_command(void);
unsigned world_simple_command(uint8_t kind, const struct known *known, int32_t value);
/* Takes in `count` frames that were laid into the first slots. */
void world_frames(unsigned count);
void world_lay(unsigned slot, const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type);
/* The last frame that the core has sent for an instance, 0 bytes where there was none. */
unsigned world_last_sent(unsigned index, uint8_t frame[ABI_RECEIVE_FRAME_CAPACITY]);
const struct known *world_find(uint8_t interface, uint8_t vhid);

#endif
