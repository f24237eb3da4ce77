/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ESP puts in front of a packet and behind it (RFC 4303 2, 3.1).
 *
 * Transport mode                     Tunnel mode
 *   IP header, options                 outer IP header
 *   [UDP]  RFC 3948                    [UDP]
 *   SPI, sequence number, IV           SPI, sequence number, IV
 *   payload                            inner packet
 *   padding, pad length, next header   padding, pad length, next header
 *   ICV                                ICV
 *
 * Payload and inner packet stay where they are; headers are put in front.
 */
#include <string.h>

#include "common/addr.h"
#include "common/wr.h"
#include "ipsec/esp_out.h"
#include "ipsec/out.h"

/* Outer header of tunnel mode: RFC 4301 5.1.2.1 (IPv4), 5.1.2.2 (IPv6). */
void out_put_outer(struct missiu *m, const struct sa *sa,
		   const struct policy *pol, const struct ip_info *ip,
		   uint8_t *h)
{
	const struct missiu_addr *src = &pol->p.tun_local;
	size_t len = addr_len(&sa->d.dst);
	bool df;

	memcpy(h, sa->hdr, sa->ip_len);
	if (!sa->d.src.family) {
		if (!src->family)
			src = &ip->src;
		memcpy(h + sa->ip_len - 2 * len, src->b, len);
	}
	/* DSCP copied; ECN copied too: RFC 6040 4.1, normal mode. */
	if (sa->d.dst.family == 6) {
		h[0] = (uint8_t)(0x60 | ip->tos >> 4);
		h[1] = (uint8_t)(ip->tos << 4);
		return;
	}
	h[1] = ip->tos;
	store_be16(h + 4, (uint16_t)engine_ip_id(m, 4));
	/*
	 * RFC 4301 8.1: DF copied from IPv4, set or clear. IPv6 packets are
	 * never fragmented on their way: copied, it is set for them.
	 */
	df = ip->df || ip->family == 6 || pol->p.flags & MISSIU_POL_DF_SET;
	df = df && !(pol->p.flags & MISSIU_POL_DF_CLEAR);
	store_be16(h + 6, df ? 0x4000 : 0);
}

void out_finish_ip(uint8_t *h, size_t len)
{
	if (h[0] >> 4 == 4)
		ip4_finish(h, len);
	else
		store_be16(h + 4, (uint16_t)(len - IP6_HDR_LEN));
}

/* Sizes of a packet to be. */
struct layout {
	size_t hdr;  /* IP header in front of UDP or ESP */
	size_t keep; /* of it, bytes that are the packet's own */
	size_t grow; /* bytes in front of the packet */
	size_t body; /* bytes to encrypt, TFC padding included, no trailer */
	size_t text; /* with trailer */
	size_t total;
};

static enum missiu_drop lay_out(const struct sa *sa, uint8_t mode,
				const struct ip_info *ip,
				const struct missiu_pkt *p, size_t tfc,
				struct layout *l)
{
	size_t esp = (size_t)sa->udp_len + ESP_HDR_LEN + sa->sz.iv_len;
	size_t used = (size_t)(p->data - p->head);

	l->keep = mode == MISSIU_TUNNEL ? 0 : ip->ins_off;
	l->hdr = mode == MISSIU_TUNNEL ? sa->ip_len : l->keep;
	l->grow = l->hdr - l->keep + esp;
	l->body = (tfc > ip->len ? tfc : ip->len) - l->keep;
	l->text = l->body + ESP_TRAILER_LEN + sa->sz.block - 1;
	l->text -= l->text % sa->sz.block;
	l->total = l->hdr + esp + l->text + sa->sz.icv_len;
	if (l->total > UINT16_MAX)
		return MISSIU_DROP_OUT_TOO_BIG;
	if (l->grow > used || l->total - l->grow > p->cap - used)
		return MISSIU_DROP_OUT_NO_ROOM;
	return MISSIU_DROP_NONE;
}

/* RFC 4303 2.7: as the policy asks, as far as path, peer and buffer allow. */
static size_t tfc_len(const struct sa *sa, const struct policy *pol,
		      const struct missiu_pkt *p, size_t room)
{
	size_t want = pol->p.tfc;
	size_t cap = p->cap - (size_t)(p->data - p->head);

	if (!want || pol->p.mode != MISSIU_TUNNEL ||
	    sa->d.flags & MISSIU_SA_NO_TFC || cap < MISSIU_TAILROOM)
		return 0;
	if (want > room)
		want = room;
	return want < cap - MISSIU_TAILROOM ? want : cap - MISSIU_TAILROOM;
}

enum missiu_drop esp_put(struct missiu *m, struct sa *sa,
			 const struct policy *pol, const struct ip_info *ip,
			 size_t room, struct missiu_pkt *p,
			 struct crypt_job *job)
{
	const size_t tfc = tfc_len(sa, pol, p, room);
	struct layout l;
	enum missiu_drop why = lay_out(sa, pol->p.mode, ip, p, tfc, &l);
	uint8_t *h, *udp, *esp, next;

	if (why)
		return why;
	h = p->data - l.grow;
	udp = h + l.hdr;
	esp = udp + sa->udp_len;
	if (pol->p.mode == MISSIU_TUNNEL) {
		next = ip->family == 4 ? IP_P_IPIP : IP_P_IPV6;
		out_put_outer(m, sa, pol, ip, h);
	} else {
		memmove(h, p->data, l.keep);
		next = h[ip->ins_nh_off];
		h[ip->ins_nh_off] = sa_outer_proto(sa);
	}
	out_finish_ip(h, l.total);
	if (sa->udp_len) {
		memcpy(udp, sa->hdr + sa->ip_len, sa->udp_len);
		store_be16(udp + 4, (uint16_t)(l.total - l.hdr));
		store_be16(udp + 6, 0);
	}
	sa->seq++;
	store_be32(esp, sa->d.spi);
	store_be32(esp + 4, (uint32_t)sa->seq);
	memset(p->data + ip->len, 0, l.keep + l.body - ip->len);
	esp_put_trailer(p->data + l.keep + l.body,
			l.text - l.body - ESP_TRAILER_LEN, next);
	*job = (struct crypt_job){ .esp = esp,
				   .text_len = l.text,
				   .seq = sa->seq };
	p->data = h;
	p->len = l.total;
	return MISSIU_DROP_NONE;
}
