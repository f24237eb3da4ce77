/* SPDX-License-Identifier: Apache-2.0 */
/* AH on the way out (RFC 4302 3.3). */
#include "ipsec/ah.h"

#include <string.h>

#include "common/wr.h"
#include "ipsec/out.h"

/* Sizes of a packet to be. */
struct layout {
	size_t hdr;  /* IP header in front of AH */
	size_t keep; /* of it, bytes that are the packet's own */
	size_t grow; /* bytes in front of the packet */
	size_t ah;
	size_t total;
};

static enum missiu_drop lay_out(const struct sa *sa, uint8_t mode,
				const struct ip_info *ip,
				const struct missiu_pkt *p, struct layout *l)
{
	bool tunnel = mode == MISSIU_TUNNEL;

	l->keep = tunnel ? 0 : ip->ins_off;
	l->hdr = tunnel ? sa->ip_len : l->keep;
	l->ah = ah_len(sa, tunnel ? sa->d.dst.family : ip->family);
	l->grow = l->hdr - l->keep + l->ah;
	l->total = ip->len + l->grow;
	if (l->total > UINT16_MAX)
		return MISSIU_DROP_OUT_TOO_BIG;
	if (l->grow > (size_t)(p->data - p->head))
		return MISSIU_DROP_OUT_NO_ROOM;
	return MISSIU_DROP_NONE;
}

static void put_ah(const struct sa *sa, uint8_t *ah, size_t len, uint8_t next)
{
	memset(ah, 0, len);
	ah[0] = next;
	ah[1] = (uint8_t)(len / 4 - 2);
	store_be32(ah + 4, sa->d.spi);
	store_be32(ah + 8, (uint32_t)sa->seq);
	if (sa->sz.iv_len) /* GMAC: never twice under one key */
		store_be64(ah + AH_HDR_LEN, sa->seq);
}

enum missiu_drop ah_seal(struct missiu *m, struct sa *sa,
			 const struct policy *pol, uint8_t mode,
			 const struct ip_info *ip, struct missiu_pkt *p)
{
	uint8_t *h, tag[AUTH_TAG_MAX], next;
	struct layout l;
	enum missiu_drop why = lay_out(sa, mode, ip, p, &l);
	struct ah_place at;
	int ret;

	if (why)
		return why;
	h = p->data - l.grow;
	if (mode == MISSIU_TUNNEL) {
		next = ip->family == 4 ? IP_P_IPIP : IP_P_IPV6;
		out_put_outer(m, sa, pol, ip, h);
	} else {
		memmove(h, p->data, l.keep);
		next = h[ip->ins_nh_off];
		h[ip->ins_nh_off] = IP_P_AH;
	}
	out_finish_ip(h, l.total);
	at = (struct ah_place){ .pkt = h,
				.off = l.hdr,
				.len = l.ah,
				.total = l.total,
				.seq = ++sa->seq };
	put_ah(sa, h + l.hdr, l.ah, next);
	p->data = h;
	p->len = l.total;
	ret = ah_tag(sa, &at, tag);
	if (ret)
		return ret == MISSIU_EPROTO ? MISSIU_DROP_OUT_AH_ROUTE :
					      MISSIU_DROP_OUT_STATE_PROTO;
	memcpy(h + l.hdr + AH_HDR_LEN + sa->sz.iv_len, tag, sa->sz.icv_len);
	return MISSIU_DROP_NONE;
}
