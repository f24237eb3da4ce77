/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/limit.h"

#include "common/addr.h"
#include "ike/idtext.h"

#define RATE_MAX 10 /* a second */

bool limit_total(struct ike *ike)
{
	if (ike->n_sa < ike->conf.sa_max)
		return true;
	ike->n.sa_refused++;
	return false;
}

bool limit_rate(struct limit_rate *r, missiu_usec now)
{
	if (now - r->from >= 1000000) {
		r->from = now;
		r->n = 0;
	}
	return r->n++ < RATE_MAX;
}

bool limit_init(struct ike *ike, const struct missiu_addr *remote)
{
	const struct ike_sa *o = NULL;
	size_t n = 0;

	while ((o = index_half_open(ike->ix, remote, o)) != NULL)
		n++;
	if (ike->ix->half_open.n >= ike->conf.half_open_max ||
	    n >= ike->conf.half_open_per_addr) {
		ike->n.half_open_refused++;
		return false;
	}
	return limit_total(ike);
}

bool limit_same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	/* Who proves nothing is the same only where it is (RFC 7619 2.4). */
	return a != b && a->peer == b->peer && a->psk == b->psk &&
	       ike_id_eq(&a->id_remote, &b->id_remote) &&
	       (a->peer->conf.peer_auth != MISSIU_BY_NULL ||
		addr_eq(&a->remote.addr, &b->remote.addr));
}

bool limit_rekey(struct ike *ike, const struct ike_sa *sa)
{
	const struct ike_sa *o = NULL;
	size_t n = 0;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL)
		n += o->state == IKE_S_REKEYED || o->state == IKE_S_DELETING ||
		     o->state == IKE_S_CLOSED;
	return n < LIMIT_REKEYED && limit_total(ike);
}

void limit_peer(struct ike *ike, const struct ike_sa *sa)
{
	for (;;) {
		struct ike_sa *oldest = NULL, *o = NULL;
		size_t n = 0;

		while ((o = index_by_peer(ike->ix, sa, o)) != NULL) {
			if (o->state != IKE_S_ESTABLISHED)
				continue;
			n++;
			if (!oldest ||
			    o->established_us <= oldest->established_us)
				oldest = o;
		}
		if (n < ike->conf.sa_per_peer)
			return;
		ike->n.sa_refused++;
		ike_sa_drop(ike, oldest, "too many of this peer");
	}
}
