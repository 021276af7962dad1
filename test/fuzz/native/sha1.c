#include "sha1.h"

#include <string.h>

static uint32_t rotated(uint32_t value, unsigned bits) { return value << bits | value >> (32 - bits); }

static void compress(uint32_t state[5], const uint8_t block[64]) {
  uint32_t w[80];
  for (unsigned t = 0; t < 16; t++)
    w[t] = (uint32_t)block[4 * t] << 24 | block[4 * t + 1] << 16 | block[4 * t + 2] << 8 | block[4 * t + 3];
  for (unsigned t = 16; t < 80; t++) w[t] = rotated(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
  for (unsigned t = 0; t < 80; t++) {
    uint32_t f, k;
    if (t < 20) f = (b & c) | (~b & d), k = 0x5a827999;
    else if (t < 40) f = b ^ c ^ d, k = 0x6ed9eba1;
    else if (t < 60) f = (b & c) | (b & d) | (c & d), k = 0x8f1bbcdc;
    else f = b ^ c ^ d, k = 0xca62c1d6;
    const uint32_t next = rotated(a, 5) + f + e + w[t] + k;
    e = d, d = c, c = rotated(b, 30), b = a, a = next;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

void sha1_begin(struct sha1 *sha) {
  static const uint32_t initial[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  memcpy(sha->state, initial, sizeof initial);
  sha->length = 0;
}

void sha1_add(struct sha1 *sha, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    const size_t used = sha->length % 64, free = 64 - used, taken = length < free ? length : free;
    memcpy(sha->block + used, bytes, taken);
    sha->length += taken, bytes += taken, length -= taken;
    if (used + taken == 64) compress(sha->state, sha->block);
  }
}

void sha1_end(struct sha1 *sha, uint8_t digest[20]) {
  static const uint8_t padding[64] = {0x80};
  const uint64_t bits = sha->length * 8;
  uint8_t tail[8];
  for (unsigned i = 0; i < 8; i++) tail[i] = (uint8_t)(bits >> (56 - 8 * i));
  sha1_add(sha, padding, 1 + (119 - sha->length % 64) % 64);
  sha1_add(sha, tail, 8);
  for (unsigned i = 0; i < 20; i++) digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}
