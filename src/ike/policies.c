/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/policies.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "ike/htab.h"

/* Of so few a copy costs more than to look at all. */
#define FEW 4

struct entry {
	struct hnode by_id, by_remote;
	size_t at; /* in v */
};

struct policies {
	uint64_t seed;
	struct missiu_policy *v;
	size_t n;
	struct entry *entry;	      /* as v */
	size_t *any, n_any;	      /* in v: for whatever peer; ascending */
	struct htab by_id, by_remote; /* the latter: for one peer only */
	struct missiu_policy *some;   /* what policies_of() gave last */
	size_t some_cap;
	uint64_t steps;
};

static const struct missiu_policy *of_id(const struct policies *p,
					 const struct hnode *n)
{
	const struct entry *e =
		(const void *)((const char *)n - offsetof(struct entry, by_id));

	return &p->v[e->at];
}

static size_t at_of_remote(const struct hnode *n)
{
	const struct entry *e =
		(const void *)((const char *)n -
			       offsetof(struct entry, by_remote));

	return e->at;
}

static bool names_peer(const struct missiu_policy *pol)
{
	return pol->action == MISSIU_PROTECT && pol->mode == MISSIU_TUNNEL &&
	       !addr_is_any(&pol->tun_remote);
}

/* From the last to the first: the tables give the newest first. */
static void index_all(struct policies *p)
{
	for (size_t i = p->n; i-- > 0;) {
		struct entry *e = &p->entry[i];

		e->at = i;
		htab_add(&p->by_id, &e->by_id, hash_u64(p->seed, p->v[i].id));
		if (names_peer(&p->v[i]))
			htab_add(&p->by_remote, &e->by_remote,
				 hash_addr(p->seed, &p->v[i].tun_remote));
	}
	for (size_t i = 0; i < p->n; i++)
		if (!names_peer(&p->v[i]))
			p->any[p->n_any++] = i;
}

struct policies *policies_new(const struct missiu_policy *v, size_t n,
			      uint64_t seed)
{
	struct policies *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->seed = seed;
	p->n = n;
	p->v = calloc(n + 1, sizeof(*p->v));
	p->entry = calloc(n + 1, sizeof(*p->entry));
	p->any = calloc(n + 1, sizeof(*p->any));
	if (!p->v || !p->entry || !p->any || htab_init(&p->by_id) ||
	    htab_init(&p->by_remote)) {
		policies_free(p);
		return NULL;
	}
	if (n)
		memcpy(p->v, v, n * sizeof(*v));
	index_all(p);
	return p;
}

void policies_free(struct policies *p)
{
	if (!p)
		return;
	htab_fini(&p->by_id);
	htab_fini(&p->by_remote);
	free(p->some);
	free(p->any);
	free(p->entry);
	free(p->v);
	free(p);
}

const struct missiu_policy *policies_by_id(struct policies *p, uint32_t id)
{
	struct hnode *n =
		p ? htab_first(&p->by_id, hash_u64(p->seed, id)) : NULL;

	while (n && of_id(p, n)->id != id)
		n = htab_next(n);
	return n ? of_id(p, n) : NULL;
}

const struct missiu_policy *policies_all(const struct policies *p, size_t *n)
{
	*n = p ? p->n : 0;
	return *n ? p->v : NULL;
}

/* Append a policy to what is given. */
static bool give(struct policies *p, size_t *n, size_t at)
{
	if (*n == p->some_cap) {
		const size_t cap = *n ? 2 * *n : 16;
		struct missiu_policy *some =
			reallocarray(p->some, cap, sizeof(*some));

		if (!some)
			return false;
		p->some = some;
		p->some_cap = cap;
	}
	p->steps++;
	p->some[(*n)++] = p->v[at];
	return true;
}

static struct hnode *skip_others(struct policies *p, struct hnode *n,
				 const struct missiu_addr *remote)
{
	while (n && !addr_eq(&p->v[at_of_remote(n)].tun_remote, remote))
		n = htab_next(n);
	return n;
}

const struct missiu_policy *
policies_of(struct policies *p, const struct missiu_addr *remote, size_t *n)
{
	struct hnode *one;
	size_t any = 0;

	if (!p || p->n <= FEW)
		return policies_all(p, n);
	one = htab_first(&p->by_remote, hash_addr(p->seed, remote));
	one = skip_others(p, one, remote);
	/* Two ascending lists become one. */
	for (*n = 0; one || any < p->n_any;) {
		const bool is_one = one && (any == p->n_any ||
					    at_of_remote(one) < p->any[any]);

		if (!give(p, n, is_one ? at_of_remote(one) : p->any[any])) {
			*n = 0;
			return NULL;
		}
		if (is_one)
			one = skip_others(p, htab_next(one), remote);
		else
			any++;
	}
	return *n ? p->some : NULL;
}

uint64_t policies_steps(const struct policies *p)
{
	return p ? p->steps + p->by_id.steps + p->by_remote.steps : 0;
}
