/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done for one IKE SA when time has passed. */
#include "common/addr.h"
#include "ike/child.h"
#include "ike/exchange.h"
#include "ike/followup.h"
#include "ike/init.h"
#include "ike/liveness.h"
#include "ike/natt.h"
#include "ike/park.h"
#include "ike/reauth.h"

#define SECOND_US 1000000u

static void push_once(struct ike_sa *sa, enum task_kind kind)
{
	for (const struct ike_task *t = sa->tasks; t; t = t->next)
		if (t->kind == kind)
			return;
	task_push(sa, task_new(kind));
}

static void tick_established(struct ike *ike, struct ike_sa *sa)
{
	struct ike_child *next;

	if (ike->now >= sa->expire_us) {
		ike_sa_deleted(ike, sa, "lifetime over");
		sa->expire_us = UINT64_MAX;
		push_once(sa, TASK_DEL_IKE);
	}
	if (ike->now >= sa->rekey_us) {
		sa->rekey_us = UINT64_MAX;
		push_once(sa, TASK_REKEY_IKE);
	}
	if (ike->now >= liveness_due_us(sa) && !sa->x.exchange && !sa->tasks)
		push_once(sa, TASK_LIVENESS);
	for (struct ike_child *c = sa->children; c; c = next) {
		next = c->next;
		if (ike->now < c->out_due_us)
			continue;
		if (c->yields_to)
			child_delete(ike, sa, c);
		else
			child_start_sending(ike, c);
	}
	reauth_tick(ike, sa);
	follow_tick(ike, sa);
	natt_tick(ike, sa);
}

void ike_sa_tick(struct ike *ike, struct ike_sa *sa)
{
	init_tick(ike, sa);
	park_tick(ike, sa);
	if (sa->state != IKE_S_CLOSED && sa->state != IKE_S_DEAD)
		request_tick(ike, sa);
	if (sa->state == IKE_S_ESTABLISHED)
		tick_established(ike, sa);
	if (sa->state == IKE_S_CLOSED && ike->now >= sa->close_us)
		ike_sa_close(ike, sa, false);
	if (sa->state == IKE_S_REKEYED && ike->now >= sa->close_us) {
		sa->close_us = UINT64_MAX;
		push_once(sa, TASK_DEL_IKE);
	}
	exchange_run(ike, sa);
}

static void earliest(missiu_usec *min, missiu_usec t)
{
	if (t && t < *min)
		*min = t;
}

/* Those that need not wait are due since ever. */
static void tasks_due(const struct ike_sa *sa, missiu_usec *min)
{
	if (sa->x.exchange)
		return;
	for (const struct ike_task *t = sa->tasks; t; t = t->next)
		earliest(min, t->not_before ? t->not_before : 1);
}

missiu_usec ike_sa_due_us(const struct ike *ike, const struct ike_sa *sa)
{
	missiu_usec min = UINT64_MAX;

	if (!sa->established_us && sa->state != IKE_S_CLOSED)
		earliest(&min,
			 sa->created_us + (missiu_usec)ike->conf.negotiate_s *
						  SECOND_US);
	if (sa->state == IKE_S_INIT_SENT)
		earliest(&min, sa->refused_us);
	earliest(&min, park_due_us(sa));
	if (sa->x.exchange && !sa->park)
		earliest(&min, sa->x.next_us);
	if (sa->state == IKE_S_CLOSED || sa->state == IKE_S_REKEYED)
		earliest(&min, sa->close_us);
	if (sa->state == IKE_S_ESTABLISHED || sa->state == IKE_S_REKEYED)
		tasks_due(sa, &min);
	if (sa->state != IKE_S_ESTABLISHED)
		return min;
	earliest(&min, sa->expire_us);
	earliest(&min, sa->rekey_us);
	earliest(&min, reauth_due_us(sa));
	if (!sa->x.exchange && !sa->tasks)
		earliest(&min, liveness_due_us(sa));
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->out_later || c->yields_to)
			earliest(&min, c->out_due_us);
	earliest(&min, follow_due_us(sa));
	earliest(&min, natt_keepalive_us(ike, sa));
	return min;
}

struct ike_sa *ike_sa_of_timer(struct timer *t)
{
	if (!t)
		return NULL;
	return (struct ike_sa *)(void *)((char *)t -
					 offsetof(struct ike_sa, timer));
}
