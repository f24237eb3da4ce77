/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of SPD and SAD, all or none.
 *
 * Policies: the transaction works on a list of slots. It starts with those in
 * force; a flush marks all slots dead, an added policy appends a slot. A
 * policy that equals one of a dead slot is that policy again, with its id,
 * counters and SAs. A hash table finds equal ones. At the end the live slots
 * become the next database.
 *
 * SAs: new ones go into the SAD at once, marked .txn_new; those to be deleted
 * are marked .txn_gone and no longer found. No packet is processed meanwhile.
 * Committing removes the gone ones; rolling back removes the new ones.
 */
#include "ipsec/state.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/secret.h"
#include "ipsec/pmtu.h"

/** Most policies in one engine. */
#define SPD_MAX (1U << 18)

struct slot {
	struct policy *pol;
	bool live;
};

struct txn {
	struct missiu *m;
	missiu_usec now;
	struct missiu_diag *diag;
	struct slot *slots;
	size_t n, cap, live_from; /* slots before live_from are dead */
	uint32_t *map; /* by content: slot number + 1; open addressing */
	size_t mask;
	bool policies; /* some change is about policies: slots and map exist */
	struct policy *fresh, **fresh_last; /* made here, in order */
	struct sa **added;
	size_t n_added, cap_added;
	bool gone; /* some SA is marked .txn_gone */
};

/* --- policies ------------------------------------------------------------ */

/* The entry of the map that holds this policy's slot, or a free one. */
static uint32_t *map_find(struct txn *t, const struct missiu_policy *p,
			  uint64_t hash)
{
	size_t i = hash & t->mask;

	for (; t->map[i]; i = (i + 1) & t->mask) {
		const struct policy *pol = t->slots[t->map[i] - 1].pol;

		if (pol->hash == hash && policy_eq(&pol->p, p))
			break;
	}
	return &t->map[i];
}

static void append(struct txn *t, struct policy *pol)
{
	uint32_t *at = map_find(t, &pol->p, pol->hash);

	t->slots[t->n++] = (struct slot){ pol, true };
	*at = (uint32_t)t->n;
}

static int start_policies(struct txn *t, size_t n_new)
{
	const struct spd *spd = &t->m->spd;
	size_t buckets = 16;

	t->cap = spd->n + n_new;
	while (buckets < 2 * t->cap)
		buckets *= 2;
	t->mask = buckets - 1;
	t->slots = calloc(t->cap ? t->cap : 1, sizeof(*t->slots));
	t->map = calloc(buckets, sizeof(*t->map));
	if (!t->slots || !t->map)
		return diag_set(t->diag, MISSIU_ENOMEM, "out of memory");
	for (size_t i = 0; i < spd->n; i++)
		append(t, spd->v[i]);
	return 0;
}

static int flush_policies(struct txn *t)
{
	for (; t->live_from < t->n; t->live_from++)
		t->slots[t->live_from].live = false;
	return 0;
}

static struct policy *policy_new(struct txn *t, const struct missiu_policy *p,
				 uint64_t hash)
{
	struct policy *pol = calloc(1, sizeof(*pol));

	if (!pol)
		return NULL;
	pol->p = *p;
	pol->hash = hash;
	if (!++t->m->last_policy_id)
		++t->m->last_policy_id;
	pol->p.id = t->m->last_policy_id;
	*t->fresh_last = pol;
	t->fresh_last = &pol->fresh_next;
	return pol;
}

static int add_policy(struct txn *t, struct missiu_policy *p)
{
	uint64_t hash = policy_hash(p);
	struct policy *pol;
	struct slot *old;
	uint32_t *at;
	int ret;

	ret = policy_check(p, t->diag);
	if (ret)
		return ret;
	at = map_find(t, p, hash);
	if (*at) {
		old = &t->slots[*at - 1];
		p->id = old->pol->p.id;
		if (!old->live)
			append(t, old->pol);
		return 0;
	}
	if (t->n - t->live_from >= SPD_MAX)
		return diag_set(t->diag, MISSIU_EFULL, "too many policies");
	pol = policy_new(t, p, hash);
	if (!pol)
		return diag_set(t->diag, MISSIU_ENOMEM, "out of memory");
	p->id = pol->p.id;
	append(t, pol);
	return 0;
}

static int del_policy(struct txn *t, const struct missiu_policy *p)
{
	const struct policy *pol = spd_by_id(&t->m->spd, p->id);
	struct slot *s = NULL;

	if (pol)
		s = &t->slots[*map_find(t, &pol->p, pol->hash) - 1];
	if (!s || !s->live)
		return diag_set(t->diag, MISSIU_ENOENT, "no policy %u", p->id);
	s->live = false;
	return 0;
}

/* --- SAs ----------------------------------------------------------------- */

static int note_added(struct txn *t, struct sa *sa)
{
	size_t cap = t->cap_added ? t->cap_added * 2 : 16;
	struct sa **v;

	if (t->n_added == t->cap_added) {
		v = realloc(t->added, cap * sizeof(struct sa *));
		if (!v)
			return MISSIU_ENOMEM;
		t->added = v;
		t->cap_added = cap;
	}
	t->added[t->n_added++] = sa;
	return 0;
}

static int add_sa(struct txn *t, const struct missiu_sa *d)
{
	struct missiu *m = t->m;
	uint8_t seed[32];
	struct sa *sa = NULL;
	int ret;

	if (d->policy_id && !spd_by_id(&m->spd, d->policy_id))
		return diag_set(t->diag, MISSIU_ENOENT,
				"SA for policy %u, which is not loaded",
				d->policy_id);
	if (sad_find(&m->sad, d->proto, d->spi, &d->dst))
		return diag_set(t->diag, MISSIU_EEXIST,
				"an SA with SPI 0x%08x to %s exists", d->spi,
				addr_text(&d->dst).s);
	if (m->opts.random(m->opts.random_ctx, seed, sizeof(seed)))
		return diag_set(t->diag, MISSIU_ERANDOM,
				"random source failed");
	ret = sa_compile(d, seed, t->now, &sa, t->diag);
	secret_wipe(seed, sizeof(seed));
	if (ret)
		return ret;
	ret = sad_reserve(&m->sad);
	if (!ret)
		ret = note_added(t, sa);
	if (ret) {
		sa_free(sa);
		return diag_set(t->diag, ret, "%s",
				ret == MISSIU_EFULL ? "too many SAs" :
						      "out of memory");
	}
	sa->txn_new = true;
	pmtu_inherit(m, sa);
	sad_insert(&m->sad, sa);
	return 0;
}

static int del_sa(struct txn *t, const struct missiu_sa *d)
{
	struct sa *sa = sad_find(&t->m->sad, d->proto, d->spi, &d->dst);

	if (!sa)
		return diag_set(t->diag, MISSIU_ENOENT,
				"no SA with SPI 0x%08x to %s", d->spi,
				addr_text(&d->dst).s);
	sa->txn_gone = true;
	t->gone = true;
	return 0;
}

static int flush_sas(struct txn *t)
{
	for (size_t i = 0; i < t->m->sad.n; i++)
		t->m->sad.v[i]->txn_gone = true;
	t->gone = true;
	return 0;
}

/* --- the transaction ----------------------------------------------------- */

static int apply_one(struct txn *t, struct missiu_change *c)
{
	switch (c->kind) {
	case MISSIU_CHG_FLUSH_SA:
		return flush_sas(t);
	case MISSIU_CHG_FLUSH_POLICY:
		return flush_policies(t);
	case MISSIU_CHG_ADD_POLICY:
		return add_policy(t, &c->policy);
	case MISSIU_CHG_ADD_SA:
		return add_sa(t, &c->sa);
	case MISSIU_CHG_DEL_SA:
		return del_sa(t, &c->sa);
	case MISSIU_CHG_DEL_POLICY:
		return del_policy(t, &c->policy);
	}
	return diag_set(t->diag, MISSIU_EINVAL, "unknown change %u", c->kind);
}

static void free_policies(struct policy *list)
{
	struct policy *next;

	for (; list; list = next) {
		next = list->fresh_next;
		free(list);
	}
}

static void roll_back(struct txn *t)
{
	struct sad *sad = &t->m->sad;

	for (size_t i = 0; t->gone && i < sad->n; i++)
		sad->v[i]->txn_gone = false;
	while (t->n_added) {
		struct sa *sa = t->added[--t->n_added];

		sad_remove(sad, sa);
		sa_free(sa);
	}
	free_policies(t->fresh);
}

/*
 * Fill the next database from the live slots and mark the policies in it.
 * Return: 0 also when nothing changes, *changed says which; MISSIU_ENOMEM.
 */
static int next_spd(struct txn *t, struct spd *next, bool *changed)
{
	const struct spd *spd = &t->m->spd;
	size_t n_live = 0;

	for (size_t i = 0; i < t->n; i++) {
		t->slots[i].pol->live = false;
		n_live += t->slots[i].live;
	}
	*changed = n_live != spd->n;
	if (spd_alloc(next, n_live))
		return diag_set(t->diag, MISSIU_ENOMEM, "out of memory");
	for (size_t i = 0; i < t->n; i++) {
		if (!t->slots[i].live)
			continue;
		t->slots[i].pol->live = true;
		if (!*changed && spd->v[next->n] != t->slots[i].pol)
			*changed = true;
		next->v[next->n++] = t->slots[i].pol;
	}
	return 0;
}

/* SAs go with their policies. Return: how many SAs go in all. */
static size_t mark_orphans(struct txn *t, bool changed)
{
	const struct sad *sad = &t->m->sad;
	const struct policy *pol;
	size_t n = 0;

	for (size_t i = 0; (changed || t->gone) && i < sad->n; i++) {
		struct sa *sa = sad->v[i];

		if (changed && sa->d.policy_id) {
			pol = spd_by_id(&t->m->spd, sa->d.policy_id);
			if (!pol || !pol->live)
				sa->txn_gone = true;
		}
		n += sa->txn_gone;
	}
	return n;
}

static void remove_gone(struct missiu *m, size_t n)
{
	if (!n)
		return;
	for (size_t i = m->sad.n; i > 0; i--) {
		const struct sa *sa = m->sad.v[i - 1];

		if (sa->txn_gone && !sa->txn_new)
			life_event(m, sa, MISSIU_EV_SA_DELETED);
	}
	sad_sweep(&m->sad);
}

static void announce_added(struct txn *t)
{
	for (size_t i = 0; i < t->n_added; i++) {
		struct sa *sa = t->added[i];

		if (sa->txn_gone)
			continue;
		sa->txn_new = false;
		life_watch(t->m, sa);
		if (sa->d.dir & MISSIU_OUT)
			hold_answered(&t->m->hold, sa->d.policy_id);
	}
}

/* Replace the database; policies that are in neither list are freed. */
static void swap_spd(struct txn *t, struct spd *next)
{
	struct missiu *m = t->m;
	struct spd old = m->spd;
	struct policy *p;

	spd_index(next);
	m->spd = *next;
	for (size_t i = 0; i < old.n; i++)
		if (!old.v[i]->live)
			free(old.v[i]);
	spd_fini(&old);
	m->hold.dirty = true;
	events_put(&m->events,
		   &(struct missiu_event){ .kind = MISSIU_EV_SPD_CHANGED });
	while (t->fresh) {
		p = t->fresh;
		t->fresh = p->fresh_next;
		p->fresh_next = NULL;
		if (!p->live)
			free(p);
		else if (p->p.flags & MISSIU_POL_INIT)
			acquire_init(m, p, t->now);
	}
}

static size_t count_init(const struct txn *t)
{
	size_t n = 0;

	for (const struct policy *p = t->fresh; p; p = p->fresh_next)
		n += p->live && p->p.flags & MISSIU_POL_INIT;
	return n;
}

/* From where on nothing fails, except for the memory asked for first. */
static int commit(struct txn *t)
{
	struct missiu *m = t->m;
	struct spd next = { 0 };
	bool changed = false;
	size_t n_gone;
	int ret;

	if (t->policies) {
		ret = next_spd(t, &next, &changed);
		if (ret)
			return ret;
	}
	n_gone = mark_orphans(t, changed);
	if (n_gone || changed)
		events_reserve(&m->events, n_gone + count_init(t) + 1);
	announce_added(t);
	remove_gone(m, n_gone);
	m->gen++;
	if (changed) {
		swap_spd(t, &next);
	} else {
		spd_fini(&next);
		free_policies(t->fresh);
	}
	return 0;
}

static void txn_init(struct txn *t, struct missiu *m, missiu_usec now,
		     struct missiu_diag *diag)
{
	*t = (struct txn){ .m = m, .now = now, .diag = diag };
	t->fresh_last = &t->fresh;
}

/* Commit or roll back, then release what the transaction used. */
static int txn_end(struct txn *t, int ret)
{
	if (!ret)
		ret = commit(t);
	if (ret)
		roll_back(t);
	free(t->slots);
	free(t->map);
	free(t->added);
	return ret;
}

int missiu_load(struct missiu *m, struct missiu_change *v, size_t n,
		missiu_usec now, size_t *bad, struct missiu_diag *diag)
{
	size_t i, n_new = 0;
	struct txn t;
	int ret = 0;

	txn_init(&t, m, now, diag);
	for (i = 0; i < n; i++) {
		t.policies |= v[i].kind == MISSIU_CHG_FLUSH_POLICY ||
			      v[i].kind == MISSIU_CHG_ADD_POLICY ||
			      v[i].kind == MISSIU_CHG_DEL_POLICY;
		n_new += v[i].kind == MISSIU_CHG_ADD_POLICY;
	}
	if (t.policies)
		ret = start_policies(&t, n_new);
	for (i = 0; i < n && !ret; i++)
		ret = apply_one(&t, &v[i]);
	if (ret && bad)
		*bad = i ? i - 1 : 0;
	return txn_end(&t, ret);
}

int missiu_sa_add(struct missiu *m, const struct missiu_sa *sa, missiu_usec now,
		  struct missiu_diag *diag)
{
	struct txn t;

	txn_init(&t, m, now, diag);
	return txn_end(&t, add_sa(&t, sa));
}

int missiu_sa_del(struct missiu *m, uint8_t proto, uint32_t spi,
		  const struct missiu_addr *dst)
{
	struct sa *sa = sad_find(&m->sad, proto, spi, dst);

	if (!sa)
		return MISSIU_ENOENT;
	sad_remove(&m->sad, sa);
	sa_free(sa);
	m->gen++;
	return 0;
}

int missiu_sa_update(struct missiu *m, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst)
{
	struct sa *old = sad_find(&m->sad, sa->proto, sa->spi, old_dst), *other;
	int ret = sa_check_ends(sa, NULL);

	if (!old)
		return MISSIU_ENOENT;
	if (ret)
		return ret;
	other = sad_find(&m->sad, sa->proto, sa->spi, &sa->dst);
	if (other && other != old)
		return MISSIU_EEXIST;
	sad_move(&m->sad, old, sa);
	m->gen++;
	m->hold.dirty = true;
	return 0;
}
