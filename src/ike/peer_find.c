/* SPDX-License-Identifier: Apache-2.0 */
/* Who somebody is, and what may be given to them. */
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "ike/auth.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/peer.h"
#include "ike/sa.h"

/* Whom somebody looks for. @id: NULL: not known yet */
struct peer_query {
	const struct missiu_addr *local, *remote;
	const struct ike_id *id;
};

static unsigned host_bits(const struct missiu_addr *a)
{
	return (unsigned)addr_len(a) * 8;
}

static bool in_range(const struct missiu_range *r, const struct missiu_addr *a)
{
	return !r->lo.family ||
	       (r->lo.family == a->family && addr_cmp(a, &r->lo) >= 0 &&
		addr_cmp(a, &r->hi) <= 0);
}

unsigned peer_range_rank(const struct missiu_range *r)
{
	return r->lo.family ? 129 - (host_bits(&r->lo) -
				     addr_common_bits(&r->lo, &r->hi)) :
			      0;
}

/* 0: any address, or not at all as *@ok says; IPv4 counts as long as IPv6. */
static unsigned range_rank(const struct missiu_ranges *l,
			   const struct missiu_addr *a, bool *ok)
{
	unsigned best = 0;

	*ok = !l->n;
	for (uint8_t i = 0; i < l->n; i++) {
		const struct missiu_range *r = &l->v[i];
		unsigned rank;

		if (!in_range(r, a))
			continue;
		*ok = true;
		rank = peer_range_rank(r);
		if (rank > best)
			best = rank;
	}
	return best;
}

static bool local_ok(const struct missiu_addrs *l, const struct missiu_addr *a)
{
	for (uint8_t i = 0; i < l->n; i++)
		if (addr_eq(&l->v[i], a))
			return true;
	return !l->n;
}

static unsigned id_rank(const struct ike_peer *p, const struct ike_id *id)
{
	unsigned best = !p->n_peer_id;

	for (uint8_t i = 0; id && i < p->n_peer_id; i++) {
		const unsigned rank = ike_idpat_fit(&p->peer_id[i], id);

		if (rank > best)
			best = rank;
	}
	return best;
}

bool peer_allows(const struct ike_peer *p, const struct missiu_addr *local,
		 const struct missiu_addr *remote)
{
	bool ok;

	range_rank(&p->conf.raddr, remote, &ok);
	return ok && local_ok(&p->conf.laddr, local);
}

/* The options' keys are bound to addresses and identities one by one. */
static void rank_key(const struct ike_psk *psk, struct peer_hit *hit)
{
	if (!psk)
		return;
	hit->id_rank = psk->peer.type ? IKE_IDPAT_EXACT : 1;
	hit->addr_rank = psk->addr.family ? 129 : 0;
}

bool peer_fit(struct ike_peer *p, const struct missiu_addr *local,
	      const struct missiu_addr *remote, const struct ike_id *id,
	      struct peer_hit *hit)
{
	bool ok;

	*hit = (struct peer_hit){
		.peer = p,
		.psk = auth_psk_find(p->psk, p->n_psk, remote, id),
	};
	if (!p->conf.name[0]) {
		rank_key(hit->psk, hit);
		if (p->n_peer_id && id)
			return (hit->id_rank = id_rank(p, id)) > 0;
		return true; /* without a key: fails with that as the reason */
	}
	hit->addr_rank = range_rank(&p->conf.raddr, remote, &ok);
	hit->id_rank = id_rank(p, id);
	return ok && local_ok(&p->conf.laddr, local) && (!id || hit->id_rank);
}

static bool better(const struct peer_hit *a, const struct peer_hit *b,
		   bool by_id)
{
	if (!b->peer)
		return true;
	if (by_id && a->id_rank != b->id_rank)
		return a->id_rank > b->id_rank;
	return a->addr_rank > b->addr_rank;
}

/* Who stands for the options is in no index. */
static struct ike_peer *of_options(const struct ike *ike)
{
	struct ike_peer *p = ike->n_peer ? ike->peer[ike->n_peer - 1] : NULL;

	return p && !p->conf.name[0] ? p : NULL;
}

/* Of named peers. *@order: of the best so far, in order of loading. */
static void best_of_run(const struct ike *ike, const struct peer_query *q,
			struct peer_run *r, struct peer_hit *best,
			uint32_t *order)
{
	const struct peer_slot *slot;
	struct peer_hit hit;

	for (; (slot = peer_run_head(r)) != NULL; r->v++) {
		if (best->peer && slot->rank < best->addr_rank)
			return;
		if (!peer_fit(ike->peer[slot->order], q->local, q->remote,
			      q->id, &hit) ||
		    hit.addr_rank != slot->rank)
			continue;
		if (better(&hit, best, q->id != NULL) ||
		    (!better(best, &hit, q->id != NULL) &&
		     slot->order < *order)) {
			*best = hit;
			*order = slot->order;
		}
		return;
	}
}

static struct peer_hit best_named(const struct ike *ike,
				  const struct peer_query *q)
{
	struct peer_run runs[PEER_RUNS_MAX];
	struct peer_hit best = { 0 };
	struct peer_id_key key;
	uint32_t order = 0;
	size_t cursor = 0, n;

	while (peer_index_id(ike->pix, q->id, &cursor, &key)) {
		if (best.peer && key.rank < best.id_rank)
			break;
		n = peer_index_runs(ike->pix, q->local, q->remote, key.hash,
				    runs);
		for (size_t i = 0; i < n; i++)
			best_of_run(ike, q, &runs[i], &best, &order);
	}
	return best;
}

struct peer_hit peer_find(const struct ike *ike,
			  const struct missiu_addr *local,
			  const struct missiu_addr *remote,
			  const struct ike_id *id)
{
	struct peer_hit best = best_named(
				ike, &(struct peer_query){ local, remote, id }),
			hit;
	struct ike_peer *p = of_options(ike);

	if (p && peer_fit(p, local, remote, id, &hit) &&
	    better(&hit, &best, id != NULL))
		return hit;
	return best;
}

void peer_walk(const struct ike *ike, const struct missiu_addr *local,
	       const struct missiu_addr *remote, struct peer_walk *w)
{
	struct ike_peer *p = of_options(ike);
	struct peer_id_key key;
	size_t cursor = 0;

	w->ike = ike;
	w->local = local;
	w->remote = remote;
	w->last = UINT32_MAX;
	peer_index_id(ike->pix, NULL, &cursor, &key);
	w->n = peer_index_runs(ike->pix, local, remote, key.hash, w->run);
	if (!p || !peer_fit(p, local, remote, NULL, &w->options))
		w->options.peer = NULL;
}

/* The run whose next slot goes before those of the others; NULL: at the end. */
static struct peer_run *first_run(struct peer_walk *w)
{
	const struct peer_slot *a, *b = NULL;
	struct peer_run *best = NULL;

	for (size_t i = 0; i < w->n; i++) {
		a = peer_run_head(&w->run[i]);
		if (!a || (b && (a->rank < b->rank ||
				 (a->rank == b->rank && a->order > b->order))))
			continue;
		b = a;
		best = &w->run[i];
	}
	return best;
}

bool peer_walk_next(struct peer_walk *w, struct peer_hit *hit)
{
	const struct peer_slot *slot;
	struct peer_run *r;

	while ((r = first_run(w)) != NULL) {
		slot = r->v;
		if (w->options.peer && w->options.addr_rank > slot->rank)
			break;
		r->v++;
		if (slot->order == w->last ||
		    !peer_fit(w->ike->peer[slot->order], w->local, w->remote,
			      NULL, hit) ||
		    hit->addr_rank != slot->rank)
			continue;
		w->last = slot->order;
		return true;
	}
	*hit = w->options;
	w->options.peer = NULL;
	return hit->peer != NULL;
}

struct peer_hit peer_for_policy(const struct ike *ike,
				const struct missiu_policy *pol,
				const struct missiu_addr *local,
				const struct missiu_addr *remote,
				struct missiu_diag *diag)
{
	struct peer_hit hit = { 0 };
	struct ike_peer *p;

	if (!pol->peer[0]) {
		hit = peer_find(ike, local, remote, NULL);
		if (!hit.peer)
			diag_set(diag, 0,
				 "no peer is configured for %s: load a file "
				 "with one, or give ike a key",
				 addr_text(remote).s);
		return hit;
	}
	p = peer_index_named(ike->pix, pol->peer);
	if (!p)
		diag_set(diag, 0,
			 "policy %u (line %u) is for peer %s, which is not "
			 "loaded: load a file with it, or start ike with "
			 "--config",
			 pol->id, pol->line, pol->peer);
	else if (!peer_fit(p, local, remote, NULL, &hit))
		diag_set(diag, 0,
			 "policy %u (line %u) is for %s, whose raddr and laddr "
			 "do not allow %s with %s",
			 pol->id, pol->line, peer_where(p).s,
			 addr_text(remote).s, addr_text(local).s);
	else
		return hit;
	return (struct peer_hit){ 0 };
}

/* The one address of a policy's remote end; NULL: there is none. */
static const struct missiu_addr *remote_end(const struct missiu_policy *pol)
{
	const struct missiu_ts *r = &pol->remote;

	if (pol->mode == MISSIU_TUNNEL)
		return addr_is_any(&pol->tun_remote) ? NULL : &pol->tun_remote;
	return r->lo.family && addr_eq(&r->lo, &r->hi) ? &r->lo : NULL;
}

bool peer_may_have(const struct ike *ike, const struct ike_sa *sa,
		   const struct missiu_policy *pol)
{
	const struct missiu_addr *end = remote_end(pol);
	struct peer_hit hit;
	unsigned mine;
	bool ok;

	if (!sa->peer || sa->peer->gone)
		return false;
	if (pol->peer[0])
		return !strcmp(pol->peer, sa->peer->conf.name);
	if (!end)
		return true;
	mine = range_rank(&sa->peer->conf.raddr, end, &ok);
	if (!ok)
		return false;
	if (sa->psk && sa->psk->addr.family)
		mine = 129;
	hit = best_named(ike,
			 &(struct peer_query){ &sa->home_local, end, NULL });
	return !hit.peer || hit.addr_rank <= mine;
}

void peer_take(const struct ike *ike, struct ike_sa *sa,
	       const struct peer_hit *hit)
{
	const struct ike_id none = { .type = IKE_ID_NULL };
	const struct ike_id addr = ike_id_addr(&sa->local.addr);
	struct ike_peer *p = peer_get(hit->peer);

	peer_put(sa->peer);
	sa->peer = p;
	sa->psk = hit->psk;
	ike_id_assign(&sa->id_local, p->id.type			    ? &p->id :
				     p->conf.auth == MISSIU_BY_NULL ? &none :
				     ike->conf.id.type ? &ike->conf.id :
							 &addr);
}
