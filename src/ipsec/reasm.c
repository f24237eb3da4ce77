/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/reasm.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/frag.h"
#include "ipsec/mix.h"

/* What the memory allocator keeps for itself, about. */
#define ALLOC_COST 16

#define ECN_NOT_ECT 0
#define ECN_CE	    3

/* One fragment: the first with its header, others without. */
struct piece {
	struct piece *next;
	uint32_t off, len; /* of the payload */
	uint32_t hdr;	   /* header bytes in front of it in data */
	uint8_t data[];
};

/* RFC 791: source, destination, protocol, identification; IPv6: no protocol. */
struct key {
	struct missiu_addr src, dst;
	uint64_t ctx;
	uint32_t id;
	uint8_t proto;
};

struct reasm_dgram {
	struct reasm_dgram *next;	   /* in the bucket */
	struct reasm_dgram *older, *newer; /* of all */
	struct reasm_bucket *in;
	struct key key;
	struct piece *pieces, *tail; /* by offset */
	uint32_t n_pieces;
	uint32_t have;	  /* payload bytes that came */
	uint32_t end;	  /* of the payload; 0: not known */
	uint32_t biggest; /* fragment, with header */
	size_t bytes;	  /* of memory */
	uint8_t ecn_seen; /* mask of 1 << codepoint */
	bool dead;	  /* overlap: kept to drop what still comes */
	missiu_usec deadline;
};

struct reasm_conf reasm_conf_default(void)
{
	return (struct reasm_conf){ .max_bytes = 4U << 20,
				    .src_bytes = 1U << 20,
				    .max_dgrams = 1024,
				    .src_dgrams = 64,
				    .timeout_us = UINT64_C(15000000) };
}

void reasm_init(struct reasm *r, const struct reasm_conf *conf, uint64_t seed,
		uint64_t *dropped)
{
	memset(r, 0, sizeof(*r));
	r->conf = *conf;
	r->seed = seed;
	r->dropped = dropped;
	for (size_t i = 0; i < REASM_BUCKETS; i++)
		r->bucket[i].last = &r->bucket[i].first;
}

static void charge(struct reasm *r, struct reasm_dgram *d, size_t bytes)
{
	d->bytes += bytes;
	d->in->bytes += bytes;
	r->bytes += bytes;
}

static void free_pieces(struct reasm *r, struct reasm_dgram *d)
{
	struct piece *k, *next;
	size_t freed = d->bytes - sizeof(*d) - ALLOC_COST;

	for (k = d->pieces; k; k = next) {
		next = k->next;
		free(k);
	}
	d->pieces = d->tail = NULL;
	d->bytes -= freed;
	d->in->bytes -= freed;
	r->bytes -= freed;
}

static void unlink_dgram(struct reasm *r, struct reasm_dgram *d)
{
	struct reasm_dgram **at = &d->in->first;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	if (!d->next)
		d->in->last = at;
	if (d->older)
		d->older->newer = d->newer;
	else
		r->oldest = d->newer;
	if (d->newer)
		d->newer->older = d->older;
	else
		r->newest = d->older;
}

static void forget(struct reasm *r, struct reasm_dgram *d)
{
	free_pieces(r, d);
	unlink_dgram(r, d);
	d->in->bytes -= d->bytes;
	d->in->n--;
	r->bytes -= d->bytes;
	r->n--;
	free(d);
}

/* Give up a datagram: its fragments were kept and are lost now. */
static void give_up(struct reasm *r, struct reasm_dgram *d,
		    enum missiu_drop why)
{
	if (!d->dead)
		r->dropped[why] += d->n_pieces;
	forget(r, d);
}

void reasm_fini(struct reasm *r)
{
	while (r->oldest)
		forget(r, r->oldest);
}

missiu_usec reasm_expire(struct reasm *r, missiu_usec now)
{
	while (r->oldest && r->oldest->deadline <= now)
		give_up(r, r->oldest, MISSIU_DROP_REASM_TIMEOUT);
	return r->oldest ? r->oldest->deadline : UINT64_MAX;
}

static struct reasm_bucket *bucket_of(struct reasm *r,
				      const struct missiu_addr *src)
{
	uint64_t x = r->seed;

	for (size_t i = 0; i < addr_len(src); i += 4)
		x = mix(x ^ load_be32(src->b + i));
	return &r->bucket[x % REASM_BUCKETS];
}

static bool key_eq(const struct key *a, const struct key *b)
{
	return a->id == b->id && a->proto == b->proto && a->ctx == b->ctx &&
	       addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst);
}

/* Make room in a bucket for @bytes more; @keep stays. */
static bool make_room(struct reasm *r, struct reasm_bucket *b, size_t bytes,
		      const struct reasm_dgram *keep)
{
	const struct reasm_conf *c = &r->conf;
	struct reasm_dgram *d;

	while (b->bytes + bytes > c->src_bytes ||
	       b->n + !keep > c->src_dgrams) {
		d = b->first;
		if (d && d == keep)
			d = keep->next;
		if (!d)
			return false;
		give_up(r, d, MISSIU_DROP_REASM_FULL);
	}
	while (r->bytes + bytes > c->max_bytes ||
	       r->n + !keep > c->max_dgrams) {
		d = r->oldest;
		if (d && d == keep)
			d = keep->newer;
		if (!d)
			return false;
		give_up(r, d, MISSIU_DROP_REASM_FULL);
	}
	return true;
}

static struct reasm_dgram *find(struct reasm_bucket *b, const struct key *key)
{
	struct reasm_dgram *d = b->first;

	while (d && !key_eq(&d->key, key))
		d = d->next;
	return d;
}

static struct reasm_dgram *start(struct reasm *r, struct reasm_bucket *b,
				 const struct key *key, missiu_usec now)
{
	struct reasm_dgram *d;

	if (!make_room(r, b, sizeof(*d) + ALLOC_COST, NULL))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return NULL;
	d->in = b;
	d->key = *key;
	d->deadline = now + r->conf.timeout_us;
	*b->last = d;
	b->last = &d->next;
	b->n++;
	d->older = r->newest;
	if (r->newest)
		r->newest->newer = d;
	else
		r->oldest = d;
	r->newest = d;
	r->n++;
	charge(r, d, sizeof(*d) + ALLOC_COST);
	return d;
}

/* --- one fragment ---------------------------------------------------------- */

static enum missiu_drop check(const struct frag *f)
{
	/* RFC 8200 4.5; no sender makes an empty one. */
	if (!f->len || (f->more && f->len % 8))
		return MISSIU_DROP_REASM_BAD;
	if (f->keep + f->off + f->len > UINT16_MAX)
		return MISSIU_DROP_REASM_BAD;
	return MISSIU_DROP_NONE;
}

/* RFC 5722: the whole datagram is dropped, with what is yet to come. */
static enum missiu_drop overlap(struct reasm *r, struct reasm_dgram *d)
{
	r->dropped[MISSIU_DROP_REASM_OVERLAP] += d->n_pieces;
	free_pieces(r, d);
	d->dead = true;
	return MISSIU_DROP_REASM_OVERLAP;
}

/* Where in the list a fragment belongs: behind *@after; NULL: in front. */
static struct piece *place(const struct reasm_dgram *d, uint32_t off)
{
	struct piece *k = d->tail;

	if (!k || k->off <= off)
		return k; /* in order, as nearly always */
	if (d->pieces->off > off)
		return NULL;
	k = d->pieces;
	while (k->next->off <= off)
		k = k->next;
	return k;
}

static bool same(const struct piece *k, const struct frag *f,
		 const uint8_t *payload)
{
	return k->off == f->off && k->len == f->len &&
	       memcmp(k->data + k->hdr, payload, f->len) == 0;
}

/* Do fragments agree on where the datagram ends? */
static bool ends_agree(struct reasm_dgram *d, const struct frag *f)
{
	uint32_t end = f->off + f->len;

	if (d->end)
		return f->more ? end < d->end : end == d->end;
	if (f->more)
		return true;
	if (d->tail && d->tail->off + d->tail->len > end)
		return false;
	d->end = end;
	return true;
}

static enum missiu_drop insert(struct reasm *r, struct reasm_dgram *d,
			       const struct frag *f, const uint8_t *p)
{
	struct piece *after = place(d, f->off), *k, *next;
	const uint8_t *payload = p + f->hdr;
	uint32_t hdr = f->off ? 0 : f->hdr;
	size_t size = sizeof(*k) + hdr + f->len;

	if (after && same(after, f, payload))
		return MISSIU_DROP_REASM_DUPLICATE;
	next = after ? after->next : d->pieces;
	if ((after && after->off + after->len > f->off) ||
	    (next && f->off + f->len > next->off) || !ends_agree(d, f))
		return overlap(r, d);
	if (d->n_pieces == REASM_PIECES_MAX ||
	    !make_room(r, d->in, size + ALLOC_COST, d))
		return MISSIU_DROP_REASM_FULL;
	k = malloc(size);
	if (!k)
		return MISSIU_DROP_REASM_FULL;
	*k = (struct piece){
		.next = next, .off = f->off, .len = f->len, .hdr = hdr
	};
	memcpy(k->data, payload - hdr, hdr + f->len);
	if (after)
		after->next = k;
	else
		d->pieces = k;
	if (!next)
		d->tail = k;
	charge(r, d, size + ALLOC_COST);
	d->n_pieces++;
	d->have += f->len;
	return MISSIU_DROP_NONE;
}

/* --- the whole ------------------------------------------------------------- */

/* RFC 3168 5.3. Return: false when the fragments contradict each other. */
static bool merge_ecn(uint8_t seen, uint8_t *tos)
{
	if (!(seen & 1 << ECN_CE))
		return true;
	if (seen & 1 << ECN_NOT_ECT)
		return false;
	*tos |= ECN_CE;
	return true;
}

/* The header in front of the whole; @nh_at: IPv6, the byte that names it. */
static void finish(uint8_t *h, const struct ip_info *ip, const struct frag *f,
		   size_t len, uint8_t tos)
{
	if (ip->family == 4) {
		h[1] = tos;
		store_be16(h + 6, 0);
		ip4_finish(h, len);
		return;
	}
	store_be16(h + 4, (uint16_t)(len - IP6_HDR_LEN));
	/* The header before the fragment header names what was behind it. */
	for (size_t at = 6, hdr = IP6_HDR_LEN;;) {
		if (h[at] == IP_P_FRAGMENT) {
			h[at] = f->proto;
			break;
		}
		at = hdr;
		hdr += ((size_t)h[hdr + 1] + 1) * 8;
	}
	ip_set_tos(h, tos);
}

/* Put the pieces together where the last of them is. */
static enum missiu_drop build(const struct reasm_dgram *d, struct missiu_pkt *p)
{
	const struct piece *k = d->pieces;
	struct ip_info ip;
	struct frag f;
	size_t len;
	uint8_t tos;

	/* The first piece has its header in front; it was parsed before. */
	if (ip_parse(k->data, k->hdr + k->len, &ip))
		return MISSIU_DROP_REASM_BAD;
	f = frag_read(k->data, &ip);
	tos = ip.tos;
	len = f.keep + d->end;
	if (len > UINT16_MAX || !merge_ecn(d->ecn_seen, &tos))
		return MISSIU_DROP_REASM_BAD;
	if (len > p->cap - (size_t)(p->data - p->head))
		return MISSIU_DROP_REASM_NO_ROOM;
	memcpy(p->data, k->data, f.keep);
	for (; k; k = k->next)
		memcpy(p->data + f.keep + k->off, k->data + k->hdr, k->len);
	finish(p->data, &ip, &f, len, tos);
	p->len = len;
	return MISSIU_DROP_NONE;
}

static struct reasm_result refused(enum missiu_drop why)
{
	return (struct reasm_result){ .fate = REASM_DROP, .why = why };
}

/* RFC 6946: complete in itself, whatever else came with this identification. */
static struct reasm_result
atomic(struct missiu_pkt *p, const struct ip_info *ip, const struct frag *f)
{
	uint8_t head[IP6_FRAG_LEN];

	memcpy(head, p->data + f->keep, sizeof(head));
	memmove(p->data + sizeof(head), p->data, f->keep);
	p->data += sizeof(head);
	p->len = f->keep + f->len;
	finish(p->data, ip, f, p->len, ip->tos);
	return (struct reasm_result){ .fate = REASM_WHOLE, .biggest = ip->len };
}

static struct reasm_result complete(struct reasm *r, struct reasm_dgram *d,
				    struct missiu_pkt *p)
{
	struct reasm_result res = { .fate = REASM_WHOLE,
				    .biggest = d->biggest };
	enum missiu_drop why = build(d, p);

	if (why) {
		/* This one is counted by the caller. */
		r->dropped[why] += d->n_pieces - 1;
		res = refused(why);
	}
	forget(r, d);
	return res;
}

struct reasm_result reasm_add(struct reasm *r, struct missiu_pkt *p,
			      const struct ip_info *ip, uint64_t ctx,
			      missiu_usec now)
{
	struct frag f = frag_read(p->data, ip);
	struct key key = { .src = ip->src,
			   .dst = ip->dst,
			   .ctx = ctx,
			   .id = f.id,
			   .proto = ip->family == 4 ? f.proto : 0 };
	struct reasm_bucket *b = bucket_of(r, &ip->src);
	enum missiu_drop why = check(&f);
	struct reasm_dgram *d;

	if (why)
		return refused(why);
	if (!f.off && !f.more)
		return atomic(p, ip, &f);
	reasm_expire(r, now);
	d = find(b, &key);
	if (!d)
		d = start(r, b, &key, now);
	if (!d)
		return refused(MISSIU_DROP_REASM_FULL);
	if (d->dead)
		return refused(MISSIU_DROP_REASM_OVERLAP);
	why = insert(r, d, &f, p->data);
	if (why)
		return refused(why);
	d->ecn_seen |= (uint8_t)(1 << (ip->tos & 3));
	if (ip->len > d->biggest)
		d->biggest = ip->len;
	if (d->have == d->end)
		return complete(r, d, p);
	return (struct reasm_result){ .fate = REASM_KEPT };
}
