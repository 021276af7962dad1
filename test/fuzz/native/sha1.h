/* HMAC-SHA1 (RFC 3174, RFC 2104), written for the oracle: it shares nothing with the core. */
#ifndef SHA1_H
#define SHA1_H
#include <stddef.h>
#include <stdint.h>

struct sha1 {
  uint32_t state[5];
  uint64_t length;
  uint8_t block[64];
};

void sha1_begin(struct sha1 *sha);
void sha1_add(struct sha1 *sha, const uint8_t *bytes, size_t length);
void sha1_end(struct sha1 *sha, uint8_t digest[20]);

#endif
