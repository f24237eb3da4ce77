/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cutting super-packets into the packets that the network carries.
 *
 *	| IP | TCP |  payload, up to 64 KB                       |
 *
 *	| IP | TCP | seg_size |  | IP | TCP | seg_size |  | IP | TCP | rest |
 *
 * A packet that is not to be cut is one segment; the same copy that moves it to
 * the buffer it is encrypted in then finishes its checksum.
 */
#include "missiu/offload.h"

#include <string.h>

#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/gso_sum.h"
#include "ipsec/ip.h"
#include "ipsec/tcp.h"
#include "missiu/err.h"

/* A super-packet: headers as the kind wants them, and payload behind. */
static int start_super(struct missiu_gso *g, const struct ip_info *ip)
{
	struct rd r = rd_from(g->p + ip->upper_off, ip->len - ip->upper_off);
	uint8_t proto = g->o.seg == MISSIU_SEG_TCP ? IP_P_TCP : IP_P_UDP;
	size_t upper_len = UDP_HDR_LEN;
	const uint8_t *h;

	if (!g->o.seg_size || ip->proto != proto || ip->frag != IP_WHOLE)
		return MISSIU_EPROTO;
	if (g->o.seg == MISSIU_SEG_TCP) {
		if (!rd_take(&r, TCP_HDR_LEN, &h))
			return MISSIU_EPROTO;
		upper_len = tcp_hdr_len(h);
		r = rd_from(h, ip->len - ip->upper_off);
		if (upper_len < TCP_HDR_LEN)
			return MISSIU_EPROTO;
	}
	if (!rd_take(&r, upper_len, &h))
		return MISSIU_EPROTO;
	g->upper = (uint16_t)ip->upper_off;
	g->hdr_len = g->at = (uint32_t)(ip->upper_off + upper_len);
	return 0;
}

int missiu_gso_start(struct missiu_gso *g, const uint8_t *ip, size_t len,
		     const struct missiu_offload *o)
{
	struct ip_info info;

	*g = (struct missiu_gso){ .p = ip, .o = *o };
	if (ip_parse(ip, len, &info))
		return MISSIU_EPROTO;
	g->len = info.len;
	switch (o->seg) {
	case MISSIU_SEG_NONE:
		if (o->csum_needed &&
		    (size_t)o->csum_start + o->csum_off + 2 > info.len)
			return MISSIU_EPROTO;
		return 0;
	case MISSIU_SEG_TCP:
	case MISSIU_SEG_UDP:
		return start_super(g, &info);
	default:
		return MISSIU_EPROTO;
	}
}

size_t missiu_gso_room(const struct missiu_gso *g)
{
	size_t left = g->len - g->hdr_len;

	if (g->o.seg && left > g->o.seg_size)
		left = g->o.seg_size;
	return g->hdr_len + left;
}

size_t missiu_gso_left(const struct missiu_gso *g)
{
	size_t left = g->len - g->at;

	if (g->done)
		return 0;
	if (!g->o.seg || left <= g->o.seg_size)
		return 1;
	return (left + g->o.seg_size - 1) / g->o.seg_size;
}

/* One packet as it is, its checksum finished while it is copied. */
static void whole(struct missiu_gso *g, struct missiu_pkt *out)
{
	size_t start = g->o.csum_start;
	uint8_t *field = out->data + start + g->o.csum_off;
	uint16_t sum;

	g->done = true;
	out->len = g->len;
	if (!g->o.csum_needed) {
		memcpy(out->data, g->p, g->len);
		return;
	}
	memcpy(out->data, g->p, start);
	sum = ip_fold(
		sum_copy(out->data + start, g->p + start, g->len - start));
	/* 0 would mean that a UDP packet has none (RFC 768). */
	if (!sum && g->o.csum_off == UDP_CSUM_OFF)
		sum = 0xffff;
	store_be16(field, sum);
}

static void finish_tcp(const struct missiu_gso *g, uint8_t *h, bool last)
{
	uint8_t *flags = h + TCP_FLAGS_OFF;

	store_be32(h + TCP_SEQ_OFF,
		   load_be32(h + TCP_SEQ_OFF) + g->at - g->hdr_len);
	if (!last)
		*flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (g->n)
		*flags &= (uint8_t)~TCP_CWR;
}

/* The IP header of segment number .n; Return: sum of the pseudo header. */
static uint32_t finish_ip(const struct missiu_gso *g, uint8_t *h, size_t len)
{
	size_t upper_len = len - g->upper;
	uint32_t pseudo = (uint32_t)upper_len;

	if (h[0] >> 4 == 4) {
		store_be16(h + 4, (uint16_t)(load_be16(h + 4) + g->n));
		ip4_finish(h, len);
		pseudo += sum_bytes(h + 12, 8);
	} else {
		store_be16(h + 4, (uint16_t)(len - IP6_HDR_LEN));
		pseudo += sum_bytes(h + 8, 32);
	}
	return pseudo + (g->o.seg == MISSIU_SEG_TCP ? IP_P_TCP : IP_P_UDP);
}

/* Copy the payload, and complete the checksum with what it adds to @sum. */
static void finish_sum(const struct missiu_gso *g, uint8_t *h, size_t pay,
		       uint32_t sum)
{
	bool udp = g->o.seg == MISSIU_SEG_UDP;
	uint8_t *up = h + g->upper, *field;
	uint16_t csum;

	field = up + (udp ? UDP_CSUM_OFF : TCP_CSUM_OFF);
	store_be16(field, 0);
	if (udp && g->o.csum_good) {
		memcpy(h + g->hdr_len, g->p + g->at, pay);
		return;
	}
	sum += sum_copy(h + g->hdr_len, g->p + g->at, pay);
	csum = ip_fold(sum + sum_bytes(up, g->hdr_len - g->upper));
	if (!csum && udp)
		csum = 0xffff; /* 0 means that there is none (RFC 768) */
	store_be16(field, csum);
}

bool missiu_gso_next(struct missiu_gso *g, struct missiu_pkt *out)
{
	size_t pay = g->len - g->at, len;
	uint8_t *h = out->data;
	uint32_t sum;
	bool last;

	if (g->done)
		return false;
	if (!g->o.seg) {
		whole(g, out);
		return true;
	}
	last = pay <= g->o.seg_size;
	if (!last)
		pay = g->o.seg_size;
	len = g->hdr_len + pay;
	memcpy(h, g->p, g->hdr_len);
	sum = finish_ip(g, h, len);
	if (g->o.seg == MISSIU_SEG_TCP)
		finish_tcp(g, h + g->upper, last);
	else
		store_be16(h + g->upper + 4, (uint16_t)(len - g->upper));
	finish_sum(g, h, pay, sum);
	out->len = len;
	g->at += (uint32_t)pay;
	g->n++;
	g->done = last;
	return true;
}
