/* SPDX-License-Identifier: Apache-2.0 */
/* Which SAs protect a packet that a policy wants protected (RFC 4301 5.1). */
#include "common/addr.h"
#include "ipsec/out.h"

/* Do the SA's outer addresses suit the policy and the packet? */
static bool ends_fit(const struct sa *sa, const struct policy *pol,
		     const struct ip_info *ip)
{
	const struct missiu_policy *p = &pol->p;
	bool tunnel = p->mode == MISSIU_TUNNEL;
	const struct missiu_addr *dst = &ip->dst, *src = &ip->src;

	if (tunnel && p->tun_local.family)
		src = &p->tun_local;
	if (tunnel && p->tun_remote.family)
		dst = &p->tun_remote;
	/* Source any: the outer header takes it from policy or packet. */
	if (!sa->d.src.family && src->family != sa->d.dst.family)
		return false;
	/*
	 * The key daemon knows which ends it negotiated (NAT, MOBIKE). Where
	 * the policy leaves the far end open there may be many; the traffic
	 * selectors tell which of them is meant.
	 */
	if (tunnel && sa_bound(sa, pol) &&
	    (p->tun_remote.family || sa->d.n_ts_dst))
		return true;
	if (!addr_eq(&sa->d.dst, dst))
		return false;
	/* A policy that leaves our end open takes any. */
	return !sa->d.src.family || (tunnel && !p->tun_local.family) ||
	       addr_eq(&sa->d.src, src);
}

bool out_usable(const struct sa *sa, missiu_usec now, enum missiu_drop *why)
{
	if (sa->seq >= sa->seq_max)
		*why = MISSIU_DROP_OUT_STATE_SEQ;
	else if (life_over(sa, now))
		*why = MISSIU_DROP_OUT_STATE_EXPIRED;
	else
		return true;
	return false;
}

static struct sa *newest(struct sa *sa, const struct policy *pol,
			 const struct ip_info *ip, missiu_usec now,
			 enum missiu_drop *why)
{
	for (; sa; sa = sa->out_next)
		if (sa->d.dir & MISSIU_OUT &&
		    sa_fits(sa, pol, 0, pol->p.mode) && ends_fit(sa, pol, ip) &&
		    sa_covers(sa, ip) && out_usable(sa, now, why))
			return sa;
	return NULL;
}

/*
 * The SA of the AH around ESP: transport mode between the ends of the latter.
 * Only manual keys make them, so they have no selectors.
 */
static struct sa *newest_ah(struct missiu *m, const struct policy *pol,
			    const struct sa *esp, const struct ip_info *ip,
			    missiu_usec now, enum missiu_drop *why)
{
	struct sa *sa = sad_out_first(&m->sad, 0, &esp->d.dst);
	const struct missiu_addr *src = &esp->d.src;

	if (!src->family && pol->p.mode == MISSIU_TUNNEL)
		src = &pol->p.tun_local;
	if (!src->family)
		src = &ip->src;
	for (; sa; sa = sa->out_next)
		if (sa->d.dir & MISSIU_OUT &&
		    sa_fits(sa, pol, 1, MISSIU_TRANSPORT) &&
		    addr_eq(&sa->d.dst, &esp->d.dst) &&
		    (!sa->d.src.family || addr_eq(&sa->d.src, src)) &&
		    !sa->d.n_ts_src && out_usable(sa, now, why))
			return sa;
	return NULL;
}

struct out_sa out_sa_find(struct missiu *m, const struct policy *pol,
			  const struct ip_info *ip, missiu_usec now)
{
	const struct missiu_policy *p = &pol->p;
	const struct missiu_addr *end = &ip->dst;
	struct out_sa o = { NULL, NULL, MISSIU_DROP_NONE };
	struct sa *chain[3], *sa;

	if (p->mode == MISSIU_TUNNEL && p->tun_remote.family)
		end = &p->tun_remote;
	chain[0] = sad_out_first(&m->sad, p->id, &ip->dst);
	chain[1] = sad_out_first(&m->sad, p->id, NULL);
	chain[2] = sad_out_first(&m->sad, 0, end);
	for (size_t i = 0; i < 3; i++) {
		sa = newest(chain[i], pol, ip, now, &o.why);
		if (sa && (!o.sa || sa->serial > o.sa->serial))
			o.sa = sa;
	}
	if (o.sa && p->n_prot > 1) {
		o.ah = newest_ah(m, pol, o.sa, ip, now, &o.why);
		if (!o.ah || o.sa->udp_len)
			o.sa = NULL;
	}
	return o;
}
