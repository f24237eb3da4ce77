/* SPDX-License-Identifier: Apache-2.0 */
/* Which pair of addresses works (RFC 4555 3.2, 3.10). */
#include <string.h>

#include "common/log.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/mobike.h"
#include "ike/natt.h"
#include "ike/peer.h"
#include "ike/tcp_core.h"

/* The first of the retransmissions while searching, at most. */
#define SEARCH_US 1000000u

struct addrs {
	const struct missiu_addr *v[2 + IKE_LOCALS_MAX];
	size_t n;
};

static bool has(const struct missiu_addr *v, size_t n,
		const struct missiu_addr *a)
{
	for (size_t i = 0; i < n; i++)
		if (addr_eq(&v[i], a))
			return true;
	return false;
}

static void add(struct addrs *l, const struct missiu_addr *a)
{
	for (size_t i = 0; i < l->n; i++)
		if (addr_eq(l->v[i], a))
			return;
	if (l->n < sizeof(l->v) / sizeof(l->v[0]))
		l->v[l->n++] = a;
}

/* Nobody told us which addresses there are: the one in use. */
static bool is_local(const struct ike *ike, const struct ike_sa *sa,
		     const struct missiu_addr *a)
{
	return ike->locals_known ? has(ike->local, ike->n_local, a) :
				   addr_eq(a, &sa->local.addr);
}

/* That in use first, then those of its family, then the others. */
static void locals(const struct ike *ike, const struct ike_sa *sa,
		   struct addrs *out)
{
	out->n = 0;
	if (is_local(ike, sa, &sa->local.addr))
		add(out, &sa->local.addr);
	for (int other = 0; other < 2; other++)
		for (size_t i = 0; i < ike->n_local; i++)
			if ((ike->local[i].family != sa->local.addr.family) ==
			    other)
				add(out, &ike->local[i]);
}

static void remotes(const struct ike_sa *sa, struct addrs *out)
{
	out->n = 0;
	add(out, &sa->remote.addr);
	for (size_t i = 0; i < sa->mob->n_peer; i++)
		add(out, &sa->mob->peer[i]);
	if (!sa->redirected_from.family)
		add(out, &sa->home_remote);
}

static bool refused(const struct mobike *mob, const struct ike_pair *p)
{
	for (size_t i = 0; i < mob->n_refused; i++)
		if (addr_eq(&mob->refused[i].local.addr, &p->local.addr) &&
		    addr_eq(&mob->refused[i].remote.addr, &p->remote.addr))
			return true;
	return false;
}

/*
 * By UDP. Ports stay: there may be a NAT in front of the peer that maps them;
 * those of a TCP connection say nothing.
 */
static bool make(const struct ike_sa *sa, const struct missiu_addr *l,
		 const struct missiu_addr *r, struct ike_pair *p)
{
	const bool tcp = sa->remote.via;

	p->local = (struct ike_end){ .addr = *l,
				     .port = tcp ? INIT_PORT_NATT :
						   sa->local.port };
	p->remote = (struct ike_end){ .addr = *r,
				      .port = tcp ? INIT_PORT_NATT :
						    sa->remote.port };
	return l->family == r->family && natt_allowed(sa, l, r) &&
	       !refused(sa->mob, p);
}

size_t mobike_pairs(const struct ike *ike, const struct ike_sa *sa,
		    struct ike_pair out[static MOBIKE_PAIRS_MAX])
{
	struct addrs l, r;
	size_t n = 0;

	locals(ike, sa, &l);
	remotes(sa, &r);
	for (size_t j = 0; j < r.n; j++)
		for (size_t i = 0; i < l.n && n < MOBIKE_PAIRS_MAX; i++)
			n += make(sa, l.v[i], r.v[j], &out[n]);
	return n;
}

bool mobike_send(struct ike *ike, const struct ike_sa *sa, struct chunk msg)
{
	struct ike_pair v[MOBIKE_PAIRS_MAX];
	size_t n;

	if (!sa->mob || !sa->mob->searching)
		return false;
	n = mobike_pairs(ike, sa, v);
	for (size_t i = 0; i < n; i++)
		train_send(&ike->out, &v[i].local, &v[i].remote, msg);
	for (size_t i = 0; i < n && tcp_search_due(ike, sa); i++) {
		const struct ike_end l = tcp_end(ike, &v[i].local.addr);
		const struct ike_end r = tcp_end(ike, &v[i].remote.addr);

		train_send(&ike->out, &l, &r, msg);
	}
	/* The peer's connection is not ours to make. */
	if (sa->remote.via == IKE_VIA_TCP)
		train_send(&ike->out, &sa->local, &sa->remote, msg);
	return true;
}

bool mobike_stuck(const struct ike *ike, const struct ike_sa *sa)
{
	struct ike_pair v[MOBIKE_PAIRS_MAX];

	return sa->mob && sa->mob->searching && !mobike_pairs(ike, sa, v);
}

static bool is_in_use(const struct ike_sa *sa, const struct ike_end *local,
		      const struct ike_end *remote)
{
	return ike_end_eq(&sa->local, local) && ike_end_eq(&sa->remote, remote);
}

/*
 * When there is but one other pair, nothing is to be found out: the update goes
 * that way at once (3.5). Some peers answer everything else to where they knew
 * us last, so a search would never hear from them.
 */
static bool take_only_pair(struct ike *ike, struct ike_sa *sa)
{
	struct ike_pair v[MOBIKE_PAIRS_MAX];

	if (!sa->mob->leads || sa->x.exchange ||
	    mobike_pairs(ike, sa, v) != 1 ||
	    is_in_use(sa, &v[0].local, &v[0].remote) ||
	    !natt_has_room(ike, sa, &v[0].remote))
		return false;
	sa->mob->searching = false;
	mobike_set_path(ike, sa, &v[0].local, &v[0].remote);
	mobike_move_children(ike, sa);
	mobike_ask(ike, sa, MOBIKE_UPDATE | MOBIKE_ADDRS);
	return true;
}

void mobike_search(struct ike *ike, struct ike_sa *sa)
{
	struct ike_pair v[MOBIKE_PAIRS_MAX];
	struct ike_xchg *x = &sa->x;
	missiu_usec us = (missiu_usec)ike->conf.retransmit_ms * 1000;

	if (take_only_pair(ike, sa))
		return;
	sa->mob->searching = true;
	ike_sa_touch(ike, sa);
	if (!x->exchange) {
		/* Without a path, nothing that would be outstanding later. */
		if (mobike_pairs(ike, sa, v))
			mobike_ask(ike, sa, 0);
		return;
	}
	x->n_sent = 0;
	x->interval_us = us < SEARCH_US ? us : SEARCH_US;
	x->next_us = ike->now;
}

void mobike_silent(struct ike *ike, struct ike_sa *sa)
{
	struct ike_pair v[MOBIKE_PAIRS_MAX];
	bool others, tcp;

	if (!sa->mob || sa->mob->searching)
		return;
	others = mobike_pairs(ike, sa, v) >= 2;
	tcp = tcp_may_search(ike, sa);
	if (!others && !tcp)
		return;
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 %c](id=0x%016llx) peer=%s does not answer: trying "
		"%s%s%s",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s, others ? "other addresses" : "",
		others && tcp ? ", then " : "", tcp ? "TCP" : "");
	mobike_search(ike, sa);
}

static void answered(const struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	struct mobike *mob = sa->mob;

	mob->searching = false;
	if (!is_in_use(sa, ctx->local, ctx->remote) &&
	    natt_allowed(sa, &ctx->local->addr, &ctx->remote->addr) &&
	    natt_has_room(ctx->ike, sa, ctx->remote)) {
		mobike_set_path(ctx->ike, sa, ctx->local, ctx->remote);
		/* The follower's tunnels stay until it is told where to. */
		if (mob->leads) {
			mobike_move_children(ctx->ike, sa);
			mob->want |= MOBIKE_UPDATE | MOBIKE_ADDRS;
		}
	}
	if (mob->want)
		mobike_ask(ctx->ike, sa, 0);
}

bool mobike_followed(const struct ike_ctx *ctx)
{
	const struct mobike *mob = ctx->sa->mob;

	if (!mob)
		return false;
	if (!(ctx->m->hdr.flags & IKE_F_RESPONSE))
		return !mob->leads &&
		       ike_msg_notify(ctx->m, IKE_N_UPDATE_SA_ADDRESSES);
	if (!mob->searching)
		return false;
	answered(ctx);
	return true;
}

void mobike_locals_changed(struct ike *ike, struct ike_sa *sa)
{
	struct mobike *mob = sa->mob;

	if (!mob || sa->state != IKE_S_ESTABLISHED)
		return;
	mob->want |= MOBIKE_ADDRS;
	if (mob->searching || mob->n_refused ||
	    !is_local(ike, sa, &sa->local.addr))
		mobike_search(ike, sa);
	else
		mobike_ask(ike, sa, MOBIKE_ADDRS);
}

void ike_local_addresses(struct ike *ike, const struct missiu_addr *v, size_t n,
			 missiu_usec now)
{
	const bool first = !ike->locals_known;

	ike->now = now;
	if (n > IKE_LOCALS_MAX)
		n = IKE_LOCALS_MAX;
	if (!first && n == ike->n_local &&
	    (!n || !memcmp(v, ike->local, n * sizeof(*v))))
		return;
	if (n)
		memcpy(ike->local, v, n * sizeof(*v));
	ike->n_local = n;
	ike->locals_known = true;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		mobike_locals_changed(ike, sa);
	ike_sa_settle(ike);
}
