/*
 * Scalar C with the core's precomputation: states after the key blocks and the known part of the message are saved,
 * and a packet costs two compressions. SHA-1 from FIPS 180-4 and RFC 3174, unrolled, its schedule in sixteen words.
 */
#include "frame.h"

static inline uint32_t rotate(uint32_t value, int bits) {
	return value << bits | value >> (32 - bits);
}

#define CHOOSE(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d) ((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d) (((b) & (c)) | ((d) & ((b) | (c))))
#define SCHEDULE(t)                                                                                          \
	((t) < 16 ? w[(t) & 15]                                                                              \
		  : (w[(t) & 15] = rotate(w[((t) + 13) & 15] ^ w[((t) + 8) & 15] ^ w[((t) + 2) & 15] ^ w[(t) & 15], 1)))
#define ROUND(t, a, b, c, d, e, f, k)                         \
	e += rotate(a, 5) + f(b, c, d) + (k) + SCHEDULE(t); \
	b = rotate(b, 30);
#define FIVE(t, f, k)                     \
	ROUND((t), a, b, c, d, e, f, k)     \
	ROUND((t) + 1, e, a, b, c, d, f, k) \
	ROUND((t) + 2, d, e, a, b, c, f, k) \
	ROUND((t) + 3, c, d, e, a, b, f, k) \
	ROUND((t) + 4, b, c, d, e, a, f, k)
#define TWENTY(t, f, k) FIVE((t), f, k) FIVE((t) + 5, f, k) FIVE((t) + 10, f, k) FIVE((t) + 15, f, k)

static inline void compress(struct state *target, const struct state *state, const uint32_t block[16]) {
	uint32_t w[16];
	memcpy(w, block, sizeof w);
	uint32_t a = state->word[0], b = state->word[1], c = state->word[2], d = state->word[3], e = state->word[4];
	TWENTY(0, CHOOSE, 0x5a827999)
	TWENTY(20, PARITY, 0x6ed9eba1)
	TWENTY(40, MAJORITY, 0x8f1bbcdc)
	TWENTY(60, PARITY, 0xca62c1d6)
	target->word[0] = state->word[0] + a;
	target->word[1] = state->word[1] + b;
	target->word[2] = state->word[2] + c;
	target->word[3] = state->word[3] + d;
	target->word[4] = state->word[4] + e;
}

void sha1_compress(struct state *state, const uint32_t block[16]) {
	compress(state, state, block);
}

static void absorb(struct state *state, const uint8_t *bytes) {
	uint32_t block[16];
	for (int i = 0; i < 16; i++) block[i] = load32(bytes + 4 * i);
	compress(state, state, block);
}

static const struct state initial = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};

void prepare_scalar(struct host *host) {
	uint8_t block[64];
	for (int i = 0; i < 64; i++) block[i] = host->key[i] ^ 0x36;
	host->inner = initial;
	absorb(&host->inner, block);
	for (int i = 0; i < 64; i++) block[i] = host->key[i] ^ 0x5c;
	host->outer = initial;
	absorb(&host->outer, block);

	size_t done = 0;
	for (; host->prefix_length - done >= 64; done += 64) absorb(&host->inner, host->prefix + done);
	uint8_t tail[128] = {0};
	size_t length = host->prefix_length - done;
	memcpy(tail, host->prefix + done, length);
	tail[length + 8] = 0x80;
	host->tail_length = (uint32_t)length;
	host->tail_blocks = length + 8 + 9 > 64 ? 2 : 1;
	for (int i = 0; i < 32; i++) host->tail[i] = load32(tail + 4 * i);
	host->tail[16 * host->tail_blocks - 1] = (uint32_t)((64 + host->prefix_length + 8) * 8);
}

void finish_scalar(const struct host *host, const uint8_t *counter, struct state *digest) {
	uint32_t message[32];
	memcpy(message, host->tail, 64 * (size_t)host->tail_blocks);
	/* The known part ends three bytes into a word. */
	uint64_t value = (uint64_t)load32(counter) << 32 | load32(counter + 4);
	uint32_t at = host->tail_length / 4;
	message[at] |= (uint32_t)(value >> 56);
	message[at + 1] = (uint32_t)(value >> 24);
	message[at + 2] |= (uint32_t)value << 8;
	uint32_t outer[16] = {[5] = 0x80000000, [15] = (64 + 20) * 8};
	struct state inner;
	compress(&inner, &host->inner, message);
	if (host->tail_blocks == 2) compress(&inner, &inner, message + 16);
	memcpy(outer, inner.word, 20);
	compress(digest, &host->outer, outer);
}

void verify_scalar(size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &slots[i];
		enum verdict verdict = check(slot);
		if (verdict == VERDICT_PENDING) {
			const uint8_t *header = carp_header(slot);
			struct state digest;
			finish_scalar(&hosts[slot->vhid], header + 8, &digest);
			verdict = same_digest(&digest, header + 16) ? VERDICT_OK : VERDICT_BAD_AUTH;
		}
		slot->verdict = (uint8_t)verdict;
	}
}
