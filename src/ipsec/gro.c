/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging segments that arrived into super-packets: the reverse of gso.c.
 *
 * Theory of operation. Packets are taken in their order. One whose flow has an
 * item that is still open, and that continues it, is appended to it; any other
 * starts an item. Only the latest item of a flow is ever open, and items are
 * delivered in the order they were started, so a flow keeps its order. Flows
 * share MISSIU_GRO_MAX slots by a hash; two in one slot cost each other merging,
 * never correctness.
 *
 * The test for "continues" compares whole header bytes except those that
 * cutting restores. What a kernel's own GRO refuses is refused here too: the
 * result must be cut into the very packets it was made of.
 */
#include "missiu/offload.h"

#include <string.h>

#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/gso_sum.h"
#include "ipsec/ip.h"
#include "ipsec/tcp.h"

/** Datagrams in a super-packet: as many as any kernel takes. */
#define UDP_SEGS_MAX 64
#define IP_LEN_MAX   UINT16_MAX

/* What merging wants to know of one packet. */
struct seg {
	const uint8_t *ip, *up;
	uint32_t len, hdr_len, upper_len; /* upper: without IP header */
	uint8_t kind;			  /* enum missiu_seg; NONE: neither */
};

/* --- one packet ---------------------------------------------------------- */

/* Plain header in front of TCP or UDP; Return: its length, 0: another. */
static size_t ip_hdr(const uint8_t *p, size_t len, uint8_t *proto)
{
	struct rd r = rd_from(p, len);
	const uint8_t *h;

	if (!rd_take(&r, IP4_HDR_LEN, &h))
		return 0;
	if (h[0] == 0x45) { /* no options, no fragment */
		*proto = h[9];
		return load_be16(h + 2) == len && !(load_be16(h + 6) & 0x3fff) ?
			       IP4_HDR_LEN :
			       0;
	}
	if (h[0] >> 4 != 6 || !rd_take(&r, IP6_HDR_LEN - IP4_HDR_LEN, &h))
		return 0;
	*proto = p[6];
	return load_be16(p + 4) + (size_t)IP6_HDR_LEN == len ? IP6_HDR_LEN : 0;
}

/* Sum of the pseudo header; for an unfinished checksum too. */
static uint32_t pseudo_sum(const struct seg *s, size_t upper_len)
{
	uint32_t sum = s->kind == MISSIU_SEG_TCP ? IP_P_TCP : IP_P_UDP;

	sum += s->ip[0] >> 4 == 4 ? sum_bytes(s->ip + 12, 8) :
				    sum_bytes(s->ip + 8, 32);
	return sum + (uint32_t)upper_len;
}

/* Length of TCP's or UDP's header; 0: none, or lengths that do not fit. */
static size_t upper_hdr(const struct seg *s)
{
	size_t len = UDP_HDR_LEN;

	if (s->kind == MISSIU_SEG_UDP)
		return load_be16(s->up + 4) == s->upper_len ? len : 0;
	if (s->upper_len < TCP_HDR_LEN)
		return 0;
	len = tcp_hdr_len(s->up);
	return len >= TCP_HDR_LEN && len <= s->upper_len ? len : 0;
}

/* Is this packet TCP or UDP, whole, without IP options? */
static bool look(const struct missiu_pkt *p, struct seg *s)
{
	uint8_t proto;
	size_t off = ip_hdr(p->data, p->len, &proto), hdr;
	struct rd r = rd_from(p->data + off, p->len - off);

	if (!off || (proto != IP_P_TCP && proto != IP_P_UDP))
		return false;
	*s = (struct seg){ .ip = p->data,
			   .len = (uint32_t)p->len,
			   .upper_len = (uint32_t)(p->len - off) };
	s->kind = proto == IP_P_TCP ? MISSIU_SEG_TCP : MISSIU_SEG_UDP;
	if (!rd_take(&r, UDP_HDR_LEN, &s->up))
		return false;
	hdr = upper_hdr(s);
	s->hdr_len = (uint32_t)(off + hdr);
	return hdr;
}

/* Are its checksums there and right? */
static bool intact(const struct seg *s)
{
	if (s->kind == MISSIU_SEG_UDP && !load_be16(s->up + UDP_CSUM_OFF))
		return false;
	return ip_fold(sum_bytes(s->up, s->upper_len) +
		       pseudo_sum(s, s->upper_len)) == 0 &&
	       (s->ip[0] >> 4 == 6 || ip4_sum_ok(s->ip));
}

/* Addresses and ports, spread over the slots. */
static size_t slot(const struct seg *s)
{
	uint32_t sum = load_be32(s->up), from = s->ip[0] >> 4 == 4 ? 12 : 8;
	const uint8_t *end = s->ip[0] >> 4 == 4 ? s->ip + 20 : s->ip + 40;

	for (const uint8_t *p = s->ip + from; p < end; p += 4)
		sum = (sum ^ load_be32(p)) * 0x9e3779b1u;
	return sum >> 24;
}

/* --- two packets --------------------------------------------------------- */

static bool same_flow(const struct seg *a, const struct seg *b)
{
	size_t from = a->ip[0] >> 4 == 4 ? 12 : 8,
	       len = a->ip[0] >> 4 == 4 ? 8 : 32;

	return a->kind == b->kind && a->ip[0] >> 4 == b->ip[0] >> 4 &&
	       !memcmp(a->ip + from, b->ip + from, len) &&
	       !memcmp(a->up, b->up, 4);
}

/* IP headers alike; RFC 6864: identifications that cutting would make again */
static bool same_ip(struct missiu_gro_item *it, const struct seg *a,
		    const struct seg *b)
{
	uint16_t id = load_be16(b->ip + 4);
	bool df = a->ip[6] & 0x40, counts;

	if (a->ip[0] >> 4 == 6) /* version, class, flow label; next, limit */
		return !memcmp(a->ip, b->ip, 4) &&
		       !memcmp(a->ip + 6, b->ip + 6, 2);
	if (a->ip[1] != b->ip[1] || memcmp(a->ip + 6, b->ip + 6, 4))
		return false;
	counts = id == (uint16_t)(it->ip_id + 1);
	if (df && it->n == 1)
		it->fixed_id = id == it->ip_id;
	it->ip_id = id;
	return it->fixed_id || counts;
}

/* Acknowledgement, window, options and most flags the same, seq the next. */
static bool same_tcp(const struct missiu_gro_item *it, const struct seg *a,
		     const struct seg *b)
{
	const uint8_t may_differ = TCP_FIN | TCP_PSH;
	uint8_t flags = a->up[TCP_FLAGS_OFF] ^ b->up[TCP_FLAGS_OFF];

	return load_be32(b->up + TCP_SEQ_OFF) == it->seq &&
	       load_be32(a->up + TCP_ACK_OFF) ==
		       load_be32(b->up + TCP_ACK_OFF) &&
	       a->up[TCP_DOFF_OFF] == b->up[TCP_DOFF_OFF] &&
	       !(flags & ~may_differ) &&
	       !memcmp(a->up + TCP_WIN_OFF, b->up + TCP_WIN_OFF, 2) &&
	       !memcmp(a->up + TCP_WIN_OFF + 4, b->up + TCP_WIN_OFF + 4,
		       a->hdr_len - (size_t)(a->up - a->ip) - TCP_WIN_OFF - 4);
}

static bool continues(struct missiu_gro_item *it, const struct seg *a,
		      const struct seg *b)
{
	uint32_t pay = b->len - b->hdr_len;

	if (!it->open || !pay || pay > it->o.seg_size ||
	    a->hdr_len != b->hdr_len || it->len + pay > IP_LEN_MAX)
		return false;
	if (a->kind == MISSIU_SEG_UDP)
		return it->n < UDP_SEGS_MAX && same_ip(it, a, b);
	return same_tcp(it, a, b) && same_ip(it, a, b);
}

/* --- items --------------------------------------------------------------- */

/* Flags other than ACK: PSH and FIN end an item, the rest is never merged. */
static bool closes(const struct seg *s)
{
	return s->kind == MISSIU_SEG_TCP && s->up[TCP_FLAGS_OFF] & ~TCP_ACK;
}

static struct missiu_gro_item *start(struct missiu_gro *g, size_t i,
				     const struct missiu_pkt *p)
{
	struct missiu_gro_item *it = &g->item[g->n++];

	*it = (struct missiu_gro_item){ .len = (uint32_t)p->len,
					.first = (uint16_t)i,
					.last = (uint16_t)i,
					.n = 1 };
	return it;
}

/* An item that more may be appended to. */
static void describe(struct missiu_gro_item *it, const struct seg *s)
{
	uint32_t pay = s->len - s->hdr_len;

	it->o.csum_good = true;
	it->o.seg_size = (uint16_t)pay;
	it->o.hdr_len = (uint16_t)s->hdr_len;
	it->ip_id = load_be16(s->ip + 4);
	it->seq = load_be32(s->up + TCP_SEQ_OFF) + pay;
	it->open = pay && !closes(s);
}

static void append(struct missiu_gro *g, struct missiu_gro_item *it, size_t i,
		   const struct seg *s, struct missiu_pkt *head)
{
	uint8_t *flags = head->data + (s->up - s->ip) + TCP_FLAGS_OFF;
	uint32_t pay = s->len - s->hdr_len;

	g->next[it->last] = (uint16_t)i;
	it->last = (uint16_t)i;
	it->n++;
	it->len += pay;
	it->seq += pay;
	it->o.seg = s->kind;
	if (pay < it->o.seg_size || closes(s))
		it->open = false;
	if (s->kind == MISSIU_SEG_TCP)
		*flags |= s->up[TCP_FLAGS_OFF];
}

/* Headers of a merged item: the receiver finishes the checksum. */
static void seal_item(struct missiu_gro_item *it, struct missiu_pkt *p)
{
	uint8_t *h = p->data, *up;
	size_t off = h[0] >> 4 == 4 ? IP4_HDR_LEN : IP6_HDR_LEN;
	struct seg s = { .ip = h, .kind = it->o.seg };
	size_t csum = it->o.seg == MISSIU_SEG_TCP ? TCP_CSUM_OFF : UDP_CSUM_OFF;

	up = h + off;
	if (h[0] >> 4 == 4)
		ip4_finish(h, it->len);
	else
		store_be16(h + 4, (uint16_t)(it->len - IP6_HDR_LEN));
	if (it->o.seg == MISSIU_SEG_UDP)
		store_be16(up + 4, (uint16_t)(it->len - off));
	store_be16(up + csum,
		   (uint16_t)~ip_fold(pseudo_sum(&s, it->len - off)));
	it->o.csum_good = false;
	it->o.csum_needed = true;
	it->o.csum_start = (uint16_t)off;
	it->o.csum_off = (uint16_t)csum;
}

/* The latest item of the flow, if it may go on; else NULL. */
static struct missiu_gro_item *item_of(struct missiu_gro *g,
				       struct missiu_pkt *const v[],
				       const struct seg *s, struct seg *first)
{
	uint16_t latest = g->flow[slot(s)];
	struct missiu_gro_item *it;

	if (latest >= g->n || latest < g->barrier)
		return NULL;
	it = &g->item[latest];
	*first = (struct seg){ .ip = v[it->first]->data, .kind = s->kind };
	first->up = first->ip + (s->up - s->ip);
	first->hdr_len = it->o.hdr_len;
	return it->open && same_flow(first, s) ? it : NULL;
}

static void add(struct missiu_gro *g, struct missiu_pkt *const v[], size_t i)
{
	struct missiu_gro_item *it;
	struct seg s, first = { 0 };

	if (!look(v[i], &s)) {
		/* Perhaps of one of the flows: nothing overtakes it. */
		start(g, i, v[i]);
		g->barrier = g->n;
		return;
	}
	it = item_of(g, v, &s, &first);
	if (!intact(&s)) {
		g->flow[slot(&s)] = g->n;
		start(g, i, v[i]);
	} else if (it && continues(it, &first, &s)) {
		append(g, it, i, &s, v[it->first]);
	} else {
		g->flow[slot(&s)] = g->n;
		describe(start(g, i, v[i]), &s);
	}
}

void missiu_gro(struct missiu_gro *g, struct missiu_pkt *const v[], size_t n)
{
	g->n = g->barrier = 0;
	memset(g->flow, 0xff, sizeof(g->flow));
	for (size_t i = 0; i < n && i < MISSIU_GRO_MAX; i++)
		add(g, v, i);
	for (uint16_t k = 0; k < g->n; k++)
		if (g->item[k].n > 1)
			seal_item(&g->item[k], v[g->item[k].first]);
}
