/* SPDX-License-Identifier: Apache-2.0 */
/* Loading peers: all or none, and what becomes of SAs of those that went. */
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/log.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/peer.h"
#include "ike/sa.h"

/* Peers in the making: references to old and new ones. */
struct list {
	struct ike_peer **v;
	size_t n;
};

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		peer_put(l->v[i]);
	free(l->v);
	*l = (struct list){ 0 };
}

static int compile(const struct ike *ike, struct ike_peer_conf *v, size_t n,
		   enum ike_peer_source source, struct list *out,
		   struct ike_peer_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct ike_peer *p =
			peer_new(ike, &v[i], &err->key, &err->diag);

		if (!p) {
			err->index = i;
			return MISSIU_EINVAL;
		}
		p->source = (uint8_t)source;
		out->v[out->n++] = p;
	}
	return 0;
}

/*
 * A peer that did not change keeps its SAs: the old one stays in the list. Old
 * ones whose name is taken are marked.
 */
static void reuse(const struct ike *ike, struct list *fresh)
{
	for (size_t i = 0; i < ike->n_peer; i++)
		ike->peer[i]->replaced = false;
	for (size_t i = 0; i < fresh->n; i++) {
		struct ike_peer *p = fresh->v[i];
		struct ike_peer *o = peer_index_named(ike->pix, p->conf.name);
		struct ike_cred *cred;

		if (!o)
			continue;
		o->replaced = true;
		if (!peer_same(o, p))
			continue;
		o->source = p->source;
		/* Revocation lists alone may be newer. */
		cred = o->cred;
		o->cred = p->cred;
		p->cred = cred;
		o->conf.pos = p->conf.pos;
		memcpy(o->conf.at, p->conf.at, sizeof(o->conf.at));
		memcpy(o->file, p->file, sizeof(o->file));
		fresh->v[i] = peer_get(o);
		peer_put(p);
	}
}

static bool stays(const struct ike_peer *p, enum ike_peer_source source,
		  bool keep)
{
	return (keep || p->source != source) && !p->replaced;
}

/* Nothing of a peer that went may be used any longer; it is told so. */
static void end_sa(struct ike *ike, struct ike_sa *sa)
{
	static const char why[] = "its peer was removed or changed";

	if (sa->state == IKE_S_INIT_SENT || sa->state == IKE_S_INTER_SENT ||
	    sa->state == IKE_S_AUTH_SENT) {
		ike_sa_fail(ike, sa, false, "RELOADED", "%s", why);
	} else if (sa->state == IKE_S_INIT_RCVD) {
		ike_sa_close(ike, sa, false);
	} else if (sa->state == IKE_S_ESTABLISHED) {
		ike_sa_deleted(ike, sa, why);
		while (sa->children)
			child_remove(ike, sa, sa->children);
		sa->expire_us = sa->rekey_us = UINT64_MAX;
		task_push(sa, task_new(TASK_DEL_IKE));
		exchange_run(ike, sa);
	}
}

static void end_gone(struct ike *ike)
{
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (sa->peer && sa->peer->gone) {
			end_sa(ike, sa);
			ike_sa_touch(ike, sa);
		}
	ike_sa_settle(ike);
}

static void replace(struct ike *ike, struct list *all, struct peer_index *pix)
{
	struct list old = { ike->peer, ike->n_peer };

	for (size_t i = 0; i < old.n; i++)
		old.v[i]->gone = true;
	for (size_t i = 0; i < all->n; i++)
		all->v[i]->gone = false;
	ike->peer = all->v;
	ike->n_peer = all->n;
	peer_index_free(ike->pix);
	ike->pix = pix;
	end_gone(ike);
	list_free(&old);
}

int ike_peers(struct ike *ike, struct ike_peer_conf *v, size_t n,
	      enum ike_peer_source source, bool keep, struct ike_peer_err *err,
	      missiu_usec now)
{
	const struct list old = { ike->peer, ike->n_peer };
	struct list fresh = { calloc(n + 1, sizeof(*fresh.v)), 0 };
	struct list all = { calloc(n + old.n + 1, sizeof(*all.v)), 0 };
	struct peer_index *pix;
	int ret = MISSIU_ENOMEM;

	ike->now = now;
	*err = (struct ike_peer_err){ .key = MISSIU_PEER_KEYS,
				      .diag = { "out of memory" } };
	if (!fresh.v || !all.v)
		goto out;
	ret = compile(ike, v, n, source, &fresh, err);
	if (ret)
		goto out;
	reuse(ike, &fresh);
	for (size_t i = 0; i < old.n; i++)
		if (old.v[i]->conf.name[0] && stays(old.v[i], source, keep))
			all.v[all.n++] = peer_get(old.v[i]);
	for (size_t i = 0; i < fresh.n; i++)
		all.v[all.n++] = peer_get(fresh.v[i]);
	for (size_t i = 0; i < old.n; i++)
		if (!old.v[i]->conf.name[0])
			all.v[all.n++] = peer_get(old.v[i]);
	pix = peer_index_new(all.v, all.n, ike->ix->seed);
	if (!pix) {
		ret = MISSIU_ENOMEM;
		goto out;
	}
	replace(ike, &all, pix);
	all = (struct list){ 0 };
out:
	list_free(&fresh);
	list_free(&all);
	return ret;
}

bool ike_init_next(const struct ike *ike, size_t *cursor,
		   struct missiu_addr *local, struct missiu_addr *remote)
{
	while (*cursor < ike->n_peer) {
		const struct missiu_peer *p = &ike->peer[(*cursor)++]->conf;

		if (p->init != MISSIU_YES)
			continue;
		*local = p->laddr.n ? p->laddr.v[0] : (struct missiu_addr){ 0 };
		*remote = p->raddr.v[0].lo;
		return true;
	}
	return false;
}
