/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/child_more.h"

#include <stdlib.h>

#include "common/addr.h"
#include "ike/exchange.h"

/* The address behind, or in front; there is one. */
static struct missiu_addr next_to(const struct missiu_addr *a, bool behind)
{
	const uint8_t carry = behind ? 0 : 0xff; /* what a byte turns over to */
	struct missiu_addr n = *a;

	for (size_t i = addr_len(a); i-- > 0;) {
		n.b[i] = (uint8_t)(behind ? n.b[i] + 1 : n.b[i] - 1);
		if (n.b[i] != carry)
			break;
	}
	return n;
}

static void add(struct ike_ts_list *l, const struct missiu_ts *of,
		const struct missiu_addr *lo, const struct missiu_addr *hi)
{
	struct missiu_ts ts = *of;

	if (l->n == MISSIU_TS_MAX)
		return;
	ts.lo = *lo;
	ts.hi = *hi;
	l->v[l->n++] = ts;
}

/* @a without @b; when they differ in ports or protocol: nothing, or all */
static void cut(const struct missiu_ts *a, const struct missiu_ts *b,
		struct ike_ts_list *out)
{
	struct missiu_addr at;
	struct missiu_ts both;

	if (!ts_intersect(a, b, &both)) {
		add(out, a, &a->lo, &a->hi);
		return;
	}
	if (both.proto != a->proto || both.port_lo != a->port_lo ||
	    both.port_hi != a->port_hi)
		return;
	if (addr_cmp(&a->lo, &both.lo) < 0) {
		at = next_to(&both.lo, false);
		add(out, a, &a->lo, &at);
	}
	if (addr_cmp(&both.hi, &a->hi) < 0) {
		at = next_to(&both.hi, true);
		add(out, a, &at, &a->hi);
	}
}

static void left(const struct ike_ts_list *offer,
		 const struct ike_ts_list *answer, struct ike_ts_list *out)
{
	struct ike_ts_list now = *offer, next;

	for (size_t i = 0; i < answer->n; i++) {
		next = (struct ike_ts_list){ 0 };
		for (size_t k = 0; k < now.n; k++)
			cut(&now.v[k], &answer->v[i], &next);
		now = next;
	}
	*out = now;
}

bool child_more_left(const struct ike_neg *neg, const struct ike_ts_list *local,
		     const struct ike_ts_list *remote, struct child_more *out)
{
	out->local = neg->local;
	left(&neg->remote, remote, &out->remote);
	if (out->remote.n)
		return true;
	out->remote = neg->remote;
	left(&neg->local, local, &out->local);
	return out->local.n;
}

void child_more_ask(struct ike_sa *sa, const struct ike_task *t,
		    const struct ike_neg *neg, const struct ike_msg *answer)
{
	struct child_more *more;
	struct ike_task *next;

	if (!t || t->kind != TASK_CHILD || t->has_pkt || t->like ||
	    neg->pol.flags & MISSIU_POL_UNIQUE || neg->mode != MISSIU_TUNNEL ||
	    !ike_msg_notify(answer, IKE_N_ADDITIONAL_TS_POSSIBLE))
		return;
	more = calloc(1, sizeof(*more));
	next = task_new(TASK_CHILD);
	if (more)
		more->round = (uint8_t)((t->more ? t->more->round : 0) + 1);
	if (!more || !next || more->round >= CHILD_MORE_MAX ||
	    !child_more_left(neg, &answer->tsi, &answer->tsr, more)) {
		free(more);
		task_free(next);
		return;
	}
	next->policy_id = t->policy_id;
	next->more = more;
	task_push(sa, next);
}
