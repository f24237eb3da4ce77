/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/natt.h"

#include "common/addr.h"
#include "common/log.h"
#include "ike/child.h"

static bool end_eq(const struct ike_end *a, const struct ike_end *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

static void move(struct ike *ike, struct ike_sa *sa,
		 const struct ike_end *local, const struct ike_end *remote)
{
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 %c](id=0x%016llx) peer moved from %s[%u] to %s[%u]",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s, sa->remote.port,
		addr_text(&remote->addr).s, remote->port);
	sa->local = *local;
	sa->remote = *remote;
	for (struct ike_child *c = sa->children; c; c = c->next)
		if (c->encap)
			child_move(ike, sa, c);
}

void natt_follow(struct ike *ike, struct ike_sa *sa,
		 const struct ike_end *local, const struct ike_end *remote)
{
	if (end_eq(&sa->local, local) && end_eq(&sa->remote, remote))
		return;
	if (sa->state == IKE_S_INIT_RCVD) {
		sa->local = *local;
		sa->remote = *remote;
	} else if (sa->nat_remote && sa->state != IKE_S_AUTH_SENT) {
		move(ike, sa, local, remote);
	}
}

void natt_moved(struct ike *ike, struct ike_sa *sa,
		const struct ike_end *remote)
{
	if (sa->nat_remote && !end_eq(&sa->remote, remote)) {
		const struct ike_end local = sa->local;

		move(ike, sa, &local, remote);
	}
}

missiu_usec natt_keepalive_us(const struct ike *ike, const struct ike_sa *sa)
{
	if (!sa->nat_local || !sa->encap || sa->state != IKE_S_ESTABLISHED)
		return 0;
	return sa->sent_us + (missiu_usec)ike->conf.keepalive_s * 1000000;
}

void natt_tick(struct ike *ike, struct ike_sa *sa)
{
	const missiu_usec due = natt_keepalive_us(ike, sa);

	if (!due || ike->now < due)
		return;
	sa->sent_us = ike->now;
	out_keepalive(&ike->out, &sa->local, &sa->remote);
}
