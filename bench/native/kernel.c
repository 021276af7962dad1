/*
 * The way a kernel does it: a general hash with init, update and final whose running context is copied for each
 * packet, and three compressions, because the outer key block is hashed anew each time. SHA-1 is RFC 3174's second
 * method (§6.2: sixteen words, a loop for each of the four functions), compiled as kernels are, with -O2 and without
 * the machine's own instructions. With -DUNROLLED it is scalar.c's instead, so that only the way is the kernel's.
 */
#include "frame.h"

#ifdef UNROLLED

static void process(struct state *state, const uint8_t *block) {
	uint32_t w[16];
	for (int i = 0; i < 16; i++) w[i] = load32(block + 4 * i);
	sha1_compress(state, w);
}

#define verify_kernel verify_kernel_unrolled

#else

static inline uint32_t rotate(uint32_t value, int bits) {
	return value << bits | value >> (32 - bits);
}

static uint32_t schedule(uint32_t *w, int t) {
	int s = t & 15;
	if (t >= 16) w[s] = rotate(w[(s + 13) & 15] ^ w[(s + 8) & 15] ^ w[(s + 2) & 15] ^ w[s], 1);
	return w[s];
}

static void process(struct state *state, const uint8_t *block) {
	uint32_t w[16], temp;
	for (int i = 0; i < 16; i++) w[i] = load32(block + 4 * i);
	uint32_t a = state->word[0], b = state->word[1], c = state->word[2], d = state->word[3], e = state->word[4];
#define STEP(f, k)                                                 \
	temp = rotate(a, 5) + (f) + e + schedule(w, t) + (k); \
	e = d, d = c, c = rotate(b, 30), b = a, a = temp
	for (int t = 0; t < 20; t++) { STEP((b & c) | (~b & d), 0x5a827999); }
	for (int t = 20; t < 40; t++) { STEP(b ^ c ^ d, 0x6ed9eba1); }
	for (int t = 40; t < 60; t++) { STEP((b & c) | (b & d) | (c & d), 0x8f1bbcdc); }
	for (int t = 60; t < 80; t++) { STEP(b ^ c ^ d, 0xca62c1d6); }
	state->word[0] += a, state->word[1] += b, state->word[2] += c, state->word[3] += d, state->word[4] += e;
}

#endif

static void start(struct context *context) {
	static const struct state initial = {{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}};
	context->state = initial;
	context->length = 0;
}

static void update(struct context *context, const uint8_t *bytes, size_t length) {
	while (length > 0) {
		size_t at = context->length % 64;
		size_t part = length < 64 - at ? length : 64 - at;
		memcpy(context->buffer + at, bytes, part);
		context->length += part, bytes += part, length -= part;
		if (at + part == 64) process(&context->state, context->buffer);
	}
}

static void final(struct context *context, uint8_t digest[20]) {
	static const uint8_t padding[64] = {0x80};
	uint64_t bits = context->length * 8;
	size_t at = context->length % 64;
	update(context, padding, at < 56 ? 56 - at : 120 - at);
	uint8_t end[8];
	for (int i = 0; i < 8; i++) end[i] = (uint8_t)(bits >> (56 - 8 * i));
	update(context, end, 8);
	for (int i = 0; i < 20; i++) digest[i] = (uint8_t)(context->state.word[i / 4] >> (24 - 8 * (i % 4)));
}

#ifndef UNROLLED
void prepare_kernel(struct host *host) {
	uint8_t pad[64];
	for (int i = 0; i < 64; i++) {
		pad[i] = host->key[i] ^ 0x36;
		host->outer_pad[i] = host->key[i] ^ 0x5c;
	}
	start(&host->running);
	update(&host->running, pad, 64);
	update(&host->running, host->prefix, host->prefix_length);
}
#endif

static int authenticates(const struct host *host, const uint8_t *counter, const uint8_t *expected) {
	uint8_t digest[20];
	struct context context = host->running;
	update(&context, counter, 8);
	final(&context, digest);
	start(&context);
	update(&context, host->outer_pad, 64);
	update(&context, digest, 20);
	final(&context, digest);
	uint8_t difference = 0;
	for (int i = 0; i < 20; i++) difference |= digest[i] ^ expected[i];
	return difference == 0;
}

void verify_kernel(size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &slots[i];
		enum verdict verdict = check(slot);
		if (verdict == VERDICT_PENDING) {
			const uint8_t *header = carp_header(slot);
			verdict = authenticates(&hosts[slot->vhid], header + 8, header + 16) ? VERDICT_OK : VERDICT_BAD_AUTH;
		}
		slot->verdict = (uint8_t)verdict;
	}
}
