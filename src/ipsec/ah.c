/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/ah.h"

#include <string.h>

#include "common/rd.h"
#include "common/wr.h"

#define IP4_HDR_MAX 60

static const uint8_t zero[256];

/* What becomes of an IPv4 option on its way (RFC 4302 appendix A1). */
enum opt4_class { OPT4_MUTABLE, OPT4_KEPT, OPT4_ROUTE };

static enum opt4_class opt4_class(uint8_t type)
{
	switch (type) {
	case 130: /* security */
	case 133: /* extended security */
	case 134: /* commercial security */
	case 148: /* router alert */
	case 149: /* sender directed multi-destination delivery */
		return OPT4_KEPT;
	case 131: /* loose source route */
	case 137: /* strict source route */
		return OPT4_ROUTE;
	default: /* listed there as mutable, or not listed at all */
		return OPT4_MUTABLE;
	}
}

/* Zero what may change; false: malformed, or a route not at its end. */
static bool freeze_options4(uint8_t *opts, size_t len)
{
	struct rd r = rd_from(opts, len);
	const uint8_t *h, *rest;
	enum opt4_class class;

	while (rd_take(&r, 1, &h)) {
		if (h[0] == 0) /* end of list, kept with what follows */
			return true;
		if (h[0] == 1) /* no operation */
			continue;
		if (!rd_take(&r, 1, &rest) || h[1] < 2 ||
		    !rd_take(&r, h[1] - 2U, &rest))
			return false;
		class = opt4_class(h[0]);
		/* RFC 791 3.1: past the end the pointer exceeds the length. */
		if (class == OPT4_ROUTE && (h[1] < 3 || h[2] <= h[1]))
			return false;
		if (class != OPT4_KEPT)
			memset(opts + (h - opts), 0, h[1]);
	}
	return true;
}

static bool feed_ip4(struct auth_key *k, const uint8_t *p, size_t len)
{
	uint8_t h[IP4_HDR_MAX];

	if (len < IP4_HDR_LEN || len > sizeof(h))
		return false;
	memcpy(h, p, len);
	h[1] = 0;	       /* DSCP, ECN */
	store_be16(h + 6, 0);  /* flags, fragment offset */
	h[8] = 0;	       /* TTL */
	store_be16(h + 10, 0); /* checksum */
	if (!freeze_options4(h + IP4_HDR_LEN, len - IP4_HDR_LEN))
		return false;
	auth_update(k, h, len);
	return true;
}

/* Hop-by-hop and destination options: bit 5 of the type says "may change". */
static bool feed_options6(struct auth_key *k, const uint8_t *ext, size_t len)
{
	struct rd r = rd_from(ext, len);
	const uint8_t *h, *data;

	if (!rd_take(&r, 2, &h))
		return false;
	auth_update(k, h, 2);
	while (rd_take(&r, 1, &h)) {
		auth_update(k, h, 1);
		if (h[0] == 0) /* Pad1 */
			continue;
		if (!rd_take(&r, 1, &data) || !rd_take(&r, h[1], &data))
			return false;
		auth_update(k, h + 1, 1);
		auth_update(k, h[0] & 0x20 ? zero : data, h[1]);
	}
	return true;
}

static bool feed_ext6(struct auth_key *k, uint8_t kind, const uint8_t *ext,
		      size_t len)
{
	switch (kind) {
	case IP_P_HOPOPTS:
	case IP_P_DSTOPTS:
		return feed_options6(k, ext, len);
	case IP_P_ROUTING:
		if (ext[3]) /* segments left */
			return false;
		auth_update(k, ext, len);
		return true;
	default: /* fragments are put together before */
		return false;
	}
}

static bool feed_ip6(struct auth_key *k, const uint8_t *p, size_t len)
{
	struct rd r = rd_from(p, len);
	uint8_t h[IP6_HDR_LEN], kind;
	const uint8_t *ext, *rest;

	if (!rd_take(&r, IP6_HDR_LEN, &ext))
		return false;
	memcpy(h, p, sizeof(h));
	store_be32(h, 0x60000000); /* traffic class, flow label */
	h[7] = 0;		   /* hop limit */
	auth_update(k, h, sizeof(h));
	for (kind = h[6]; rd_take(&r, 8, &ext); kind = ext[0])
		if (!rd_take(&r, ext[1] * 8U, &rest) ||
		    !feed_ext6(k, kind, ext, ext[1] * 8U + 8))
			return false;
	return rd_done(&r);
}

int ah_tag(const struct sa *sa, const struct ah_place *at,
	   uint8_t tag[static AUTH_TAG_MAX])
{
	const uint8_t *p = at->pkt, *ah = p + at->off;
	size_t icv = (size_t)sa->sz.iv_len + sa->sz.icv_len;
	uint8_t seq_hi[4];
	bool ok;

	auth_start(sa->auth, sa->sz.iv_len ? ah + AH_HDR_LEN : NULL);
	ok = p[0] >> 4 == 4 ? feed_ip4(sa->auth, p, at->off) :
			      feed_ip6(sa->auth, p, at->off);
	if (!ok)
		return MISSIU_EPROTO;
	auth_update(sa->auth, ah, AH_HDR_LEN);
	auth_update(sa->auth, zero, icv);
	auth_update(sa->auth, ah + AH_HDR_LEN + icv,
		    at->total - at->off - AH_HDR_LEN - icv);
	if (sa->d.flags & MISSIU_SA_ESN) {
		store_be32(seq_hi, (uint32_t)(at->seq >> 32));
		auth_update(sa->auth, seq_hi, sizeof(seq_hi));
	}
	return auth_final(sa->auth, tag);
}

/* RFC 4302 2.6: the whole header is a multiple of 4 or 8 bytes. */
size_t ah_len(const struct sa *sa, uint8_t family)
{
	size_t align = family == 4 ? 4 : 8;
	size_t n = AH_HDR_LEN + (size_t)sa->sz.iv_len + sa->sz.icv_len;

	return (n + align - 1) / align * align;
}
