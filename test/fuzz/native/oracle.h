/* The receive path once more, in C (protocol §3.1), fast enough to stand beside the core in every execution. */
#ifndef ORACLE_H
#define ORACLE_H
#include "core.h"

struct judgement {
  uint8_t verdict, family;
  uint16_t instance, carp_offset;
};

/* Digests what is the same in every packet of a virtual host, once. */
void oracle_start(void);
struct judgement oracle_judge(const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type, bool allow);
/* The statistic that counts a verdict beside ipackets, or -1. */
int oracle_statistic(uint8_t verdict);
/* Makes the checksums right, and with `host` the digest: as far as the headers are there. */
void oracle_mend(uint8_t *frame, unsigned length, const struct host *host);
void oracle_digest(const struct host *host, const uint8_t counter[8], uint8_t digest[20]);
const struct host *oracle_find(uint8_t interface, uint8_t vhid);
uint16_t oracle_checksum(const uint8_t *bytes, unsigned length);

#endif
