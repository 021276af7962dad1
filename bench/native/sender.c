/*
 * Sends Ethernet frames from an interface in turn, as fast as the interface takes them or at a given rate.
 *
 *   sender INTERFACE SECONDS RATE FRAME [FRAME...]
 *
 * RATE is frames per second, 0 for as many as go; a FRAME is hexadecimal, without FCS. Prints one line:
 * frames sent, frames refused, nanoseconds taken.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef PACKET_QDISC_BYPASS
#define PACKET_QDISC_BYPASS 20
#endif

enum { batchSize = 64, mostFrames = 1024, longestFrame = 1514 };

static uint8_t frames[mostFrames][longestFrame];
static size_t lengths[mostFrames];

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void sleepUntil(int64_t moment) {
  struct timespec time = {moment / 1000000000LL, moment % 1000000000LL};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
}

static size_t readFrame(const char *text, uint8_t *frame) {
  size_t length = 0;
  unsigned byte;
  while (length < longestFrame && sscanf(text + 2 * length, "%2x", &byte) == 1) {
    frame[length++] = (uint8_t)byte;
    if (text[2 * length] == '\0') break;
  }
  return length;
}

static int openInterface(const char *name) {
  int one = 1;
  struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
  int descriptor = socket(AF_PACKET, SOCK_RAW, 0);
  if (descriptor < 0 || address.sll_ifindex == 0) return -1;
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) return -1;
  setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
  return descriptor;
}

int main(int count, char **words) {
  if (count < 5 || count - 4 > mostFrames) {
    fprintf(stderr, "usage: sender INTERFACE SECONDS RATE FRAME [FRAME...]\n");
    return 64;
  }
  double seconds = atof(words[2]), rate = atof(words[3]);
  int frameCount = count - 4;
  for (int index = 0; index < frameCount; index++) lengths[index] = readFrame(words[4 + index], frames[index]);
  int descriptor = openInterface(words[1]);
  if (descriptor < 0) {
    fprintf(stderr, "sender: %s: %s\n", words[1], strerror(errno));
    return 1;
  }
  struct mmsghdr messages[batchSize] = {0};
  struct iovec vectors[batchSize];
  for (int index = 0; index < batchSize; index++) {
    messages[index].msg_hdr.msg_iov = &vectors[index];
    messages[index].msg_hdr.msg_iovlen = 1;
  }
  int64_t begun = now(), end = begun + (int64_t)(seconds * 1e9);
  int64_t sent = 0, refused = 0;
  int next = 0;
  while (now() < end) {
    int batch = batchSize;
    if (rate > 0) {
      /* A batch is at most a millisecond of the rate. */
      int64_t due = (int64_t)((double)(now() - begun) * rate / 1e9) + 1 - sent - refused;
      if (due <= 0) {
        sleepUntil(begun + (int64_t)((double)(sent + refused + 1) * 1e9 / rate));
        continue;
      }
      if (due < batch) batch = (int)due;
    }
    for (int index = 0; index < batch; index++) {
      vectors[index].iov_base = frames[next];
      vectors[index].iov_len = lengths[next];
      next = next + 1 == frameCount ? 0 : next + 1;
    }
    int done = sendmmsg(descriptor, messages, (unsigned)batch, 0);
    if (done < 0) {
      if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
        fprintf(stderr, "sender: %s\n", strerror(errno));
        return 1;
      }
      refused += batch;
      continue;
    }
    sent += done;
    refused += batch - done;
  }
  printf("%lld %lld %lld\n", (long long)sent, (long long)refused, (long long)(now() - begun));
  return 0;
}
