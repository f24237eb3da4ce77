/* SPDX-License-Identifier: Apache-2.0 */
/* Which routes policies call for. Pure. */
#include <stdlib.h>
#include <string.h>

#include "missiu/autoroute_impl.h"

/* RFC 791: a link that carries IPv4 carries that. */
#define MTU_MIN4 68

/*
 * Next hop of our routes: any address does, l2.c answers for all. Link-local
 * ones collide with nothing, and no packet ever carries them.
 */
static const struct missiu_addr gateway4 = { 4, { 169, 254, 77, 77 } };
static const struct missiu_addr gateway6 = {
	6, { 0xfe, 0x80, [14] = 0x77, 0x77 }
};

int autoroute_by_prefix(const void *a, const void *b)
{
	const struct netlink_route *x = a, *y = b;
	int c = addr_cmp(&x->dst, &y->dst);

	return c ? c : x->plen - y->plen;
}

/* Where @r is or belongs in a plan. */
static size_t plan_find(const struct autoroute_plan *plan,
			const struct netlink_route *r, bool *there)
{
	size_t lo = 0, hi = plan->n;

	*there = false;
	while (lo < hi && !*there) {
		size_t mid = lo + (hi - lo) / 2;
		int c = autoroute_by_prefix(r, &plan->v[mid]);

		*there = c == 0;
		if (c > 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return *there ? hi : lo;
}

bool autoroute_plan_add(struct autoroute_plan *plan,
			const struct netlink_route *r)
{
	bool there;
	size_t at = plan_find(plan, r, &there);

	if (there) {
		/* One MTU for all that takes the route. */
		if (r->mtu && (!plan->v[at].mtu || r->mtu < plan->v[at].mtu))
			plan->v[at].mtu = r->mtu;
		return true;
	}
	if (plan->n == plan->cap) {
		size_t cap = plan->cap ? plan->cap * 2 : 16;
		void *v = realloc(plan->v, cap * sizeof(*plan->v));

		if (!v)
			return false;
		plan->v = v;
		plan->cap = cap;
	}
	memmove(plan->v + at + 1, plan->v + at,
		(plan->n - at) * sizeof(*plan->v));
	plan->v[at] = *r;
	plan->n++;
	return true;
}

static struct missiu_addr prefer(const struct missiu_ts *local, uint8_t family,
				 const struct netlink_addr *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct missiu_addr *a = &addrs[i].addr;

		if (a->family == family &&
		    (!local->lo.family || (addr_cmp(&local->lo, a) <= 0 &&
					   addr_cmp(a, &local->hi) <= 0)))
			return *a;
	}
	return (struct missiu_addr){ 0 };
}

/*
 * IPv6 keeps the TAP at 1280 bytes on links that carry less; IPv4 is better told
 * what fits before its first datagram is refused.
 */
static unsigned route_mtu(const struct missiu_policy *p,
			  const struct autoroute_plan *plan)
{
	unsigned added = (unsigned)missiu_policy_overhead(p, true);
	unsigned fits = MTU_MIN4;

	if (plan->link_mtu > added + MTU_MIN4)
		fits = plan->link_mtu - added;
	return p->remote.lo.family == 4 && fits < plan->tap_mtu ? fits : 0;
}

/* Largest prefix that starts at @lo and does not reach beyond @hi. */
static uint8_t largest_prefix(const struct missiu_addr *lo,
			      const struct missiu_addr *hi,
			      struct missiu_addr *end)
{
	struct missiu_addr first;
	uint8_t plen = 0;

	while (plen < autoroute_full_len(lo) &&
	       (!addr_prefix(lo, plen, &first, end) || !addr_eq(&first, lo) ||
		addr_cmp(end, hi) > 0))
		plen++;
	if (plen == autoroute_full_len(lo))
		*end = *lo;
	return plen;
}

/* The address after @a; false after the last one. */
static bool next_addr(struct missiu_addr *a)
{
	for (size_t i = addr_len(a); i-- > 0;)
		if (++a->b[i])
			return true;
	return false;
}

struct netlink_route autoroute_half(const struct netlink_route *r, bool upper)
{
	struct netlink_route h = *r;

	if (upper)
		h.dst.b[r->plen / 8] |= (uint8_t)(0x80 >> r->plen % 8);
	h.plen++;
	return h;
}

/* Prefixes from @lo to @hi, each as @r is but for its destination. */
static bool plan_prefixes(const struct missiu_addr *lo,
			  const struct missiu_addr *hi, struct netlink_route r,
			  struct autoroute_plan *plan)
{
	struct missiu_addr at = *lo, end;

	if (!addr_is_multicast(&at))
		r.via = at.family == 6 ? gateway6 : gateway4;
	do {
		r.dst = at;
		r.plen = largest_prefix(&at, hi, &end);
		if (!autoroute_plan_add(plan, &r))
			return false;
		at = end;
	} while (addr_cmp(&end, hi) < 0 && next_addr(&at));
	return true;
}

bool autoroute_plan(const struct missiu_policy *p,
		    const struct netlink_addr *addrs, size_t n_addrs,
		    struct autoroute_plan *plan)
{
	const struct missiu_addr at = p->remote.lo;
	struct netlink_route r = { 0 };

	if (p->action != MISSIU_PROTECT || !(p->dirs & MISSIU_OUT))
		return true;
	if (!at.family || addr_range_plen(&at, &p->remote.hi) == 0) {
		plan->any_id = p->id;
		plan->any_line = p->line;
		return true;
	}
	r.mtu = route_mtu(p, plan);
	r.src = prefer(&p->local, at.family, addrs, n_addrs);
	return plan_prefixes(&at, &p->remote.hi, r, plan);
}

bool autoroute_plan_range(const struct missiu_range *range,
			  const struct missiu_addr *src,
			  struct autoroute_plan *plan)
{
	struct netlink_route whole = { .dst = range->lo, .src = *src }, part;
	struct missiu_addr end;

	if (addr_range_plen(&range->lo, &range->hi) != 0)
		return plan_prefixes(&range->lo, &range->hi, whole, plan);
	for (int upper = 0; upper < 2; upper++) {
		part = autoroute_half(&whole, upper);
		if (!addr_prefix(&part.dst, 1, &part.dst, &end) ||
		    !plan_prefixes(&part.dst, &end, whole, plan))
			return false;
	}
	return true;
}
