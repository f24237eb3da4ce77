/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/peer_index.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "crypto/dn.h"
#include "ike/htab.h"
#include "ike/ident.h"
#include "ike/peer.h"
#include "ike/wire.h"

#define PLEN_MAX  128
#define SLOTS_MIN 64

/* What makes keys of different kinds different. */
enum key_kind {
	KEY_NAME = 1,
	KEY_NO_ID,  /* whatever the identity: it is not known yet */
	KEY_ANY_ID, /* of those that take any */
	KEY_ID,
	KEY_TAIL, /* of an identity */
	KEY_DN,	  /* exact */
	KEY_DN_WILD,
};

/* Ends of identities of one length that some pattern has. */
struct tail {
	uint8_t type, len;
};

struct peer_index {
	uint64_t seed;
	struct ike_peer *const *peer;
	struct peer_slot *v; /* by hash, rank, order */
	size_t n, cap;
	uint32_t *start; /* of slots, by the first bits of the hash */
	unsigned shift;	 /* which are those above it */
	bool any_range, any_local;
	bool plen[2][PLEN_MAX + 1]; /* in use: IPv4, IPv6 */
	struct tail *tail;	    /* different ones, the longest first */
	size_t n_tail;
	const struct ike_id **dn; /* with wildcards: likewise */
	size_t n_dn;
	struct ike_peer *with_cred;
	bool any_ppk;
};

/* --- keys */

static uint64_t name_key(const struct peer_index *ix, const char *name)
{
	return hash_bytes(ix->seed + KEY_NAME, (const uint8_t *)name,
			  strlen(name));
}

/* Names compare without case. */
static uint64_t id_key(const struct peer_index *ix, enum key_kind kind,
		       uint8_t type, const uint8_t *p, size_t len)
{
	uint8_t text[255];

	if (type == IKE_ID_DER_DN)
		return kind == KEY_ID ?
			       hash_u64(ix->seed + KEY_DN, dn_hash(p, len)) :
			       hash_bytes(ix->seed + KEY_DN_WILD, p, len);
	for (size_t i = 0; i < len; i++)
		text[i] = p[i];
	if (type == IKE_ID_FQDN || type == IKE_ID_RFC822)
		for (size_t i = 0; i < len; i++)
			if (text[i] >= 'A' && text[i] <= 'Z')
				text[i] = (uint8_t)(text[i] - 'A' + 'a');
	return hash_bytes(hash_u64(ix->seed + (uint64_t)kind, type), text, len);
}

static uint64_t plain_key(const struct peer_index *ix, enum key_kind kind)
{
	return hash_u64(ix->seed, (uint64_t)kind);
}

/* Of the first @plen bits; the others of @base are zero. */
static uint64_t prefix_key(const struct peer_index *ix,
			   const struct missiu_addr *base, unsigned plen)
{
	return hash_addr(hash_u64(ix->seed, base->family * 256u + plen), base);
}

static uint64_t whole_key(uint64_t prefix, uint64_t local, uint64_t id)
{
	return hash_u64(hash_u64(prefix, local), id);
}

/* --- making one */

/* Where a peer's slots go; ret: the first failure. */
struct build {
	struct peer_index *ix;
	const struct ike_peer *p;
	uint32_t order;
	uint64_t id[1 + MISSIU_PEER_LIST_MAX];
	uint8_t n_id;
	uint16_t rank;
	int ret;
};

static void add_slot(struct build *b, uint64_t hash)
{
	struct peer_index *ix = b->ix;

	if (ix->n == ix->cap) {
		const size_t cap = ix->cap ? 2 * ix->cap : SLOTS_MIN;
		struct peer_slot *v = realloc(ix->v, cap * sizeof(*v));

		if (!v) {
			b->ret = MISSIU_ENOMEM;
			return;
		}
		ix->v = v;
		ix->cap = cap;
	}
	ix->v[ix->n++] = (struct peer_slot){ hash, b->order, b->rank };
}

static void add_prefix(struct build *b, uint64_t prefix)
{
	const struct missiu_addrs *l = &b->p->conf.laddr;

	for (uint8_t i = 0; i < b->n_id; i++) {
		if (!l->n)
			add_slot(b, whole_key(prefix, 0, b->id[i]));
		for (uint8_t k = 0; k < l->n; k++)
			add_slot(b, whole_key(prefix,
					      hash_addr(b->ix->seed, &l->v[k]),
					      b->id[i]));
	}
	b->ix->any_local |= l->n > 0;
}

/* The prefixes that a range consists of, at or below one: two a length. */
static void cut(struct build *b, const struct missiu_range *r,
		const struct missiu_addr *base, unsigned plen)
{
	struct missiu_addr lo, hi;

	if (b->ret || !addr_prefix(base, plen, &lo, &hi) ||
	    addr_cmp(&hi, &r->lo) < 0 || addr_cmp(&lo, &r->hi) > 0)
		return;
	if (addr_cmp(&lo, &r->lo) >= 0 && addr_cmp(&hi, &r->hi) <= 0) {
		b->ix->plen[lo.family == 6][plen] = true;
		add_prefix(b, prefix_key(b->ix, &lo, plen));
		return;
	}
	if (plen == addr_len(&lo) * 8)
		return;
	hi = lo;
	hi.b[plen / 8] |= (uint8_t)(0x80 >> plen % 8);
	cut(b, r, &lo, plen + 1);
	cut(b, r, &hi, plen + 1);
}

static void add_range(struct build *b, const struct missiu_range *r)
{
	const unsigned rank = peer_range_rank(r);
	const size_t bits = addr_len(&r->lo) * 8;
	struct missiu_addr lo, hi;

	b->rank = (uint16_t)rank;
	if (bits) {
		/* What all of it has in common is where it begins. */
		const unsigned plen = rank + (unsigned)bits - 129;

		if (addr_prefix(&r->lo, plen, &lo, &hi))
			cut(b, r, &lo, plen);
		return;
	}
	b->ix->any_range = true;
	add_prefix(b, 0);
}

static bool has_tail(const struct peer_index *ix, const struct ike_id *id)
{
	for (size_t i = 0; i < ix->n_tail; i++)
		if (ix->tail[i].type == id->type && ix->tail[i].len == id->len)
			return true;
	return false;
}

static void add_tail(struct build *b, const struct ike_id *id)
{
	struct peer_index *ix = b->ix;
	struct tail *v;
	size_t at;

	if (has_tail(ix, id))
		return;
	v = realloc(ix->tail, (ix->n_tail + 1) * sizeof(*v));
	if (!v) {
		b->ret = MISSIU_ENOMEM;
		return;
	}
	ix->tail = v;
	for (at = ix->n_tail++; at && v[at - 1].len < id->len; at--)
		v[at] = v[at - 1];
	v[at] = (struct tail){ id->type, (uint8_t)id->len };
}

static void add_dn(struct build *b, const struct ike_id *id)
{
	struct peer_index *ix = b->ix;
	const struct ike_id **v;
	size_t at;

	for (size_t i = 0; i < ix->n_dn; i++)
		if (ix->dn[i]->len == id->len &&
		    !memcmp(ike_id_bytes(ix->dn[i]), ike_id_bytes(id), id->len))
			return;
	v = realloc(ix->dn, (ix->n_dn + 1) * sizeof(*v));
	if (!v) {
		b->ret = MISSIU_ENOMEM;
		return;
	}
	ix->dn = v;
	for (at = ix->n_dn++; at && v[at - 1]->len < id->len; at--)
		v[at] = v[at - 1];
	v[at] = id;
}

static uint64_t pattern_key(struct build *b, const struct ike_idpat *p)
{
	const struct ike_id *id = &p->id;

	if (!p->wild)
		return id_key(b->ix, KEY_ID, id->type, ike_id_bytes(id),
			      id->len);
	if (!id->type)
		return plain_key(b->ix, KEY_ANY_ID);
	if (id->type == IKE_ID_DER_DN) {
		add_dn(b, id);
		return id_key(b->ix, KEY_DN_WILD, id->type, ike_id_bytes(id),
			      id->len);
	}
	add_tail(b, id);
	return id_key(b->ix, KEY_TAIL, id->type, id->data, id->len);
}

static void add_peer(struct build *b)
{
	const struct missiu_ranges *l = &b->p->conf.raddr;

	b->rank = 0;
	add_slot(b, name_key(b->ix, b->p->conf.name));
	b->n_id = 0;
	b->id[b->n_id++] = plain_key(b->ix, KEY_NO_ID);
	if (!b->p->n_peer_id)
		b->id[b->n_id++] = plain_key(b->ix, KEY_ANY_ID);
	for (uint8_t i = 0; i < b->p->n_peer_id; i++)
		b->id[b->n_id++] = pattern_key(b, &b->p->peer_id[i]);
	if (!l->n)
		add_range(b, &(struct missiu_range){ 0 });
	for (uint8_t i = 0; i < l->n; i++)
		add_range(b, &l->v[i]);
}

static int by_key(const void *x, const void *y)
{
	const struct peer_slot *a = x, *b = y;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* A bucket for each slot or two, so that a search ends at once. */
static int add_starts(struct peer_index *ix)
{
	unsigned bits = 1;
	size_t at = 0;

	while ((size_t)1 << bits < ix->n)
		bits++;
	ix->shift = 64 - bits;
	ix->start = calloc(((size_t)1 << bits) + 1, sizeof(*ix->start));
	if (!ix->start)
		return MISSIU_ENOMEM;
	for (size_t i = 0; i <= (size_t)1 << bits; i++) {
		while (at < ix->n && ix->v[at].hash >> ix->shift < i)
			at++;
		ix->start[i] = (uint32_t)at;
	}
	return 0;
}

struct peer_index *peer_index_new(struct ike_peer *const *v, size_t n,
				  uint64_t seed)
{
	struct peer_index *ix = calloc(1, sizeof(*ix));
	struct build b = { .ix = ix };

	if (!ix)
		return NULL;
	ix->seed = seed;
	ix->peer = v;
	for (size_t i = 0; i < n && !b.ret; i++) {
		b.p = v[i];
		b.order = (uint32_t)i;
		ix->any_ppk |= v[i]->n_ppk > 0;
		if (!ix->with_cred && v[i]->cred)
			ix->with_cred = v[i];
		if (v[i]->conf.name[0]) /* the options' peer goes by its keys */
			add_peer(&b);
	}
	if (ix->n)
		qsort(ix->v, ix->n, sizeof(*ix->v), by_key);
	if (b.ret || add_starts(ix)) {
		peer_index_free(ix);
		return NULL;
	}
	return ix;
}

void peer_index_free(struct peer_index *ix)
{
	if (!ix)
		return;
	free(ix->v);
	free(ix->start);
	free(ix->tail);
	free(ix->dn);
	free(ix);
}

/* --- look-up */

/* From the first slot with a hash on, if there is one. */
static struct peer_run find(const struct peer_index *ix, uint64_t hash)
{
	const uint64_t i = hash >> ix->shift;
	const struct peer_slot *v;
	size_t n = ix->start[i + 1] - ix->start[i];

	if (!n)
		return (struct peer_run){ NULL, NULL, hash };
	v = ix->v + ix->start[i];
	while (n) {
		const size_t half = n / 2;

		if (v[half].hash < hash) {
			v += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return (struct peer_run){ v, ix->v + ix->n, hash };
}

struct ike_peer *peer_index_named(const struct peer_index *ix, const char *name)
{
	struct peer_run r = find(ix, name_key(ix, name));

	for (; peer_run_head(&r); r.v++)
		if (!strcmp(ix->peer[r.v->order]->conf.name, name))
			return ix->peer[r.v->order];
	return NULL;
}

struct ike_peer *peer_index_cred(const struct peer_index *ix)
{
	return ix->with_cred;
}

bool peer_index_ppk(const struct peer_index *ix)
{
	return ix->any_ppk;
}

/* The cursor counts: the identity itself, tails, names with wildcards, any. */
bool peer_index_id(const struct peer_index *ix, const struct ike_id *id,
		   size_t *cursor, struct peer_id_key *out)
{
	const size_t tails = 1 + ix->n_tail, dns = tails + ix->n_dn;
	size_t i;

	if (!id || !*cursor) {
		*out = (struct peer_id_key){
			id ? id_key(ix, KEY_ID, id->type, ike_id_bytes(id),
				    id->len) :
			     plain_key(ix, KEY_NO_ID),
			IKE_IDPAT_EXACT,
		};
		return !(*cursor)++;
	}
	for (i = (*cursor)++; i < tails; i = (*cursor)++) {
		const struct tail *t = &ix->tail[i - 1];

		if (t->type != id->type || t->len >= id->len)
			continue;
		*out = (struct peer_id_key){
			id_key(ix, KEY_TAIL, id->type,
			       id->data + id->len - t->len, t->len),
			1u + t->len,
		};
		return true;
	}
	for (; i < dns; i = (*cursor)++) {
		const struct ike_id *p = ix->dn[i - tails];

		if (id->type != IKE_ID_DER_DN ||
		    !dn_match(ike_id_bytes(p), p->len, ike_id_bytes(id),
			      id->len))
			continue;
		*out = (struct peer_id_key){
			id_key(ix, KEY_DN_WILD, p->type, ike_id_bytes(p),
			       p->len),
			1u + p->len,
		};
		return true;
	}
	*out = (struct peer_id_key){ plain_key(ix, KEY_ANY_ID), 1 };
	return i == dns;
}

/* What stands under a prefix: with our address, and without. */
static size_t take(const struct peer_index *ix, uint64_t prefix, uint64_t local,
		   uint64_t id, struct peer_run *out)
{
	size_t n = 0;

	out[n] = find(ix, whole_key(prefix, 0, id));
	n += peer_run_head(&out[n]) != NULL;
	if (!ix->any_local)
		return n;
	out[n] = find(ix, whole_key(prefix, local, id));
	return n + (peer_run_head(&out[n]) != NULL);
}

size_t peer_index_runs(const struct peer_index *ix,
		       const struct missiu_addr *local,
		       const struct missiu_addr *remote, uint64_t id,
		       struct peer_run out[static PEER_RUNS_MAX])
{
	const uint64_t l = ix->any_local ? hash_addr(ix->seed, local) : 0;
	const bool *used = ix->plen[remote->family == 6];
	const size_t max = addr_len(remote) * 8;
	struct missiu_addr lo, hi;
	size_t n = 0;

	for (unsigned plen = 0; max && plen <= max; plen++)
		if (used[plen] && addr_prefix(remote, plen, &lo, &hi))
			n += take(ix, prefix_key(ix, &lo, plen), l, id,
				  out + n);
	if (ix->any_range)
		n += take(ix, 0, l, id, out + n);
	return n;
}
