/* The receive path once more, in C (protocol §3.1), fast enough to stand beside the core in every execution. */
#ifndef ORACLE_H
#define ORACLE_H
#include "core.h"

struct judgement {
  uint8_t verdict, family;
  uint16_t instance, carp_offset;
  /* By the IP header, as soon as the CARP header's place is known. */
  uint16_t payload_length;
};

#define MOST_HOSTS 64

/* The virtual hosts by instance, as the oracle knows them; VHID 0 is none. */
extern struct host model[MOST_HOSTS];

/* Begins with the hosts of the set-up. */
void oracle_start(void);
/* Digests what is the same in every packet of a virtual host; call it when that has changed. */
void oracle_prepare(unsigned index);
struct judgement oracle_judge(const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type, bool allow);
/* Whether another host can have sent an authentic packet, to an interface that has this address. */
bool oracle_possible(const uint8_t *frame, uint8_t family, const uint8_t *own4, const uint8_t *own6);
/* How much a statistic grows by one frame with this verdict. */
unsigned oracle_counted(const struct judgement *judged, const uint8_t *frame, unsigned statistic);
/* Makes the checksums right, and with `host` the digest: as far as the headers are there. */
void oracle_mend(uint8_t *frame, unsigned length, const struct host *host);
void oracle_digest(const struct host *host, const uint8_t counter[8], uint8_t digest[20]);
const struct host *oracle_find(uint8_t interface, uint8_t vhid);
uint16_t oracle_checksum(const uint8_t *bytes, unsigned length);

#endif
