/*
 * Answers one line of stdin with one line of stdout:
 *   variants                                 the names of those that run on this processor
 *   host VHID HAS4 HAS6 KEY PREFIX           ok; hexadecimal, KEY is - where it is empty
 *   remove VHID                              ok
 *   frame SLOT HEX                           ok
 *   verdicts VARIANT COUNT                   the verdicts of slots 0 to COUNT - 1
 *   clock                                    the processor's clock in GHz, by a chain of dependent operations
 *   time VARIANT COUNT CALLS                 nanoseconds of CPU time per frame over so many calls
 * Anything else, and anything out of range, ends it with 1.
 */
#include "frame.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct slot slots[SLOT_COUNT];
struct host hosts[256];

static const struct variant {
	const char *name;
	void (*verify)(size_t count);
	int needs_instructions;
} variants[] = {
	{"scalar", verify_scalar, 0},
	{"kernel", verify_kernel, 0},
	{"kernel-unrolled", verify_kernel_unrolled, 0},
	{"sha-blocks", verify_blocks, 1},
	{"sha-one", verify_one, 1},
	{"sha-four", verify_four, 1},
};

static void refuse(const char *line) {
	fprintf(stderr, "not understood: %.80s\n", line);
	exit(1);
}

static const struct variant *variant_of(const char *name) {
	for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
		if (strcmp(variants[i].name, name) != 0) continue;
		if (variants[i].needs_instructions && !has_instructions()) break;
		return &variants[i];
	}
	refuse(name);
	return NULL;
}

static size_t read_hex(const char *text, uint8_t *bytes, size_t capacity) {
	if (strcmp(text, "-") == 0) return 0;
	size_t length = strlen(text) / 2;
	if (length > capacity) refuse(text);
	for (size_t i = 0; i < length; i++) {
		unsigned value;
		if (sscanf(text + 2 * i, "%2x", &value) != 1) refuse(text);
		bytes[i] = (uint8_t)value;
	}
	return length;
}

static void set_host(unsigned vhid, unsigned has4, unsigned has6, const char *key, const char *prefix) {
	struct host *host = &hosts[vhid];
	memset(host, 0, sizeof *host);
	host->has4 = has4 != 0, host->has6 = has6 != 0, host->in_use = 1;
	host->key_length = read_hex(key, host->key, KEY_CAPACITY);
	host->prefix_length = read_hex(prefix, host->prefix, MESSAGE_CAPACITY);
	prepare_scalar(host);
	prepare_kernel(host);
	prepare_instructions(host);
}

static void set_frame(unsigned slot, const char *frame) {
	memset(&slots[slot], 0, sizeof slots[slot]);
	slots[slot].verdict = VERDICT_PENDING;
	slots[slot].captured = (uint16_t)read_hex(frame, slots[slot].frame, FRAME_CAPACITY);
}

static double cpu_time(void) {
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* An exclusive or takes one cycle, and none can begin before the one before it has ended. */
static double clock_rate(void) {
	uint64_t chain = 1, mask = 0x5555;
	enum { STEPS = 4000000 };
	double start = cpu_time();
	for (int i = 0; i < STEPS; i++) {
#pragma GCC unroll 8
		for (int j = 0; j < 8; j++) {
			chain ^= mask;
			__asm__ volatile("" : "+r"(chain));
		}
	}
	return 8.0 * STEPS / (cpu_time() - start);
}

int main(void) {
	static char line[8192], first[8192], second[8192];
	unsigned a, b, c;
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (strcmp(line, "variants\n") == 0) {
			for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
				if (!variants[i].needs_instructions || has_instructions()) printf("%s ", variants[i].name);
			printf("\n");
		} else if (sscanf(line, "host %u %u %u %8191s %8191s", &a, &b, &c, first, second) == 5 && a < 256) {
			set_host(a, b, c, first, second);
			printf("ok\n");
		} else if (sscanf(line, "remove %u", &a) == 1 && a < 256) {
			hosts[a].in_use = 0;
			printf("ok\n");
		} else if (sscanf(line, "frame %u %8191s", &a, first) == 2 && a < SLOT_COUNT) {
			set_frame(a, first);
			printf("ok\n");
		} else if (sscanf(line, "verdicts %63s %u", first, &a) == 2 && a <= SLOT_COUNT) {
			variant_of(first)->verify(a);
			for (unsigned i = 0; i < a; i++) printf("%u ", slots[i].verdict);
			printf("\n");
		} else if (strcmp(line, "clock\n") == 0) {
			printf("%.2f\n", clock_rate());
		} else if (sscanf(line, "time %63s %u %u", first, &a, &b) == 3 && a <= SLOT_COUNT && a * b > 0) {
			const struct variant *variant = variant_of(first);
			double start = cpu_time();
			for (unsigned i = 0; i < b; i++) variant->verify(a);
			printf("%.4f\n", (cpu_time() - start) / ((double)a * b));
		} else {
			refuse(line);
		}
		fflush(stdout);
	}
	return 0;
}
