/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/limit.h"

#include "common/addr.h"
#include "ike/idtext.h"

bool limit_total(struct ike *ike)
{
	if (ike->n_sa < ike->conf.sa_max)
		return true;
	ike->n.sa_refused++;
	return false;
}

bool limit_init(struct ike *ike, const struct missiu_addr *remote)
{
	size_t n = 0;

	for (const struct ike_sa *o = ike->half_open; o; o = o->half_next)
		n += addr_eq(&o->remote.addr, remote);
	if (ike->n_half_open >= ike->conf.half_open_max ||
	    n >= ike->conf.half_open_per_addr) {
		ike->n.half_open_refused++;
		return false;
	}
	return limit_total(ike);
}

bool limit_same_peer(const struct ike_sa *a, const struct ike_sa *b)
{
	return a != b && a->psk == b->psk &&
	       ike_id_eq(&a->id_remote, &b->id_remote);
}

bool limit_rekey(struct ike *ike, const struct ike_sa *sa)
{
	size_t n = 0;

	for (const struct ike_sa *o = ike->sas; o; o = o->next)
		n += limit_same_peer(o, sa) &&
		     (o->state == IKE_S_REKEYED || o->state == IKE_S_DELETING ||
		      o->state == IKE_S_CLOSED);
	return n < LIMIT_REKEYED && limit_total(ike);
}

void limit_peer(struct ike *ike, const struct ike_sa *sa)
{
	for (;;) {
		struct ike_sa *oldest = NULL;
		size_t n = 0;

		for (struct ike_sa *o = ike->sas; o; o = o->next) {
			if (!limit_same_peer(o, sa) ||
			    o->state != IKE_S_ESTABLISHED)
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
