/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator orders: ends and replacements of SAs before their time. */
#include <string.h>

#include "common/addr.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/exchange.h"
#include "ike/order.h"
#include "ike/peer.h"

/* Queue a task unless it is there already. Return: whether it is new. */
static bool wish(struct ike_sa *sa, enum task_kind kind)
{
	if (sa->x.task && sa->x.task->kind == kind)
		return false;
	for (const struct ike_task *t = sa->tasks; t; t = t->next)
		if (t->kind == kind)
			return false;
	return task_push(sa, task_new(kind));
}

static int end(struct ike *ike, struct ike_sa *sa)
{
	static const char why[] = "asked to end it";

	ike_sa_touch(ike, sa);
	virt_undo(ike, sa);
	if (!sa->established_us && sa->initiator) {
		/* Who waits for what comes of it is to hear. */
		ike_sa_fail(ike, sa, false, "CANCELLED", "%s", why);
		return 1;
	}
	if (sa->state != IKE_S_ESTABLISHED || !wish(sa, TASK_DEL_IKE))
		return 0;
	ike_sa_deleted(ike, sa, why);
	exchange_run(ike, sa);
	return 1;
}

bool order_is_with(const struct ike_sa *sa, const char *who)
{
	struct missiu_addr addr;

	if (addr_parse(who, &addr))
		return addr_eq(&sa->remote.addr, &addr) ||
		       addr_eq(&sa->home_remote, &addr);
	return sa->peer && !strcmp(sa->peer->conf.name, who);
}

/* The one remote end that a policy names, if it does. */
static bool end_of(const struct missiu_policy *pol, struct missiu_addr *out)
{
	*out = pol->mode == MISSIU_TUNNEL ? pol->tun_remote : pol->remote.lo;
	return pol->action == MISSIU_PROTECT && out->family &&
	       !addr_is_any(out) &&
	       (pol->mode == MISSIU_TUNNEL ||
		addr_eq(&pol->remote.lo, &pol->remote.hi));
}

bool ike_peer_address(const struct ike *ike, const char *who,
		      struct missiu_addr *out)
{
	const struct missiu_policy *pol;
	const struct ike_peer *p;
	size_t n = 0;

	if (addr_parse(who, out))
		return true;
	pol = ike->pols ? policies_all(ike->pols, &n) : NULL;
	for (const struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (order_is_with(sa, who)) {
			*out = sa->home_remote;
			return true;
		}
	for (size_t i = 0; i < n; i++)
		if (!strcmp(pol[i].peer, who) && end_of(&pol[i], out))
			return true;
	p = peer_index_named(ike->pix, who);
	if (!p || p->conf.raddr.n != 1)
		return false;
	*out = p->conf.raddr.v[0].lo;
	return addr_eq(out, &p->conf.raddr.v[0].hi);
}

int ike_down(struct ike *ike, const char *who, missiu_usec now)
{
	int n = 0;

	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (order_is_with(sa, who))
			n += end(ike, sa);
	ike_sa_settle(ike);
	return n;
}

static int replace(struct ike *ike, struct ike_sa *sa, unsigned what)
{
	int n = 0;

	ike_sa_touch(ike, sa);
	if (what & IKE_REKEY_CHILDREN)
		for (struct ike_child *c = sa->children; c; c = c->next)
			n += child_rekey_soon(sa, c);
	if (what & IKE_REKEY_IKE && wish(sa, TASK_REKEY_IKE)) {
		sa->rekey_us = UINT64_MAX;
		n++;
	}
	exchange_run(ike, sa);
	return n;
}

int ike_rekey(struct ike *ike, const char *who, unsigned what, missiu_usec now)
{
	int n = 0;

	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (sa->state == IKE_S_ESTABLISHED && order_is_with(sa, who))
			n += replace(ike, sa, what);
	ike_sa_settle(ike);
	return n;
}
