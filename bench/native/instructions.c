/*
 * The SHA instructions of x86 processors, with the same precomputation as scalar.c: one packet after the other, through
 * a function over blocks of bytes as libraries have it, and written into one piece for this message; and four packets
 * in flight, which hides the instructions' latency. On other processors there is no such variant here.
 */
#include "frame.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,ssse3,sse4.1")))

int has_instructions(void) {
	unsigned a, b, c, d;
	__asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
	return b >> 29 & 1 && __builtin_cpu_supports("sse4.1");
}

/* a..d with a in the highest lane, and e in the highest lane of a register of its own. */
struct vectors {
	__m128i abcd, e;
};

WITH_SHA static inline struct vectors load_state(const struct state *state) {
	__m128i words = _mm_loadu_si128((const __m128i *)state->word);
	return (struct vectors){_mm_shuffle_epi32(words, 0x1b), _mm_set_epi32((int)state->word[4], 0, 0, 0)};
}

/* The compiler unrolls all loops: every index and the number of the round function are constants. */
WITH_SHA static inline __attribute__((always_inline)) void compress(int streams, struct vectors *state,
								       __m128i message[][4]) {
	__m128i abcd[4], previous[4];
#pragma GCC unroll 4
	for (int s = 0; s < streams; s++) abcd[s] = state[s].abcd;
#define GROUP(i, function)                                                                               \
	_Pragma("GCC unroll 4") for (int s = 0; s < streams; s++) {                                      \
		__m128i *w = message[s];                                                                 \
		if ((i) >= 4) {                                                                          \
			__m128i mixed = _mm_sha1msg1_epu32(w[(i) & 3], w[((i) + 1) & 3]);                \
			w[(i) & 3] = _mm_sha1msg2_epu32(_mm_xor_si128(mixed, w[((i) + 2) & 3]), w[((i) + 3) & 3]); \
		}                                                                                        \
		__m128i e = (i) == 0 ? _mm_add_epi32(state[s].e, w[0]) : _mm_sha1nexte_epu32(previous[s], w[(i) & 3]); \
		previous[s] = abcd[s];                                                                   \
		abcd[s] = _mm_sha1rnds4_epu32(abcd[s], e, function);                                     \
	}
	GROUP(0, 0) GROUP(1, 0) GROUP(2, 0) GROUP(3, 0) GROUP(4, 0)
	GROUP(5, 1) GROUP(6, 1) GROUP(7, 1) GROUP(8, 1) GROUP(9, 1)
	GROUP(10, 2) GROUP(11, 2) GROUP(12, 2) GROUP(13, 2) GROUP(14, 2)
	GROUP(15, 3) GROUP(16, 3) GROUP(17, 3) GROUP(18, 3) GROUP(19, 3)
#pragma GCC unroll 4
	for (int s = 0; s < streams; s++) {
		state[s].e = _mm_sha1nexte_epu32(previous[s], state[s].e);
		state[s].abcd = _mm_add_epi32(abcd[s], state[s].abcd);
	}
}

void prepare_instructions(struct host *host) {
	for (uint32_t i = 0; i < 16 * host->tail_blocks; i++)
		memcpy(&host->reversed_tail[i / 4][(3 - i % 4) * 4], &host->tail[i], 4);
	memset(host->counter_shuffle, 0x80, sizeof host->counter_shuffle);
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t at = host->tail_length + i;
		host->counter_shuffle[at / 16][15 - at % 16] = (uint8_t)i;
	}
	for (uint32_t i = 0; i < 32; i++) {
		uint32_t word = __builtin_bswap32(host->tail[i]);
		memcpy(host->tail_bytes + 4 * i, &word, 4);
	}
}

WITH_SHA static inline __m128i reverse(__m128i bytes) {
	return _mm_shuffle_epi8(bytes, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/* What a library offers: so many blocks of bytes into a state in memory. */
WITH_SHA static __attribute__((noinline)) void transform(struct state *state, const uint8_t *bytes, size_t blocks) {
	struct vectors running = load_state(state);
	for (; blocks > 0; blocks--, bytes += 64) {
		__m128i message[1][4];
#pragma GCC unroll 4
		for (int i = 0; i < 4; i++) message[0][i] = reverse(_mm_loadu_si128((const __m128i *)(bytes + 16 * i)));
		compress(1, &running, message);
	}
	_mm_storeu_si128((__m128i *)state->word, _mm_shuffle_epi32(running.abcd, 0x1b));
	state->word[4] = (uint32_t)_mm_extract_epi32(running.e, 3);
}

WITH_SHA void verify_blocks(size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &slots[i];
		enum verdict verdict = check(slot);
		if (verdict == VERDICT_PENDING) {
			const struct host *host = &hosts[slot->vhid];
			const uint8_t *header = carp_header(slot);
			uint8_t bytes[128], outer[64] = {[20] = 0x80, [62] = (64 + 20) * 8 >> 8, [63] = (64 + 20) * 8 & 0xff};
			memcpy(bytes, host->tail_bytes, 64 * (size_t)host->tail_blocks);
			memcpy(bytes + host->tail_length, header + 8, 8);
			struct state state = host->inner;
			transform(&state, bytes, host->tail_blocks);
			for (int word = 0; word < 5; word++) {
				uint32_t swapped = __builtin_bswap32(state.word[word]);
				memcpy(outer + 4 * word, &swapped, 4);
			}
			state = host->outer;
			transform(&state, outer, 1);
			verdict = same_digest(&state, header + 16) ? VERDICT_OK : VERDICT_BAD_AUTH;
		}
		slot->verdict = (uint8_t)verdict;
	}
}

WITH_SHA static inline void load_block(__m128i message[4], const struct host *host, uint32_t block, __m128i counter) {
#pragma GCC unroll 4
	for (uint32_t i = 0; i < 4; i++) {
		__m128i tail = _mm_loadu_si128((const __m128i *)host->reversed_tail[4 * block + i]);
		__m128i shuffle = _mm_loadu_si128((const __m128i *)host->counter_shuffle[4 * block + i]);
		message[i] = _mm_or_si128(tail, _mm_shuffle_epi8(counter, shuffle));
	}
}

WITH_SHA static inline void load_outer(__m128i message[4], const struct vectors *inner) {
	message[0] = inner->abcd;
	message[1] = _mm_or_si128(inner->e, _mm_set_epi32(0, (int)0x80000000, 0, 0));
	message[2] = _mm_setzero_si128();
	message[3] = _mm_set_epi32(0, 0, 0, (64 + 20) * 8);
}

WITH_SHA static inline enum verdict compare(const struct vectors *state, const uint8_t *digest) {
	__m128i expected = reverse(_mm_loadu_si128((const __m128i *)digest));
	__m128i last = _mm_set_epi32((int)load32(digest + 16), 0, 0, 0);
	__m128i difference = _mm_or_si128(_mm_xor_si128(expected, state->abcd), _mm_xor_si128(last, state->e));
	return _mm_testz_si128(difference, difference) ? VERDICT_OK : VERDICT_BAD_AUTH;
}

WITH_SHA static inline enum verdict authenticate(const struct slot *slot) {
	const struct host *host = &hosts[slot->vhid];
	const uint8_t *header = carp_header(slot);
	__m128i counter = _mm_loadl_epi64((const __m128i *)(header + 8));
	__m128i message[1][4];
	struct vectors state = load_state(&host->inner);
	load_block(message[0], host, 0, counter);
	compress(1, &state, message);
	if (host->tail_blocks == 2) {
		load_block(message[0], host, 1, counter);
		compress(1, &state, message);
	}
	load_outer(message[0], &state);
	state = load_state(&host->outer);
	compress(1, &state, message);
	return compare(&state, header + 16);
}

WITH_SHA void verify_one(size_t count) {
	for (size_t i = 0; i < count; i++) {
		struct slot *slot = &slots[i];
		enum verdict verdict = check(slot);
		if (verdict == VERDICT_PENDING) verdict = authenticate(slot);
		slot->verdict = (uint8_t)verdict;
	}
}

WITH_SHA static void authenticate_four(const uint16_t *candidates) {
	struct vectors state[4];
	__m128i message[4][4];
	for (int s = 0; s < 4; s++) {
		const struct slot *slot = &slots[candidates[s]];
		const struct host *host = &hosts[slot->vhid];
		state[s] = load_state(&host->inner);
		load_block(message[s], host, 0, _mm_loadl_epi64((const __m128i *)(carp_header(slot) + 8)));
	}
	compress(4, state, message);
	for (int s = 0; s < 4; s++) {
		load_outer(message[s], &state[s]);
		state[s] = load_state(&hosts[slots[candidates[s]].vhid].outer);
	}
	compress(4, state, message);
	for (int s = 0; s < 4; s++) {
		struct slot *slot = &slots[candidates[s]];
		slot->verdict = (uint8_t)compare(&state[s], carp_header(slot) + 16);
	}
}

WITH_SHA void verify_four(size_t count) {
	static uint16_t candidates[SLOT_COUNT];
	size_t found = 0, i = 0;
	for (; i < count; i++) {
		struct slot *slot = &slots[i];
		enum verdict verdict = check(slot);
		if (verdict == VERDICT_PENDING && hosts[slot->vhid].tail_blocks == 2) verdict = authenticate(slot);
		if (verdict == VERDICT_PENDING) candidates[found++] = (uint16_t)i;
		slot->verdict = (uint8_t)verdict;
	}
	for (i = 0; i + 4 <= found; i += 4) authenticate_four(candidates + i);
	for (; i < found; i++) slots[candidates[i]].verdict = (uint8_t)authenticate(&slots[candidates[i]]);
}

#else

int has_instructions(void) {
	return 0;
}

void prepare_instructions(struct host *host) {
	(void)host;
}

void verify_blocks(size_t count) {
	(void)count;
}

void verify_one(size_t count) {
	(void)count;
}

void verify_four(size_t count) {
	(void)count;
}

#endif
