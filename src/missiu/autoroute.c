/* SPDX-License-Identifier: Apache-2.0 */
/* Routes of the TAP: installed as planned, looked after, taken away. */
#include "missiu/autoroute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "missiu/autoroute_impl.h"

#define ADDRS_MAX 256

/* Who holds the route of a planned prefix. */
enum hold {
	HOLD_NONE = 0,
	HOLD_WHOLE,   /* we, as planned */
	HOLD_HALVES,  /* we, as two longer prefixes */
	HOLD_FOREIGN, /* somebody else, or it was refused */
};

struct held_route {
	struct netlink_route r; /* first: autoroute_by_prefix() reads it */
	enum hold hold;
	bool retried; /* was FOREIGN already: not news */
};

struct autoroute {
	struct netlink *nl;
	struct netlink_link link;
	unsigned tap_index;
	bool brought_up;
	char tap_name[IFNAMSIZ];
	struct held_route *v; /* sorted by prefix */
	size_t n;
	struct autoroute_plan first; /* before those of the SPD */
	uint32_t any_said;	     /* policies up to this id were explained */
};

struct autoroute *autoroute_new(struct netlink *nl,
				const struct netlink_link *link,
				unsigned tap_index, const char *tap_name)
{
	struct autoroute *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->nl = nl;
	a->link = *link;
	a->tap_index = tap_index;
	snprintf(a->tap_name, sizeof(a->tap_name), "%s", tap_name);
	return a;
}

static int add_halves(struct autoroute *a, const struct netlink_route *r,
		      struct missiu_diag *diag)
{
	struct netlink_route lower = autoroute_half(r, false),
			     upper = autoroute_half(r, true);
	int err = netlink_route_add(a->nl, &lower, diag);

	if (err)
		return err;
	err = netlink_route_add(a->nl, &upper, diag);
	if (err)
		netlink_route_del(a->nl, &lower, NULL);
	return err;
}

static void say(const struct autoroute *a, const struct netlink_route *r,
		const char *what)
{
	bool src = r->src.family;

	log_info(net, "route %s/%u dev %s%s%s %s", addr_text(&r->dst).s,
		 r->plen, a->tap_name, src ? " src " : "",
		 src ? addr_text(&r->src).s : "", what);
}

static enum hold install(struct autoroute *a, const struct netlink_route *r,
			 bool again)
{
	struct missiu_diag diag = { "" };
	int err = netlink_route_add(a->nl, r, &diag);
	enum hold hold = HOLD_WHOLE;

	if (err == MISSIU_EEXIST && r->plen < autoroute_full_len(&r->dst)) {
		hold = HOLD_HALVES;
		err = add_halves(a, r, &diag);
	}
	if (!err) {
		say(a, r, hold == HOLD_WHOLE ? "added" : "added as two halves");
		return hold;
	}
	if (!again && err == MISSIU_EEXIST)
		say(a, r, "not added: there is such a route already");
	else if (!again)
		log_warn(net, "%s", diag.msg);
	return HOLD_FOREIGN;
}

static void withdraw(struct autoroute *a, const struct held_route *h)
{
	if (h->hold == HOLD_WHOLE) {
		netlink_route_del(a->nl, &h->r, NULL);
	} else if (h->hold == HOLD_HALVES) {
		struct netlink_route lower = autoroute_half(&h->r, false),
				     upper = autoroute_half(&h->r, true);

		netlink_route_del(a->nl, &lower, NULL);
		netlink_route_del(a->nl, &upper, NULL);
	} else {
		return;
	}
	say(a, &h->r, "removed");
}

static bool alike(const struct netlink_route *a, const struct netlink_route *b)
{
	return addr_eq(&a->src, &b->src) && a->mtu == b->mtu;
}

/* The entry of @v, sorted, for the same prefix, source and MTU. */
static const struct held_route *find(const struct held_route *v, size_t n,
				     const struct netlink_route *r)
{
	const struct held_route *h =
		n ? bsearch(r, v, n, sizeof(*v), autoroute_by_prefix) : NULL;

	return h && alike(&h->r, r) ? h : NULL;
}

/* Remove what is not planned any more, then add what is new. */
static void apply(struct autoroute *a, struct autoroute_plan *plan)
{
	struct held_route *v = calloc(plan->n + 1, sizeof(*v));

	if (!v)
		return;
	for (size_t i = 0; i < plan->n; i++) {
		const struct held_route *old;

		plan->v[i].index = a->tap_index;
		old = find(a->v, a->n, &plan->v[i]);
		v[i].r = plan->v[i];
		if (!old)
			continue;
		v[i].hold = old->hold;
		v[i].retried = old->retried;
	}
	for (size_t i = 0; i < a->n; i++)
		if (!find(v, plan->n, &a->v[i].r))
			withdraw(a, &a->v[i]);
	for (size_t i = 0; i < plan->n; i++)
		if (v[i].hold == HOLD_NONE)
			v[i].hold = install(a, &v[i].r, v[i].retried);
	free(a->v);
	a->v = v;
	a->n = plan->n;
}

/* Once: who takes it down later means it. */
static void bring_up(struct autoroute *a)
{
	struct missiu_diag diag;

	if (a->brought_up)
		return;
	if (netlink_link_set(a->nl, a->tap_index, 0, true, &diag)) {
		log_warn(net, "%s: %s", a->tap_name, diag.msg);
		return;
	}
	log_info(net, "%s is up", a->tap_name);
	a->brought_up = true;
}

static void explain_any(struct autoroute *a, const struct autoroute_plan *plan)
{
	if (plan->any_id <= a->any_said)
		return;
	a->any_said = plan->any_id;
	log_info(net,
		 "policy %u (line %u) protects traffic to any address: missiu "
		 "sets no default route; by hand: ip route add <prefix> dev %s",
		 plan->any_id, plan->any_line, a->tap_name);
}

/* Addresses of the outer interface come first. */
static size_t local_addrs(struct autoroute *a, struct netlink_addr *v)
{
	struct missiu_diag diag;
	size_t n = 0, front = 0;

	if (netlink_addrs(a->nl, v, ADDRS_MAX, &n, &diag))
		log_warn(net, "%s", diag.msg);
	for (size_t i = 0; i < n; i++)
		if (v[i].index == a->link.index) {
			struct netlink_addr here = v[i];

			memmove(v + front + 1, v + front,
				(i - front) * sizeof(*v));
			v[front++] = here;
		}
	return n;
}

void autoroute_set(struct autoroute *a, struct autoroute_plan *plan)
{
	apply(a, plan);
}

void autoroute_first(struct autoroute *a, struct autoroute_plan *plan)
{
	free(a->first.v);
	a->first = *plan;
	*plan = (struct autoroute_plan){ 0 };
}

void autoroute_update(struct autoroute *a, struct missiu *m, unsigned tap_mtu)
{
	struct netlink_addr addrs[ADDRS_MAX];
	size_t n_addrs = local_addrs(a, addrs);
	struct autoroute_plan plan = { .link_mtu = a->link.mtu,
				       .tap_mtu = tap_mtu };
	struct missiu_policy p;
	uint64_t cursor = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < a->first.n; i++)
		ok = autoroute_plan_add(&plan, &a->first.v[i]);
	while (ok && missiu_policy_next(m, &cursor, &p, NULL))
		ok = autoroute_plan(&p, addrs, n_addrs, &plan);
	bring_up(a);
	explain_any(a, &plan);
	if (ok)
		apply(a, &plan);
	else
		log_warn(net, "out of memory: routes stay as they are");
	free(plan.v);
}

static bool have(const struct netlink_route *v, size_t n,
		 const struct netlink_route *r)
{
	const struct netlink_route *k =
		n ? bsearch(r, v, n, sizeof(*v), autoroute_by_prefix) : NULL;

	return k && alike(k, r) && addr_eq(&k->via, &r->via);
}

/* Whether the kernel still has what we put there; @v is its list, sorted. */
static bool intact(const struct held_route *h, const struct netlink_route *v,
		   size_t n)
{
	struct netlink_route lower, upper;

	if (h->hold != HOLD_HALVES)
		return h->hold == HOLD_WHOLE && have(v, n, &h->r);
	lower = autoroute_half(&h->r, false);
	upper = autoroute_half(&h->r, true);
	return have(v, n, &lower) && have(v, n, &upper);
}

bool autoroute_lost(struct autoroute *a)
{
	struct netlink_route *v = NULL;
	bool lost = false;
	size_t n = 0;

	if (netlink_routes(a->nl, a->tap_index, &v, &n, NULL))
		return false;
	if (n)
		qsort(v, n, sizeof(*v), autoroute_by_prefix);
	for (size_t i = 0; i < a->n && !lost; i++)
		lost = a->v[i].hold != HOLD_FOREIGN && !intact(&a->v[i], v, n);
	free(v);
	return lost;
}

void autoroute_refresh(struct autoroute *a, struct missiu *m,
		       const struct netlink_link *link, const char *tap_name,
		       unsigned tap_mtu)
{
	struct netlink_route *v = NULL;
	struct missiu_diag diag = { "" };
	struct netlink_link tap;
	size_t n = 0;

	a->link = *link;
	snprintf(a->tap_name, sizeof(a->tap_name), "%s", tap_name);
	if (netlink_routes(a->nl, a->tap_index, &v, &n, &diag)) {
		log_warn(net, "%s", diag.msg);
		return;
	}
	if (n)
		qsort(v, n, sizeof(*v), autoroute_by_prefix);
	for (size_t i = 0; i < a->n; i++) {
		struct held_route *h = &a->v[i];

		if (intact(h, v, n))
			continue;
		h->retried = h->hold == HOLD_FOREIGN;
		withdraw(a, h);
		h->hold = HOLD_NONE;
	}
	free(v);
	/* No route leads through a TAP that is down; wait for the next call. */
	if (!netlink_link_at(a->nl, a->tap_index, &tap, NULL) && tap.up)
		autoroute_update(a, m, tap_mtu);
}

bool autoroute_next(const struct autoroute *a, size_t *cursor,
		    struct netlink_route *out)
{
	for (; *cursor < a->n; ++*cursor)
		if (a->v[*cursor].hold == HOLD_WHOLE ||
		    a->v[*cursor].hold == HOLD_HALVES) {
			*out = a->v[(*cursor)++].r;
			return true;
		}
	return false;
}

void autoroute_free(struct autoroute *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->n; i++)
		withdraw(a, &a->v[i]);
	free(a->first.v);
	free(a->v);
	free(a);
}
