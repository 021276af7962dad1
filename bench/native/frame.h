/*
 * What the variants share: slots of received frames as the core has them, virtual hosts, and the checks that come
 * before the HMAC, in the order of protocol §3.1. Written from docs/PROTOCOL.md, for Ethernet frames of one interface.
 */
#ifndef CARP_BENCH_FRAME_H
#define CARP_BENCH_FRAME_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum verdict {
	VERDICT_OK = 0,
	VERDICT_PENDING = 1,
	VERDICT_NOT_CARP = 2,
	VERDICT_FRAGMENT = 4,
	VERDICT_BAD_IP_CHECKSUM = 5,
	VERDICT_BAD_LENGTH = 8,
	VERDICT_BAD_VERSION = 9,
	VERDICT_BAD_CHECKSUM = 10,
	VERDICT_BAD_VHID = 11,
	VERDICT_BAD_TTL = 13,
	VERDICT_BAD_AUTH = 14,
};

enum { SLOT_COUNT = 1024, FRAME_CAPACITY = 288, MESSAGE_CAPACITY = 1408, KEY_CAPACITY = 20 };

struct slot {
	uint16_t captured;
	uint8_t vhid;
	uint8_t verdict;
	uint16_t carp_offset;
	uint8_t pad[26];
	uint8_t frame[FRAME_CAPACITY];
};

/* FIPS 180-4: five words in host order. */
struct state {
	uint32_t word[5];
};

/* A running hash as a library keeps it. */
struct context {
	struct state state;
	uint64_t length;
	uint8_t buffer[64];
};

struct host {
	uint8_t in_use, has4, has6;
	uint8_t key[64];
	size_t key_length;
	/* What is known before a packet comes: 02 01 vhid and the addresses. */
	uint8_t prefix[MESSAGE_CAPACITY];
	size_t prefix_length;

	/* Saved for scalar.c and instructions.c: states after the known blocks, and the padded rest of the message. */
	struct state inner, outer;
	uint32_t tail_blocks, tail_length;
	uint32_t tail[32];
	/* For instructions.c: the same rest as its registers want it, and where the counter's bytes go. */
	uint8_t reversed_tail[8][16], counter_shuffle[8][16];
	uint8_t tail_bytes[128];

	/* Saved for kernel.c. */
	struct context running;
	uint8_t outer_pad[64];
};

extern struct slot slots[SLOT_COUNT];
extern struct host hosts[256];

static inline uint32_t load16(const uint8_t *at) {
	return (uint32_t)at[0] << 8 | at[1];
}

static inline uint32_t load32(const uint8_t *at) {
	uint32_t value;
	memcpy(&value, at, 4);
	return __builtin_bswap32(value);
}

/* RFC 1071 in the machine's byte order, in which 0xffff is the same. */
static inline uint32_t internet_sum(const uint8_t *at, size_t length) {
	uint64_t sum = 0;
	size_t i = 0;
	for (; i + 4 <= length; i += 4) {
		uint32_t word;
		memcpy(&word, at + i, 4);
		sum += word;
	}
	if (i < length) {
		uint32_t word = 0;
		memcpy(&word, at + i, length - i);
		sum += word;
	}
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint32_t)sum;
}

/* All twenty bytes, always. */
static inline int same_digest(const struct state *state, const uint8_t *digest) {
	uint32_t difference = 0;
	for (int i = 0; i < 5; i++) difference |= state->word[i] ^ load32(digest + 4 * i);
	return difference == 0;
}

static inline const uint8_t *carp_header(const struct slot *slot) {
	return slot->frame + slot->carp_offset;
}

static inline enum verdict check_carp(struct slot *slot, size_t offset, size_t payload, size_t present, int family,
				      uint32_t hop_limit) {
	const uint8_t *header = slot->frame + offset;
	if (payload > present || payload < 8) return VERDICT_BAD_LENGTH;
	slot->vhid = header[1];
	slot->carp_offset = (uint16_t)offset;
	uint32_t version = header[0] >> 4;
	if (version == 2) {
		if (payload < 36) return VERDICT_BAD_LENGTH;
		size_t summed = family == 4 ? payload : 36;
		uint32_t sum = summed == 36 ? internet_sum(header, 36) : internet_sum(header, summed);
		if (sum != 0xffff) return VERDICT_BAD_CHECKSUM;
	} else if (version != 3) {
		return VERDICT_BAD_VERSION;
	}
	const struct host *host = &hosts[slot->vhid];
	if (!host->in_use || !(family == 4 ? host->has4 : host->has6)) return VERDICT_BAD_VHID;
	if (version != 2) return VERDICT_BAD_VERSION;
	if (hop_limit != 255) return VERDICT_BAD_TTL;
	return VERDICT_PENDING;
}

/* The checks before the HMAC: a verdict, or VERDICT_PENDING with the slot's vhid and offset set. */
static inline enum verdict check(struct slot *slot) {
	if (slot->captured < 14) return VERDICT_NOT_CARP;
	const uint8_t *packet = slot->frame + 14;
	size_t available = slot->captured - 14u;
	uint32_t type = load16(slot->frame + 12);
	if (type == 0x0800) {
		if (available < 20 || packet[0] >> 4 != 4) return VERDICT_NOT_CARP;
		size_t length = (packet[0] & 15u) * 4;
		if (length < 20 || length > available || packet[9] != 112) return VERDICT_NOT_CARP;
		uint32_t sum = length == 20 ? internet_sum(packet, 20) : internet_sum(packet, length);
		if (sum != 0xffff) return VERDICT_BAD_IP_CHECKSUM;
		if (load16(packet + 6) & 0x3fff) return VERDICT_FRAGMENT;
		size_t total = load16(packet + 2);
		if (total < length) return VERDICT_NOT_CARP;
		return check_carp(slot, 14 + length, total - length, available - length, 4, packet[8]);
	}
	if (type == 0x86dd) {
		if (available < 40 || packet[0] >> 4 != 6 || packet[6] != 112) return VERDICT_NOT_CARP;
		return check_carp(slot, 54, load16(packet + 4), available - 40, 6, packet[7]);
	}
	return VERDICT_NOT_CARP;
}

/* Each judges slots 0 to count - 1; prepare_… saves what the variant keeps of a host. */
void sha1_compress(struct state *state, const uint32_t block[16]);
void prepare_scalar(struct host *host);
void verify_scalar(size_t count);
void finish_scalar(const struct host *host, const uint8_t *counter, struct state *digest);
void prepare_kernel(struct host *host);
void verify_kernel(size_t count);
void verify_kernel_unrolled(size_t count);
int has_instructions(void);
void prepare_instructions(struct host *host);
void verify_blocks(size_t count);
void verify_one(size_t count);
void verify_four(size_t count);

#endif
