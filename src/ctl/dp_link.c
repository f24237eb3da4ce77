/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/dp_link.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/diag.h"
#include "common/secret.h"
#include "ctl/sock.h"

#define PEND_MAX   16384
#define FLYING_MAX 64
#define HELD_MAX   4096

int dp_link_new(const char *prefix, const char *iface,
		const struct dp_handlers *on, struct dp_link **out,
		struct missiu_diag *diag)
{
	struct dp_link *l = calloc(1, sizeof(*l));
	int fd;

	if (!l)
		return diag_set(diag, MISSIU_ENOMEM, "out of memory");
	fd = ctl_dial(prefix, iface, diag);
	if (fd < 0) {
		free(l);
		return fd;
	}
	l->fd = fd;
	l->pid = (uint32_t)getpid();
	l->dp.on = *on;
	*out = l;
	return 0;
}

static void pend_free(struct dp_pend *p)
{
	secret_wipe(p->bytes, p->len);
	free(p);
}

void dp_link_free(struct dp *dp)
{
	struct dp_link *l = dp_link(dp);

	if (!l)
		return;
	while (l->first) {
		struct dp_pend *p = l->first;

		l->first = p->next;
		pend_free(p);
	}
	close(l->fd);
	free(l->spd);
	free(l->held);
	free(l);
}

int dp_link_fd(const struct dp *dp)
{
	return ((const struct dp_link *)dp)->fd;
}

uint64_t dp_link_mark(const struct dp *dp)
{
	return ((const struct dp_link *)dp)->last_number;
}

/* The list is in order, and so are the answers. */
bool dp_link_reached(const struct dp *dp, uint64_t mark)
{
	const struct dp_link *l = (const struct dp_link *)dp;

	return !l->first || l->first->number > mark;
}

bool dp_link_stale(const struct dp *dp)
{
	return ((const struct dp_link *)dp)->dumping;
}

void dp_link_drop(struct dp_link *l, struct dp_pend *p)
{
	struct dp_pend *before = NULL, *at = l->first;

	while (at && at != p) {
		before = at;
		at = at->next;
	}
	if (!at)
		return;
	if (before)
		before->next = p->next;
	else
		l->first = p->next;
	if (l->last == p)
		l->last = before;
	if (l->unsent == p)
		l->unsent = p->next;
	l->n_pend--;
	l->n_flying -= p->sent;
	pend_free(p);
}

void dp_link_flush(struct dp_link *l)
{
	while (l->unsent && l->n_flying < FLYING_MAX && !l->dead) {
		struct dp_pend *p = l->unsent;
		int err = l->xmit(l, p);

		if (err == MISSIU_EAGAIN)
			return;
		if (err) {
			l->dead = MISSIU_ECONN;
			return;
		}
		p->sent = true;
		l->n_flying++;
		secret_wipe(p->bytes, p->len);
		l->unsent = p->next;
		if (!p->answered)
			dp_link_drop(l, p);
	}
}

int dp_link_queue(struct dp_link *l, const struct dp_pend *p,
		  const uint8_t *bytes, size_t len)
{
	struct dp_pend *copy;

	if (l->dead)
		return MISSIU_ECONN;
	if (l->n_pend >= PEND_MAX)
		return MISSIU_EFULL;
	copy = malloc(sizeof(*copy) + len);
	if (!copy)
		return MISSIU_ENOMEM;
	*copy = *p;
	copy->next = NULL;
	copy->sent = false;
	copy->number = ++l->last_number;
	copy->len = len;
	if (len)
		memcpy(copy->bytes, bytes, len);
	if (l->last)
		l->last->next = copy;
	else
		l->first = copy;
	l->last = copy;
	l->n_pend++;
	if (!l->unsent)
		l->unsent = copy;
	dp_link_flush(l);
	return l->dead ? MISSIU_ECONN : 0;
}

void dp_link_refused(struct dp_link *l, struct dp_pend *p, int err,
		     const char *text)
{
	const uint64_t owner = p->owner;
	const uint32_t spi = p->spi;

	dp_link_drop(l, p);
	l->dp.on.refused(l->dp.on.ctx, owner, spi, err,
			 text[0] ? text : missiu_strerror(err));
}

/* Room for one more in a growing array; false without memory. */
static bool room(void **v, size_t *cap, size_t n, size_t size)
{
	size_t want = *cap ? 2 * *cap : 16;
	void *p;

	if (n < *cap)
		return true;
	p = reallocarray(*v, want, size);
	if (!p)
		return false;
	*v = p;
	*cap = want;
	return true;
}

void dp_link_event(struct dp_link *l, const struct missiu_event *ev)
{
	void *held = l->held;

	if (ev->kind == MISSIU_EV_SPD_CHANGED) {
		dp_link_refresh(l);
		return;
	}
	/* Too many to hold: better out of order than lost. */
	if (!l->dumping || l->n_held == HELD_MAX ||
	    !room(&held, &l->held_cap, l->n_held, sizeof(*ev))) {
		l->dp.on.event(l->dp.on.ctx, ev);
		return;
	}
	l->held = held;
	l->held[l->n_held++] = *ev;
}

void dp_link_refresh(struct dp_link *l)
{
	if (l->dumping)
		return;
	l->n_spd = 0;
	l->dumping = true;
	if (l->ask_spd(l) && !l->dead)
		l->dead = MISSIU_ENOMEM;
}

void dp_link_policy(struct dp_link *l, const struct missiu_policy *p)
{
	void *spd = l->spd;

	if (!room(&spd, &l->spd_cap, l->n_spd, sizeof(*p))) {
		l->dead = MISSIU_ENOMEM;
		return;
	}
	l->spd = spd;
	l->spd[l->n_spd++] = *p;
}

void dp_link_dumped(struct dp_link *l)
{
	size_t i, n;

	l->dumping = false;
	l->dp.on.policies(l->dp.on.ctx, l->spd, l->n_spd);
	n = l->n_held;
	l->n_held = 0;
	for (i = 0; i < n; i++)
		l->dp.on.event(l->dp.on.ctx, &l->held[i]);
}

void dp_link_finish(struct dp_link *l)
{
	int err;

	if (!l->dead)
		dp_link_flush(l);
	err = l->dead;
	l->dead = err ? MISSIU_ECONN : 0;
	if (err)
		l->dp.on.lost(l->dp.on.ctx, err);
}
