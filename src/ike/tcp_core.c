/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/tcp_core.h"

#include "common/addr.h"
#include "ike/exchange.h"
#include "ike/mobike.h"

#define SOON_US 1000000u

bool tcp_always(const struct ike *ike, const struct ike_peer *peer)
{
	return ike->conf.tcp_port && peer->tcp == MISSIU_TCP_ALWAYS;
}

static bool may_fall_back(const struct ike *ike, const struct ike_sa *sa)
{
	return ike->conf.tcp_port && !sa->remote.via &&
	       (sa->state == IKE_S_INIT_SENT || sa->state == IKE_S_INTER_SENT ||
		sa->state == IKE_S_AUTH_SENT) &&
	       sa->peer->tcp == MISSIU_TCP_FALLBACK;
}

struct ike_end tcp_end(const struct ike *ike, const struct missiu_addr *addr)
{
	return (struct ike_end){ .addr = *addr,
				 .port = ike->conf.tcp_port,
				 IKE_VIA_TCP_OURS };
}

bool tcp_fallback_due(const struct ike *ike, const struct ike_sa *sa)
{
	return may_fall_back(ike, sa) && sa->x.n_sent >= TCP_AFTER;
}

bool tcp_may_search(const struct ike *ike, const struct ike_sa *sa)
{
	return ike->conf.tcp_port && sa->mob && sa->mob->leads &&
	       sa->peer->tcp != MISSIU_TCP_NEVER;
}

bool tcp_search_due(const struct ike *ike, const struct ike_sa *sa)
{
	return tcp_may_search(ike, sa) && sa->x.n_sent > TCP_AFTER;
}

missiu_usec tcp_interval_us(const struct ike *ike, const struct ike_sa *sa,
			    missiu_usec us)
{
	if (sa->remote.via)
		return 2 * us;
	/* The state is set after the first request. */
	if (ike->conf.tcp_port && !sa->established_us && sa->initiator &&
	    sa->peer->tcp == MISSIU_TCP_FALLBACK && us > SOON_US)
		return SOON_US;
	return us;
}

void tcp_explain_silence(const struct ike_sa *sa, struct ike_why *why)
{
	const struct addr_text at = addr_text(&sa->remote.addr);

	ike_why_set(why, "no answer over TCP %u from %s: %s sent %u times",
		    sa->remote.port, at.s, ike_exchange_name(sa->x.exchange),
		    sa->x.n_sent);
	ike_why_remedy(why,
		       "see that IKE runs there and takes TCP (ike --tcp), and "
		       "that TCP %u passes",
		       sa->remote.port);
}

/* --- what the caller tells of connections */

static bool same_end(const struct ike_end *a, const struct ike_end *b)
{
	return a->port == b->port && addr_eq(&a->addr, &b->addr);
}

static bool uses(const struct ike_sa *sa, const struct ike_end *local,
		 const struct ike_end *remote)
{
	return sa->state != IKE_S_CLOSED && sa->state != IKE_S_DEAD &&
	       sa->remote.via == remote->via && remote->via &&
	       same_end(&sa->local, local) && same_end(&sa->remote, remote);
}

/* The index knows those that have moved by where they were before. */
static bool elsewhere(const struct ike_sa *sa, const struct ike_end *remote)
{
	return !addr_eq(&sa->home_remote, &remote->addr);
}

bool ike_tcp_wanted(const struct ike *ike, const struct ike_end *local,
		    const struct ike_end *remote)
{
	const struct ike_sa *sa = NULL;

	while ((sa = index_by_remote(ike->ix, &remote->addr, sa)) != NULL)
		if (uses(sa, local, remote))
			return true;
	for (sa = ike->sas; sa; sa = sa->next)
		if (elsewhere(sa, remote) && uses(sa, local, remote))
			return true;
	return false;
}

static void again(struct ike *ike, struct ike_sa *sa)
{
	struct ike_task *t;

	if (sa->x.exchange) {
		sa->x.next_us = ike->now;
		ike_sa_touch(ike, sa);
		return;
	}
	if (sa->state != IKE_S_ESTABLISHED)
		return;
	t = task_new(TASK_LIVENESS);
	if (t && task_push(sa, t))
		exchange_run(ike, sa);
}

void ike_tcp_again(struct ike *ike, const struct ike_end *local,
		   const struct ike_end *remote, missiu_usec now)
{
	struct ike_sa *sa = NULL;

	ike->now = now;
	while ((sa = index_by_remote(ike->ix, &remote->addr, sa)) != NULL)
		if (uses(sa, local, remote))
			again(ike, sa);
	for (sa = ike->sas; sa; sa = sa->next)
		if (elsewhere(sa, remote) && uses(sa, local, remote))
			again(ike, sa);
	ike_sa_settle(ike);
}
