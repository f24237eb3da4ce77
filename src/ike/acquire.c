/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/acquire.h"

#include <netinet/in.h>

#include "common/addr.h"
#include "common/log.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/exchange.h"
#include "ike/init.h"
#include "ike/news.h"
#include "ike/peer.h"

/* A child so young may have been made for the packet that now asks. */
#define YOUNG_US 5000000u

/* A policy that nothing can be negotiated for: no line without its event. */
static void tell_invalid(struct ike *ike, const struct ike_end *remote,
			 const char *what)
{
	const struct ike_end none = { 0 };
	struct ike_why why;

	ike_why_set(&why, "%s", what);
	news_fail(ike,
		  &(struct news_failed){ .local = &none,
					 .remote = remote,
					 .initiator = true,
					 .child = true,
					 .status = "INVALID_POLICY" },
		  &why);
}

static void refuse(struct ike *ike, uint32_t acquire_id,
		   const struct ike_end *remote, const char *what)
{
	tell_invalid(ike, remote, what);
	out_acquire_failed(&ike->out, acquire_id);
}

static bool lists_packet(const struct ike_ts_list *l,
			 const struct missiu_ts *pkt)
{
	for (size_t i = 0; i < l->n; i++)
		if (ts_covers(&l->v[i], pkt))
			return true;
	return false;
}

/* The peer was faster: what it negotiated serves this packet. */
static bool served(const struct ike *ike, const struct ike_sa *sa,
		   const struct missiu_policy *pol,
		   const struct missiu_event *ev)
{
	if (pol->flags & MISSIU_POL_UNIQUE)
		return false;
	for (const struct ike_child *c = sa->children; c; c = c->next)
		if (c->policy_id == pol->id && c->state == CHILD_UP &&
		    ike->now - c->since_us < YOUNG_US &&
		    lists_packet(&c->local, &ev->pkt_src) &&
		    lists_packet(&c->remote, &ev->pkt_dst))
			return true;
	return false;
}

static bool join(struct ike_task *t, const struct missiu_policy *pol,
		 uint32_t acquire_id)
{
	if (!t || t->kind != TASK_CHILD || t->policy_id != pol->id ||
	    pol->flags & MISSIU_POL_UNIQUE || t->only_pkt || t->more ||
	    t->n_acq >= SA_ACQUIRE_MAX)
		return false;
	t->acq[t->n_acq++] = acquire_id;
	return true;
}

/* A child of the same policy is already wanted: wait for that one. */
static bool join_any(struct ike_sa *sa, const struct missiu_policy *pol,
		     uint32_t acquire_id)
{
	if (join(sa->x.task, pol, acquire_id))
		return true;
	for (struct ike_task *t = sa->tasks; t; t = t->next)
		if (join(t, pol, acquire_id))
			return true;
	return false;
}

static void ends_of(const struct missiu_policy *pol,
		    const struct missiu_event *ev,
		    const struct missiu_addr *ours, struct missiu_addr *local,
		    struct missiu_addr *remote)
{
	const bool tunnel = pol->mode == MISSIU_TUNNEL;

	*local = tunnel && !addr_is_any(&pol->tun_local) ? pol->tun_local :
							   *ours;
	*remote = tunnel && !addr_is_any(&pol->tun_remote) ? pol->tun_remote :
							     ev->pkt_dst.lo;
}

/* Who was given the packet's destination out of a pool is reached so only. */
static bool is_for_lease(const struct ike *ike, const struct missiu_policy *pol)
{
	return pol->mode == MISSIU_TUNNEL && addr_is_any(&pol->tun_remote) &&
	       cfg_is_pooled(ike, pol);
}

/*
 * The packet as the first selector (RFC 7296 2.9). A peer may grant no more
 * than that one, and the answer to an ICMP message has another type: in place
 * of the packet's type and code stand those of the policy.
 */
static struct missiu_ts specific(const struct missiu_ts *pkt,
				 const struct missiu_ts *side, uint32_t flags)
{
	struct missiu_ts ts = *pkt;

	if ((ts.proto == IPPROTO_ICMP || ts.proto == IPPROTO_ICMPV6) &&
	    !(flags & MISSIU_POL_UNIQUE)) {
		ts.port_lo = side->port_lo;
		ts.port_hi = side->port_hi;
	}
	return ts;
}

static void queue(struct ike *ike, struct ike_sa *sa,
		  const struct missiu_policy *pol,
		  const struct missiu_event *ev)
{
	struct ike_task *t = sa ? task_new(TASK_CHILD) : NULL;

	if (t) {
		t->policy_id = pol->id;
		t->has_pkt = true;
		t->pkt_local = specific(&ev->pkt_src, &pol->local, pol->flags);
		t->pkt_remote =
			specific(&ev->pkt_dst, &pol->remote, pol->flags);
		t->n_acq = 1;
		t->acq[0] = ev->acquire_id;
	}
	if (!sa || !task_push(sa, t)) {
		out_acquire_failed(&ike->out, ev->acquire_id);
		return;
	}
	exchange_run(ike, sa);
}

static void acquire_lease(struct ike *ike, const struct missiu_policy *pol,
			  const struct missiu_event *ev)
{
	const struct ike_end dst = { .addr = ev->pkt_dst.lo };
	struct ike_sa *sa = cfg_holder(ike, &ev->pkt_dst.lo);

	if (!sa || !peer_may_have(ike, sa, pol))
		refuse(ike, ev->acquire_id, &dst,
		       "nobody has this address of the pool now");
	else if (!served(ike, sa, pol, ev) &&
		 !join_any(sa, pol, ev->acquire_id))
		queue(ike, sa, pol, ev);
}

void acquire_event(struct ike *ike, const struct missiu_event *ev,
		   const struct missiu_addr *ours)
{
	const struct missiu_policy *pol = policy_by_id(ike, ev->policy_id);
	struct missiu_addr local, remote;
	const struct ike_end dst = { .addr = ev->pkt_dst.lo };
	struct missiu_diag diag = { "" };
	struct peer_hit hit;
	struct ike_sa *sa;

	/* It was deleted since: nobody wants this any more. */
	if (!pol) {
		out_acquire_failed(&ike->out, ev->acquire_id);
		return;
	}
	if (child_check_policy(pol, &diag)) {
		refuse(ike, ev->acquire_id, &dst, diag.msg);
		return;
	}
	if (is_for_lease(ike, pol)) {
		acquire_lease(ike, pol, ev);
		return;
	}
	ends_of(pol, ev, ours, &local, &remote);
	if (addr_is_any(&remote) || addr_is_multicast(&remote)) {
		refuse(ike, ev->acquire_id, &dst,
		       "no peer address: neither policy nor packet name one");
		return;
	}
	if (local.family != remote.family) {
		refuse(ike, ev->acquire_id, &dst,
		       "ike was told no address of its own in that family");
		return;
	}
	sa = ike_sa_by_peer(ike, &local, &remote, pol);
	if (sa &&
	    (served(ike, sa, pol, ev) || join_any(sa, pol, ev->acquire_id)))
		return;
	if (!sa) {
		hit = peer_for_policy(ike, pol, &local, &remote, &diag);
		if (!hit.peer) {
			refuse(ike, ev->acquire_id, &dst, diag.msg);
			return;
		}
		sa = init_start(ike, &local, &remote, &hit, NULL);
	}
	queue(ike, sa, pol, ev);
}

static bool is_for(const struct missiu_policy *pol,
		   const struct missiu_addr *remote)
{
	if (pol->action != MISSIU_PROTECT || !(pol->dirs & MISSIU_OUT))
		return false;
	if (pol->mode == MISSIU_TUNNEL)
		return addr_eq(&pol->tun_remote, remote);
	return ts_has(&pol->remote, remote, pol->remote.proto,
		      pol->remote.port_lo);
}

/* The SA for one policy: there is one, or it is begun; NULL: cannot be. */
static struct ike_sa *sa_for(struct ike *ike, const struct missiu_policy *pol,
			     const struct missiu_addr *local,
			     const struct missiu_addr *remote)
{
	struct ike_sa *sa = ike_sa_by_peer(ike, local, remote, pol);
	const struct ike_end to = { .addr = *remote };
	struct missiu_diag diag = { "" };
	struct peer_hit hit;

	if (sa)
		return sa;
	hit = peer_for_policy(ike, pol, local, remote, &diag);
	if (hit.peer)
		return init_start(ike, local, remote, &hit, NULL);
	tell_invalid(ike, &to, diag.msg);
	return NULL;
}

int acquire_peer(struct ike *ike, const struct missiu_addr *local,
		 const struct missiu_addr *remote)
{
	struct missiu_diag diag;
	const struct missiu_policy *v;
	const struct ike_sa *there;
	bool any = false;
	size_t n;

	/* What becomes of a negotiation under way is told as of a new one. */
	there = ike_sa_by_peer(ike, local, remote, NULL);
	if (there)
		return there->established_us ? MISSIU_EEXIST : 0;
	v = policies_of(ike->pols, remote, &n);
	for (size_t i = 0; i < n; i++) {
		const struct missiu_policy *pol = &v[i];
		struct ike_sa *sa;
		struct ike_task *t;

		if (!is_for(pol, remote) || child_check_policy(pol, &diag))
			continue;
		any = true;
		sa = sa_for(ike, pol, local, remote);
		t = sa ? task_new(TASK_CHILD) : NULL;
		if (t)
			t->policy_id = pol->id;
		if (sa)
			task_push(sa, t);
	}
	return any ? 0 : MISSIU_ENOENT;
}
