/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "ctl/dp.h"

/* A refusal that waits for process(), where handlers may be called. */
struct refusal {
	struct refusal *next;
	uint64_t owner;
	uint32_t spi;
	int err;
	struct missiu_diag diag;
};

struct direct {
	struct dp dp; /* first: a struct dp points here */
	struct missiu *m;
	const missiu_usec *now;
	bool spd_known;
	struct refusal *first, **last;
};

static struct direct *direct(struct dp *dp)
{
	return (struct direct *)dp;
}

/* Keep what went wrong for process(); Return: 0 or MISSIU_ENOMEM. */
static int refuse(struct direct *d, uint64_t owner, uint32_t spi, int err,
		  const struct missiu_diag *diag)
{
	struct refusal *r;

	if (!err)
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return MISSIU_ENOMEM;
	*r = (struct refusal){
		.owner = owner, .spi = spi, .err = err, .diag = *diag
	};
	*d->last = r;
	d->last = &r->next;
	return 0;
}

static int sa_add(struct dp *dp, const struct missiu_sa *sa)
{
	struct missiu_diag diag = { "" };
	struct direct *d = direct(dp);
	int err = missiu_sa_add(d->m, sa, *d->now, &diag);

	return refuse(d, sa->owner, sa->spi, err, &diag);
}

static int sa_update(struct dp *dp, const struct missiu_sa *sa,
		     const struct missiu_addr *old_dst)
{
	const struct missiu_diag diag = { "" };
	int err = missiu_sa_update(direct(dp)->m, sa, old_dst);

	return refuse(direct(dp), sa->owner, sa->spi, err, &diag);
}

static int sa_del(struct dp *dp, uint8_t proto, uint32_t spi,
		  const struct missiu_addr *dst)
{
	/* The only refusal is that it is gone already. */
	(void)missiu_sa_del(direct(dp)->m, proto, spi, dst);
	return 0;
}

static int acquire_failed(struct dp *dp, uint32_t acquire_id)
{
	missiu_acquire_failed(direct(dp)->m, acquire_id);
	return 0;
}

/* Interfaces are the embedder's business. */
static int net_set(struct dp *dp, const struct ctl_net *net)
{
	const struct missiu_diag diag = { "an engine has no interface" };

	(void)net;
	return refuse(direct(dp), 0, 0, MISSIU_EUNSUP, &diag);
}

static int no_fd(const struct dp *dp)
{
	(void)dp;
	return -1;
}

static void tell_policies(struct direct *d)
{
	struct missiu_policy *v = NULL;
	struct missiu_stats s;
	uint64_t cursor = 0;
	size_t n = 0;

	d->spd_known = false;
	missiu_stats_get(d->m, &s);
	if (s.n_policy) {
		v = calloc(s.n_policy, sizeof(*v));
		if (!v)
			return; /* spd_known stays false: tried again */
	}
	while (n < s.n_policy && missiu_policy_next(d->m, &cursor, &v[n], NULL))
		n++;
	d->spd_known = true;
	d->dp.on.policies(d->dp.on.ctx, v, n);
	free(v);
}

static void process(struct dp *dp)
{
	struct direct *d = direct(dp);
	struct missiu_event ev;
	struct refusal *r;

	while ((r = d->first)) {
		d->first = r->next;
		if (!d->first)
			d->last = &d->first;
		d->dp.on.refused(d->dp.on.ctx, r->owner, r->spi, r->err,
				 r->diag.msg[0] ? r->diag.msg :
						  missiu_strerror(r->err));
		free(r);
	}
	if (!d->spd_known)
		tell_policies(d);
	while (missiu_event_next(d->m, &ev))
		if (ev.kind == MISSIU_EV_SPD_CHANGED)
			tell_policies(d);
		else
			d->dp.on.event(d->dp.on.ctx, &ev);
}

static void direct_free(struct dp *dp)
{
	struct direct *d = direct(dp);

	while (d && d->first) {
		struct refusal *r = d->first;

		d->first = r->next;
		free(r);
	}
	free(d);
}

/* Calls are done when they return. */
static uint64_t no_mark(const struct dp *dp)
{
	(void)dp;
	return 0;
}

static bool always_reached(const struct dp *dp, uint64_t mark)
{
	(void)dp;
	(void)mark;
	return true;
}

/* process() tells of a change and of the SPD at once. */
static bool never_stale(const struct dp *dp)
{
	(void)dp;
	return false;
}

static const struct dp_ops direct_ops = {
	.name = "direct",
	.sa_add = sa_add,
	.sa_update = sa_update,
	.sa_del = sa_del,
	.acquire_failed = acquire_failed,
	.net_set = net_set,
	.fd = no_fd,
	.process = process,
	.mark = no_mark,
	.reached = always_reached,
	.stale = never_stale,
	.free = direct_free,
};

struct dp *dp_direct_new(struct missiu *m, const missiu_usec *now,
			 const struct dp_handlers *on)
{
	struct direct *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->dp = (struct dp){ .ops = &direct_ops, .on = *on };
	d->m = m;
	d->now = now;
	d->last = &d->first;
	return &d->dp;
}
