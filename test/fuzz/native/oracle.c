#include "oracle.h"

#include "sha1.h"

struct host model[MOST_HOSTS];

static struct sha1 inner[MOST_HOSTS], outer[MOST_HOSTS];

static unsigned word(const uint8_t *bytes) { return (unsigned)bytes[0] << 8 | bytes[1]; }

void oracle_start(void) {
  for (unsigned i = 0; i < host_count; i++) {
    model[i] = hosts[i];
    oracle_prepare(i);
  }
}

void oracle_prepare(unsigned index) {
  const struct host *host = &model[index];
  const uint8_t start[3] = {2, 1, host->vhid};
  uint8_t pad[64] = {0};
  memcpy(pad, host->key, host->key_length);
  for (unsigned k = 0; k < 64; k++) pad[k] ^= 0x36;
  sha1_begin(&inner[index]);
  sha1_add(&inner[index], pad, 64);
  sha1_add(&inner[index], start, 3);
  sha1_add(&inner[index], host->addresses4[0], 4u * host->count4);
  sha1_add(&inner[index], host->addresses6[0], 16u * host->count6);
  for (unsigned k = 0; k < 64; k++) pad[k] ^= 0x36 ^ 0x5c;
  sha1_begin(&outer[index]);
  sha1_add(&outer[index], pad, 64);
}

void oracle_digest(const struct host *host, const uint8_t counter[8], uint8_t digest[20]) {
  struct sha1 sha = inner[host - model];
  sha1_add(&sha, counter, 8);
  sha1_end(&sha, digest);
  sha = outer[host - model];
  sha1_add(&sha, digest, 20);
  sha1_end(&sha, digest);
}

const struct host *oracle_find(uint8_t interface, uint8_t vhid) {
  for (unsigned i = 0; i < MOST_HOSTS && vhid != 0; i++)
    if (model[i].vhid == vhid && model[i].interface == interface) return &model[i];
  return NULL;
}

uint16_t oracle_checksum(const uint8_t *bytes, unsigned length) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < length; i++) sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

/* Where the IP payload is; a length below zero where there is no CARP packet. */
struct payload {
  int offset, length;
  uint8_t family, hop_limit;
  const uint8_t *source;
};

static uint8_t parse4(const uint8_t *ip, int available, struct payload *payload) {
  if (available < 20 || ip[0] >> 4 != 4) return ABI_Verdict_NotCarp;
  const int header = 4 * (ip[0] & 15);
  if (header < 20 || header > available || ip[9] != 112) return ABI_Verdict_NotCarp;
  if (oracle_checksum(ip, header) != 0) return ABI_Verdict_BadIpChecksum;
  if ((word(ip + 6) & 0x3fff) != 0) return ABI_Verdict_Fragment;
  if ((int)word(ip + 2) < header) return ABI_Verdict_NotCarp;
  *payload = (struct payload){14 + header, (int)word(ip + 2) - header, 4, ip[8], ip + 12};
  return ABI_Verdict_Pending;
}

static uint8_t parse6(const uint8_t *ip, int available, struct payload *payload) {
  if (available < 40 || ip[0] >> 4 != 6 || ip[6] != 112) return ABI_Verdict_NotCarp;
  *payload = (struct payload){54, (int)word(ip + 4), 6, ip[7], ip + 8};
  return ABI_Verdict_Pending;
}

static bool is_virtual(uint8_t interface, const struct payload *payload) {
  for (unsigned i = 0; i < MOST_HOSTS; i++) {
    const struct host *host = &model[i];
    if (host->vhid == 0 || host->interface != interface) continue;
    for (unsigned k = 0; payload->family == 4 && k < host->count4; k++)
      if (memcmp(host->addresses4[k], payload->source, 4) == 0) return true;
    for (unsigned k = 0; payload->family == 6 && k < host->count6; k++)
      if (memcmp(host->addresses6[k], payload->source, 16) == 0) return true;
  }
  return false;
}

static uint8_t judge_header(const uint8_t *carp, const struct payload *payload, const struct host *host, uint8_t interface) {
  const unsigned version = carp[0] >> 4;
  if (version != 2 && version != 3) return ABI_Verdict_BadVersion;
  if (version == 2) {
    if (payload->length < 36) return ABI_Verdict_BadLength;
    if (oracle_checksum(carp, payload->family == 4 ? payload->length : 36) != 0) return ABI_Verdict_BadChecksum;
  }
  if (host == NULL) return carp[1] == 0 && is_virtual(interface, payload) ? ABI_Verdict_Loop : ABI_Verdict_BadVhid;
  if ((payload->family == 4 ? host->count4 : host->count6) == 0) return ABI_Verdict_BadVhid;
  if (version == 3) return ABI_Verdict_BadVersion;
  const uint8_t unicast = payload->family == 4 ? ABI_InstanceFlag_Unicast4 : ABI_InstanceFlag_Unicast6;
  if (payload->hop_limit != 255 && !(host->flags & unicast)) return ABI_Verdict_BadTtl;
  uint8_t digest[20];
  oracle_digest(host, carp + 8, digest);
  return memcmp(digest, carp + 16, 20) == 0 ? ABI_Verdict_Ok : ABI_Verdict_BadAuth;
}

struct judgement oracle_judge(const uint8_t *frame, unsigned length, uint8_t interface, uint8_t type, bool allow) {
  struct judgement result = {ABI_Verdict_NotCarp, 0, ABI_NO_INSTANCE, 0, 0};
  struct payload payload = {0};
  if (type > 2) return result.verdict = ABI_Verdict_NotForUs, result;
  if (length < 14) return result;
  uint8_t parsed = ABI_Verdict_NotCarp;
  if (word(frame + 12) == 0x0800) parsed = parse4(frame + 14, (int)length - 14, &payload);
  if (word(frame + 12) == 0x86dd) parsed = parse6(frame + 14, (int)length - 14, &payload);
  if (parsed != ABI_Verdict_Pending) return result.verdict = parsed, result;
  result.family = payload.family;
  if (!allow) return result.verdict = ABI_Verdict_NotAllowed, result;
  if (!at(ABI_INTERFACES_OFFSET + (uint64_t)interface * ABI_INTERFACE_SIZE)[ABI_INTERFACE_IN_USE])
    return result.verdict = ABI_Verdict_BadInterface, result;
  if (payload.length < 8 || payload.offset + payload.length > (int)length)
    return result.verdict = ABI_Verdict_BadLength, result;
  const uint8_t *carp = frame + payload.offset;
  const struct host *host = oracle_find(interface, carp[1]);
  if (host != NULL) result.instance = (uint16_t)(host - model);
  result.carp_offset = (uint16_t)payload.offset;
  result.payload_length = (uint16_t)payload.length;
  result.verdict = judge_header(carp, &payload, host, interface);
  return result;
}

bool oracle_possible(const uint8_t *frame, uint8_t family, const uint8_t *own4, const uint8_t *own6) {
  static const uint8_t zero[16];
  if (family == 4) {
    const uint8_t *source = frame + 26;
    if (memcmp(source, zero, 4) == 0) return true;
    return source[0] != 127 && source[0] < 224 && memcmp(source, own4, 4) != 0;
  }
  const uint8_t *source = frame + 22;
  const bool is_unspecified_or_loopback = memcmp(source, zero, 15) == 0 && source[15] <= 1;
  return source[0] != 0xff && !is_unspecified_or_loopback && memcmp(source, own6, 16) != 0;
}

/* The statistic that counts a verdict beside ipackets, or -1. */
static int statistic_of(uint8_t verdict) {
  switch (verdict) {
    case ABI_Verdict_BadInterface: return ABI_Statistic_badif;
    case ABI_Verdict_Loop: return ABI_Statistic_badif;
    case ABI_Verdict_BadLength: return ABI_Statistic_badlen;
    case ABI_Verdict_BadVersion: return ABI_Statistic_badver;
    case ABI_Verdict_BadChecksum: return ABI_Statistic_badsum;
    case ABI_Verdict_BadVhid: return ABI_Statistic_badvhid;
    case ABI_Verdict_BadTtl: return ABI_Statistic_badttl;
    case ABI_Verdict_BadAuth: return ABI_Statistic_badauth;
    case ABI_Verdict_Reflected: return ABI_Statistic_reflected;
    case ABI_Verdict_BadSource: return ABI_Statistic_badaddrs;
    case ABI_Verdict_Duplicate: return ABI_Statistic_duplicates;
    case ABI_Verdict_Stale: return ABI_Statistic_stale;
    case ABI_Verdict_Refreshed: return ABI_Statistic_refreshes;
    default: return -1;
  }
}

static bool is_vrrp(const uint8_t *carp, unsigned length) {
  return carp[0] == 0x31 || (carp[0] == 0x21 && length == 16u + 4u * carp[3]);
}

unsigned oracle_counted(const struct judgement *judged, const uint8_t *frame, unsigned statistic) {
  const uint8_t verdict = judged->verdict, *carp = frame + judged->carp_offset;
  if (verdict != ABI_Verdict_Ok && verdict < ABI_Verdict_NotAllowed) return 0;
  if (statistic == (judged->family == 6 ? ABI_Statistic_ipackets6 : ABI_Statistic_ipackets)) return 1;
  if ((int)statistic == statistic_of(verdict)) return 1;
  if (verdict == ABI_Verdict_Ok) {
    if (statistic == ABI_Statistic_trailing) return judged->payload_length > 36;
    if (statistic == ABI_Statistic_oddheaders) return carp[0] != 0x21 || carp[3] != 7;
    if (statistic == ABI_Statistic_zerointervals) return carp[2] == 0 && carp[5] == 0;
  }
  const bool shape = verdict == ABI_Verdict_BadLength || verdict == ABI_Verdict_BadVersion ||
                     verdict == ABI_Verdict_BadChecksum || verdict == ABI_Verdict_BadAuth;
  if (statistic == ABI_Statistic_vrrp) return shape && judged->carp_offset != 0 && is_vrrp(carp, judged->payload_length);
  return 0;
}

static void store_checksum(uint8_t *bytes, unsigned length, uint8_t *field) {
  field[0] = field[1] = 0;
  const uint16_t sum = oracle_checksum(bytes, length);
  field[0] = (uint8_t)(sum >> 8), field[1] = (uint8_t)sum;
}

void oracle_mend(uint8_t *frame, unsigned length, const struct host *host) {
  if (length < 14) return;
  const bool is4 = word(frame + 12) == 0x0800;
  uint8_t *ip = frame + 14;
  const unsigned available = length - 14, header = is4 && available > 0 ? 4u * (ip[0] & 15) : 40;
  if (header < 20 || header > available) return;
  if (is4) store_checksum(ip, header, ip + 10);
  const unsigned there = available - header;
  uint8_t *carp = ip + header;
  unsigned summed = is4 ? word(ip + 2) - header : 36;
  if (summed > there) summed = there;
  if (host != NULL && there >= 36) oracle_digest(host, carp + 8, carp + 16);
  if (summed >= 8) store_checksum(carp, summed, carp + 6);
}
