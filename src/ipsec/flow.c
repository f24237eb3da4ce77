/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/flow.h"

#include <assert.h>
#include <string.h>

#include "ipsec/mix.h"

static_assert(sizeof(struct flow_key) == 40, "no padding to compare");

static size_t slot(const struct flow_key *k)
{
	uint64_t w[5], h = 0;

	memcpy(w, k, sizeof(w));
	for (size_t i = 0; i < 5; i++)
		h = (h ^ w[i]) * UINT64_C(0x9e3779b97f4a7c15) + (h >> 29);
	return mix(h) % FLOW_ENTRIES;
}

struct flow *flow_get(struct flow *v, uint64_t gen, const struct spd_query *q,
		      bool *hit)
{
	const struct ip_info *ip = q->ip;
	struct flow_key k = {
		.sport = ip->sport,
		.dport = ip->dport,
		.proto = ip->proto,
		.family = ip->family,
		.dir = q->dir,
		.ike = q->ike,
	};
	struct flow *f;

	memcpy(k.src, ip->src.b, sizeof(k.src));
	memcpy(k.dst, ip->dst.b, sizeof(k.dst));
	f = &v[slot(&k)];
	*hit = f->gen == gen && memcmp(&f->key, &k, sizeof(k)) == 0;
	if (!*hit)
		*f = (struct flow){ .key = k, .gen = gen };
	return f;
}
