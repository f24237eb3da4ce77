/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/frag.h"

#include <stdlib.h>
#include <string.h>

#include "common/rd.h"
#include "common/wr.h"

#define IP4_MF	    0x2000
#define IP4_DF	    0x4000
#define IP4_OFF	    0x1fff
#define IP4_OPT_EOL 0
#define IP4_OPT_NOP 1

static struct frag read4(const uint8_t *p, const struct ip_info *ip)
{
	uint16_t field = load_be16(p + 6);

	return (struct frag){ .id = load_be16(p + 4),
			      .off = (field & IP4_OFF) * 8U,
			      .hdr = ip->upper_off,
			      .keep = ip->upper_off,
			      .len = ip->len - ip->upper_off,
			      .proto = p[9],
			      .more = field & IP4_MF };
}

struct frag frag_read(const uint8_t *p, const struct ip_info *ip)
{
	const uint8_t *h = p + ip->frag_at;
	uint16_t field;

	if (ip->family == 4)
		return read4(p, ip);
	field = load_be16(h + 2);
	return (struct frag){ .id = load_be32(h + 4),
			      .off = field & 0xfff8,
			      .hdr = ip->frag_at + IP6_FRAG_LEN,
			      .keep = ip->frag_at,
			      .len = ip->len - ip->frag_at - IP6_FRAG_LEN,
			      .proto = h[0],
			      .more = field & 1 };
}

void frag_view(const uint8_t *p, struct ip_info *ip)
{
	uint8_t first;

	if (ip->frag == IP_WHOLE)
		return;
	if (ip->has_ports)
		ip->vague |= IP_VAGUE_PORTS;
	ip->has_ports = false;
	ip->sport = ip->dport = 0;
	first = ip->family == 6 ? p[ip->frag_at] : ip->proto;
	if (first == ip->proto)
		return;
	ip->proto = first;
	ip->vague |= IP_VAGUE_PROTO | IP_VAGUE_PORTS;
}

void frag_queue_init(struct frag_queue *q)
{
	*q = (struct frag_queue){ .first = NULL };
	q->last = &q->first;
}

static struct frag_pkt *take(struct frag_queue *q)
{
	struct frag_pkt *k = q->first;

	q->first = k->next;
	if (!k->next)
		q->last = &q->first;
	q->bytes -= sizeof(*k) + k->len;
	return k;
}

void frag_queue_fini(struct frag_queue *q)
{
	while (q->first)
		free(take(q));
}

bool frag_queue_get(struct frag_queue *q, struct missiu_pkt *p, bool *lost)
{
	struct frag_pkt *k;

	if (!q->first)
		return false;
	k = take(q);
	*lost = p->cap < MISSIU_HEADROOM || p->cap - MISSIU_HEADROOM < k->len;
	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->policy_id = k->policy_id;
	p->spi = k->spi;
	p->data = *lost ? p->head : p->head + MISSIU_HEADROOM;
	p->len = *lost ? 0 : k->len;
	memcpy(p->data, k->data, p->len);
	free(k);
	return true;
}

/* Sizes and the header that fragments share. */
struct cut {
	const uint8_t *p; /* the packet */
	size_t keep;	  /* header bytes in front of the cut payload */
	size_t hdr;	  /* with a fragment header */
	size_t payload;	  /* bytes to cut */
	size_t piece;	  /* bytes in each but the last */
	size_t base;	  /* IPv4: where a fragment's payload starts itself */
	size_t nh_at;	  /* IPv6: the byte that names what is cut */
	uint8_t nh;
	uint8_t family;
	bool more; /* IPv4: the packet is a fragment, not the last */
	uint32_t id;
};

/* RFC 791 3.1: options without the copied flag are in the first one only. */
static void blank_options(uint8_t *opt, size_t len)
{
	for (size_t i = 0, n; i < len && opt[i] != IP4_OPT_EOL; i += n) {
		n = 1;
		if (opt[i] == IP4_OPT_NOP)
			continue;
		if (i + 1 < len && opt[i + 1] > 1)
			n = opt[i + 1];
		if (n > len - i)
			n = len - i;
		if (!(opt[i] & 0x80))
			memset(opt + i, IP4_OPT_NOP, n);
	}
}

/* Header of the fragment with payload @off .. @off + @len. */
static void put_header(const struct cut *c, uint8_t *h, size_t off, size_t len)
{
	bool more = off + len < c->payload || c->more;

	if (c->family == 4) {
		if (off)
			blank_options(h + IP4_HDR_LEN, c->keep - IP4_HDR_LEN);
		store_be16(h + 4, (uint16_t)c->id);
		store_be16(h + 6, (uint16_t)((c->base + off) / 8 |
					     (more ? IP4_MF : 0)));
		ip4_finish(h, c->hdr + len);
		return;
	}
	store_be16(h + 4, (uint16_t)(c->hdr + len - IP6_HDR_LEN));
	h[c->nh_at] = IP_P_FRAGMENT;
	h += c->keep;
	h[0] = c->nh;
	h[1] = 0;
	store_be16(h + 2, (uint16_t)(off | more));
	store_be32(h + 4, c->id);
}

static bool plan(struct cut *c, const uint8_t *p, const struct ip_info *ip,
		 uint32_t mtu, uint32_t id)
{
	struct frag f = { 0 };

	*c = (struct cut){ .p = p, .family = ip->family, .id = id };
	if (ip->family == 4) {
		f = read4(p, ip);
		c->keep = c->hdr = ip->upper_off;
		c->base = f.off;
		c->more = f.more;
		if (f.id)
			c->id = f.id;
	} else {
		c->keep = ip->ins_off;
		c->hdr = c->keep + IP6_FRAG_LEN;
		c->nh_at = ip->ins_nh_off;
		c->nh = p[c->nh_at];
	}
	c->payload = ip->len - c->keep;
	if (mtu < c->hdr + 8)
		return false;
	c->piece = (mtu - c->hdr) & ~(size_t)7;
	return true;
}

static bool put_rest(struct frag_queue *q, const struct cut *c,
		     const struct missiu_pkt *p)
{
	for (size_t off = c->piece, len; off < c->payload; off += len) {
		struct frag_pkt *k;

		len = c->payload - off;
		if (len > c->piece)
			len = c->piece;
		k = malloc(sizeof(*k) + c->hdr + len);
		if (!k)
			return false;
		*k = (struct frag_pkt){ .policy_id = p->policy_id,
					.spi = p->spi,
					.len = (uint32_t)(c->hdr + len) };
		memcpy(k->data, c->p, c->keep);
		memcpy(k->data + c->hdr, c->p + c->keep + off, len);
		put_header(c, k->data, off, len);
		*q->last = k;
		q->last = &k->next;
		q->bytes += sizeof(*k) + k->len;
	}
	return true;
}

/* Forget what was put in behind @last. */
static void undo(struct frag_queue *q, struct frag_pkt **last)
{
	struct frag_pkt *k;

	q->last = last;
	while ((k = *last)) {
		*last = k->next;
		q->bytes -= sizeof(*k) + k->len;
		free(k);
	}
}

enum missiu_drop frag_cut(struct frag_queue *q, struct missiu_pkt *p,
			  const struct ip_info *ip, uint32_t mtu, uint32_t id)
{
	struct frag_pkt **last = q->last;
	size_t insert, n;
	struct cut c;

	if (ip->len <= mtu)
		return MISSIU_DROP_NONE;
	if (!plan(&c, p->data, ip, mtu, id))
		return MISSIU_DROP_OUT_TOO_BIG;
	insert = c.hdr - c.keep;
	if (insert > (size_t)(p->data - p->head))
		return MISSIU_DROP_OUT_NO_ROOM;
	n = c.payload / c.piece;
	if (n * (sizeof(struct frag_pkt) + c.hdr) + c.payload >
	    FRAG_QUEUE_MAX - q->bytes)
		return MISSIU_DROP_FRAG_QUEUE;
	if (!put_rest(q, &c, p)) {
		undo(q, last);
		return MISSIU_DROP_FRAG_QUEUE;
	}
	p->data -= insert;
	memmove(p->data, p->data + insert, c.keep);
	put_header(&c, p->data, 0, c.piece);
	p->len = c.hdr + c.piece;
	return MISSIU_DROP_NONE;
}
