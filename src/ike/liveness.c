/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/liveness.h"

#include "ike/exchange.h"

#define SECOND_US UINT64_C(1000000)

/* Several children fall silent at about the same time: one question will do. */
#define FRESH_US (2 * SECOND_US)

/* A hint brings the next try forward to that. */
#define HINT_US SECOND_US

static bool never(const struct ike_sa *sa)
{
	return !sa->peer->dpd_s || sa->peer->dpd_s == UINT32_MAX;
}

missiu_usec liveness_due_us(const struct ike_sa *sa)
{
	if (never(sa))
		return UINT64_MAX;
	return sa->heard_us + sa->peer->dpd_s * SECOND_US;
}

void liveness_watch(const struct ike *ike, const struct ike_sa *sa,
		    struct missiu_sa *out)
{
	if (never(sa) || ike->conf.silent_s == UINT32_MAX)
		return;
	out->silent_s = ike->conf.silent_s;
	out->heard_s = sa->peer->dpd_s / 2;
}

void liveness_silent(struct ike *ike, struct ike_sa *sa)
{
	if (never(sa) || sa->state != IKE_S_ESTABLISHED || sa->x.exchange ||
	    ike->now - sa->heard_us < FRESH_US)
		return;
	task_push(sa, task_new(TASK_LIVENESS));
	exchange_run(ike, sa);
}

void liveness_lost(struct ike *ike, const struct ike_sa *sa)
{
	struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL) {
		if (o->state != IKE_S_ESTABLISHED || o->x.exchange || o->tasks)
			continue;
		task_push(o, task_new(TASK_LIVENESS));
		exchange_run(ike, o);
	}
}

void liveness_hint(struct ike *ike, struct ike_sa *sa)
{
	ike->n.rx_invalid_spi++;
	if (sa->x.next_us <= ike->now + HINT_US)
		return;
	sa->x.interval_us = HINT_US;
	sa->x.next_us = ike->now + HINT_US;
	ike_sa_touch(ike, sa);
}
