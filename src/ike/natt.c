/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/natt.h"

#include "common/addr.h"
#include "common/log.h"
#include "ike/child.h"
#include "ike/init.h"
#include "ike/news.h"

/* A child whose SPI another one has at that address cannot go there. */
bool natt_has_room(const struct ike *ike, const struct ike_sa *sa,
		   const struct ike_end *remote)
{
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (child_spi_taken(ike, c->suite.proto, c->spi_out,
				    &remote->addr, c))
			return false;
	return true;
}

static void move(struct ike *ike, struct ike_sa *sa,
		 const struct ike_end *local, const struct ike_end *remote)
{
	struct ike_end from;

	if (!natt_has_room(ike, sa, remote))
		return;
	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 %c](id=0x%016llx) peer moved from %s[%u] to %s[%u]",
		ike_sa_role(sa), (unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s, sa->remote.port,
		addr_text(&remote->addr).s, remote->port);
	from = sa->remote;
	ike_sa_set_ends(ike, sa, local, remote);
	news_moved(ike, sa, &from);
	for (struct ike_child *c = sa->children; c; c = c->next)
		if (c->encap)
			child_move(ike, sa, c);
}

bool natt_allowed(const struct ike_sa *sa, const struct missiu_addr *local,
		  const struct missiu_addr *remote)
{
	return peer_allows(sa->peer, local, remote) &&
	       (!sa->psk || !sa->psk->addr.family ||
		addr_eq(&sa->psk->addr, remote));
}

/*
 * Who may be followed: a peer behind a NAT, unless we are behind one that we
 * opened ourselves (2.23; a responder's NAT is a static one).
 */
static bool may_move(const struct ike_sa *sa, const struct ike_end *remote)
{
	if (!sa->nat_remote || (sa->nat_local && sa->initiator))
		return false;
	return natt_allowed(sa, &sa->local.addr, &remote->addr);
}

bool natt_follow(struct ike *ike, struct ike_sa *sa,
		 const struct ike_end *local, const struct ike_end *remote)
{
	if (ike_end_eq(&sa->local, local) && ike_end_eq(&sa->remote, remote))
		return true;
	/* Between UDP and TCP nothing changes. */
	if (!sa->remote.via != !remote->via)
		return sa->established_us;
	if (sa->state == IKE_S_INIT_RCVD) {
		if (!sa->nat_remote &&
		    !addr_eq(&sa->remote.addr, &remote->addr))
			return false;
		ike_sa_set_ends(ike, sa, local, remote);
	} else if (sa->remote.via) {
		/* The newest connection is the right one (RFC 9329 6.5). */
		if (sa->established_us &&
		    natt_allowed(sa, &local->addr, &remote->addr))
			move(ike, sa, local, remote);
	} else if (sa->state != IKE_S_INTER_SENT &&
		   sa->state != IKE_S_AUTH_SENT && may_move(sa, remote) &&
		   (!sa->encap || local->port == INIT_PORT_NATT)) {
		move(ike, sa, local, remote);
	}
	return true;
}

void natt_moved(struct ike *ike, struct ike_sa *sa,
		const struct ike_end *remote)
{
	if (!sa->remote.via && may_move(sa, remote) &&
	    !ike_end_eq(&sa->remote, remote)) {
		const struct ike_end local = sa->local;

		move(ike, sa, &local, remote);
	}
}

missiu_usec natt_keepalive_us(const struct ike *ike, const struct ike_sa *sa)
{
	if (!sa->nat_local || !sa->encap || sa->remote.via ||
	    sa->state != IKE_S_ESTABLISHED)
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
