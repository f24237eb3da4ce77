/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator orders: ends and replacements of SAs before their time. */
#include "common/addr.h"
#include "ike/child_neg.h"
#include "ike/exchange.h"

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
	if (!sa->established_us && sa->initiator) {
		ike_sa_drop(ike, sa, why);
		return 1;
	}
	if (sa->state != IKE_S_ESTABLISHED || !wish(sa, TASK_DEL_IKE))
		return 0;
	ike_sa_deleted(ike, sa, why);
	exchange_run(ike, sa);
	return 1;
}

int ike_down(struct ike *ike, const struct missiu_addr *remote, missiu_usec now)
{
	int n = 0;

	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (addr_eq(&sa->remote.addr, remote))
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

int ike_rekey(struct ike *ike, const struct missiu_addr *remote, unsigned what,
	      missiu_usec now)
{
	int n = 0;

	ike->now = now;
	for (struct ike_sa *sa = ike->sas; sa; sa = sa->next)
		if (sa->state == IKE_S_ESTABLISHED &&
		    addr_eq(&sa->remote.addr, remote))
			n += replace(ike, sa, what);
	ike_sa_settle(ike);
	return n;
}
