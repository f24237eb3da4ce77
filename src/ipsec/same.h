/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this the same header again? Packets come in runs of one flow, often cut
 * from one super-packet: everything that was found out about the first holds
 * for those whose headers differ in nothing but length, identification and
 * checksum.
 *
 * Compared are IPv4 headers without options or IPv6 headers without extensions,
 * and the 4 bytes behind them: ports, or an SPI.
 */
#ifndef IPSEC_SAME_H
#define IPSEC_SAME_H

#include <string.h>

#include "common/rd.h"
#include "ipsec/ip.h"

/** A header that was noted; family 0: none. */
struct same {
	uint64_t w[5];
	uint32_t id; /* the 4 bytes */
	uint8_t family;
};

static inline uint64_t same_word(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* A mask from the bytes that count. */
static inline uint64_t same_mask(uint64_t be)
{
	uint8_t b[8];

	for (unsigned i = 0; i < 8; i++)
		b[i] = (uint8_t)(be >> (56 - 8 * i));
	return same_word(b);
}

/* Not its length and identification; length of IPv6; checksum. */
#define SAME_V4_0 same_mask(UINT64_C(0xffff00000000ffff))
#define SAME_V4_1 same_mask(UINT64_C(0xffff0000ffffffff))
#define SAME_V6_0 same_mask(UINT64_C(0xffffffff0000ffff))

/** same_none() - forget the header */
static inline void same_none(struct same *s)
{
	s->family = 0;
}

/** same_keep() - keep a header: 24 bytes of IPv4, 44 of IPv6 */
static inline void same_keep(struct same *s, const uint8_t *p, uint8_t family)
{
	const uint32_t off = family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;
	uint32_t dst;

	for (uint32_t i = 0; i < off / 8; i++)
		s->w[i] = same_word(p + 8 * i);
	if (family == 4) {
		/* The last word would reach into the ports. */
		memcpy(&dst, p + 16, sizeof(dst));
		s->w[2] = dst;
	}
	memcpy(&s->id, p + off, sizeof(s->id));
	s->family = family;
}

/** same_note() - keep the header of a parsed packet, if it is a plain one */
static inline void same_note(struct same *s, const uint8_t *p,
			     const struct ip_info *ip)
{
	const uint32_t off = ip->family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;

	same_none(s);
	if (ip->upper_off == off && ip->frag == IP_WHOLE && !ip->rebuilt &&
	    ip->len >= off + sizeof(s->id))
		same_keep(s, p, ip->family);
}

/** same_as() - whether a packet begins with that header; @len: bytes at @p */
static inline bool same_as(const struct same *s, const uint8_t *p, size_t len)
{
	uint64_t diff;
	uint32_t x;

	if (s->family == 4) {
		if (len < IP4_HDR_LEN + sizeof(x))
			return false;
		diff = (same_word(p) ^ s->w[0]) & SAME_V4_0;
		diff |= (same_word(p + 8) ^ s->w[1]) & SAME_V4_1;
		memcpy(&x, p + 16, sizeof(x));
		diff |= x ^ s->w[2];
		memcpy(&x, p + IP4_HDR_LEN, sizeof(x));
		return !(diff | (x ^ s->id));
	}
	if (s->family != 6 || len < IP6_HDR_LEN + sizeof(x))
		return false;
	diff = (same_word(p) ^ s->w[0]) & SAME_V6_0;
	for (unsigned i = 1; i < 5; i++)
		diff |= same_word(p + 8 * (size_t)i) ^ s->w[i];
	memcpy(&x, p + IP6_HDR_LEN, sizeof(x));
	return !(diff | (x ^ s->id));
}

/** same_len() - the length that the header of such a packet tells */
static inline uint32_t same_len(const struct same *s, const uint8_t *p)
{
	return s->family == 4 ? load_be16(p + 2) :
				IP6_HDR_LEN + (uint32_t)load_be16(p + 4);
}

#endif
