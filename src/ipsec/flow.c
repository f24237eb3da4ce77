/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/flow.h"

#include <string.h>

#include "ipsec/mix.h"

static uint64_t hash(const struct flow_key *k)
{
	/* Odd numbers at random; the products do not wait for each other. */
	return mix(k->src[0] * UINT64_C(0x9e3779b97f4a7c15) +
		   k->src[1] * UINT64_C(0xc2b2ae3d27d4eb4f) +
		   k->dst[0] * UINT64_C(0x165667b19e3779f9) +
		   k->dst[1] * UINT64_C(0xd6e8feb86659fd93) +
		   k->rest * UINT64_C(0xa0761d6478bd642f));
}

static size_t slot(uint64_t h)
{
	return h % (FLOW_ENTRIES / FLOW_WAYS) * FLOW_WAYS;
}

static bool same(const struct flow_key *a, const struct flow_key *b)
{
	return a->src[0] == b->src[0] && a->src[1] == b->src[1] &&
	       a->dst[0] == b->dst[0] && a->dst[1] == b->dst[1] &&
	       a->rest == b->rest;
}

static struct flow_key key_of(const struct spd_query *q)
{
	const struct ip_info *ip = q->ip;
	struct flow_key k;

	memcpy(k.src, ip->src.b, sizeof(k.src));
	memcpy(k.dst, ip->dst.b, sizeof(k.dst));
	k.rest = (uint64_t)ip->sport << 48 | (uint64_t)ip->dport << 32 |
		 (uint64_t)ip->proto << 24 | (uint64_t)ip->family << 16 |
		 (uint64_t)q->dir << 8 | q->ike;
	return k;
}

const struct flow *flow_slot(const struct flow *v, const struct spd_query *q)
{
	struct flow_key k = key_of(q);

	return &v[slot(hash(&k))];
}

/*
 * The one to be given up: empty or outdated; or the one that the flow's own
 * hash names, so that three flows seldom displace each other in turn.
 */
static struct flow *victim(struct flow *set, uint64_t gen, uint64_t h)
{
	for (size_t i = 0; i < FLOW_WAYS; i++)
		if (set[i].gen != gen)
			return &set[i];
	return &set[h / FLOW_ENTRIES % FLOW_WAYS];
}

struct flow *flow_get(struct flow *v, uint64_t gen, const struct spd_query *q,
		      bool *hit)
{
	struct flow_key k = key_of(q);
	uint64_t h = hash(&k);
	struct flow *set = &v[slot(h)], *f;

	*hit = true;
	for (size_t i = 0; i < FLOW_WAYS; i++)
		if (set[i].gen == gen && same(&set[i].key, &k))
			return &set[i];
	*hit = false;
	f = victim(set, gen, h);
	*f = (struct flow){ .key = k, .gen = gen };
	return f;
}
