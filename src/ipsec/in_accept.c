/* SPDX-License-Identifier: Apache-2.0 */
/* What is inside a packet that authenticated, and whether it may be there. */
#include "ipsec/in.h"

#include <string.h>

#include "common/addr.h"
#include "common/wr.h"
#include "ipsec/mss.h"
#include "ipsec/pmtu.h"

#define ECN_BAD 255

/* RFC 6040 figure 4: inner by row, outer by column; not-ECT, 1, 0, CE. */
static const uint8_t ecn_out[4][4] = {
	{ 0, 0, 0, ECN_BAD },
	{ 1, 1, 1, 3 },
	{ 2, 1, 2, 3 },
	{ 3, 3, 3, 3 },
};

enum missiu_drop in_open_tunnel(struct in_pkt *in, struct rd body, uint8_t next,
				struct ip_info *ip)
{
	struct missiu_pkt *p = in->p;
	uint8_t *inner = p->data + (body.p - p->data), ecn;

	if (ip_parse(inner, rd_left(&body), ip) ||
	    (next == IP_P_IPIP) != (ip->family == 4))
		return MISSIU_DROP_IN_BAD_INNER;
	ecn = ecn_out[ip->tos & 3][in->outer->tos & 3];
	if (ecn == ECN_BAD)
		return MISSIU_DROP_IN_BAD_INNER;
	if (ecn != (ip->tos & 3)) {
		ip->tos = (uint8_t)((ip->tos & ~3) | ecn);
		ip_set_tos(inner, ip->tos);
	}
	p->data = inner;
	p->len = ip->len; /* RFC 4303 2.7: what follows is TFC padding */
	return MISSIU_DROP_NONE;
}

/* Put the packet's own header in front of the payload again. */
enum missiu_drop in_open_transport(struct in_pkt *in, struct rd body,
				   uint8_t next, struct ip_info *ip)
{
	struct missiu_pkt *p = in->p;
	size_t hdr = in->outer->upper_off, len = hdr + rd_left(&body);
	uint8_t *h = p->data + (body.p - p->data) - hdr;

	memmove(h, p->data, hdr);
	h[in->outer->upper_nh_off] = next;
	if (in->outer->family == 4)
		ip4_finish(h, len);
	else
		store_be16(h + 4, (uint16_t)(len - IP6_HDR_LEN));
	if (ip_parse(h, len, ip) || ip->frag != IP_WHOLE)
		return MISSIU_DROP_IN_BAD_INNER;
	/* The sender's addresses are not those it was summed with. */
	if (in->sport)
		ip_fix_checksum(h, ip);
	p->data = h;
	p->len = len;
	return MISSIU_DROP_NONE;
}

/* Outer addresses as the policy and the SA want them. */
static bool ends_fit(const struct sa *sa, const struct policy *pol,
		     const struct in_pkt *in)
{
	const struct missiu_policy *p = &pol->p;
	const struct missiu_addr *src = &sa->d.src;

	/* The key daemon knows which ends it negotiated (NAT, MOBIKE). */
	if (p->mode != MISSIU_TUNNEL || sa_bound(sa, pol))
		return true;
	if (!src->family)
		src = &in->outer->src;
	return (!p->tun_remote.family || addr_eq(&p->tun_remote, src)) &&
	       (!p->tun_local.family || addr_eq(&p->tun_local, &sa->d.dst));
}

/* The SAs it came by are those that the policy names, no fewer, no more. */
static bool layers_fit(const struct in_good *g, const struct policy *pol,
		       const struct in_pkt *in)
{
	if (pol->p.n_prot != (in->ah ? 2 : 1) ||
	    !sa_fits(g->sa, pol, 0, g->mode))
		return false;
	return !in->ah || sa_fits(in->ah, pol, 1, MISSIU_TRANSPORT);
}

/* RFC 4301 5.2 step 4: does policy permit this packet by this SA? */
static enum missiu_drop check_policy(struct missiu *m, const struct in_good *g,
				     const struct in_pkt *in,
				     const struct ip_info *ip)
{
	struct spd_query q = { .ip = ip, .dir = MISSIU_IN };
	struct flow tmp, *f;
	bool vague;

	f = engine_decide(m, &q, &tmp, &vague);
	engine_hit(f->pol, MISSIU_IN, ip->len);
	if (!f->pol)
		return MISSIU_DROP_IN_NO_POLS;
	in->p->policy_id = f->pol->p.id;
	if (f->pol->p.action == MISSIU_DISCARD)
		return MISSIU_DROP_IN_POL_BLOCK;
	if (f->pol->p.action != MISSIU_PROTECT)
		return MISSIU_DROP_IN_TMPL_MISMATCH;
	if (vague) /* cut off within its ports */
		return MISSIU_DROP_IN_FRAGMENT;
	return layers_fit(g, f->pol, in) && ends_fit(g->sa, f->pol, in) ?
		       MISSIU_DROP_NONE :
		       MISSIU_DROP_IN_TMPL_MISMATCH;
}

/* RFC 3948 and MOBIKE: tell where an authenticated packet came from. */
static void note_nat(struct missiu *m, struct sa *sa, const struct in_pkt *in,
		     uint64_t seq)
{
	/* A straggler from the old address is no change. */
	if (!sa->udp_len || seq < sa->replay.top)
		return;
	if (in->sport == sa->nat_port &&
	    addr_eq(&in->outer->src, &sa->nat_addr))
		return;
	sa->nat_addr = in->outer->src;
	sa->nat_port = in->sport;
	life_event(m, sa, MISSIU_EV_NAT_CHANGE);
}

/* ESP does not authenticate the source address, AH does. */
static bool from_its_source(const struct sa *sa, const struct in_pkt *in)
{
	return sa->udp_len || !sa->d.src.family ||
	       addr_eq(&sa->d.src, &in->outer->src);
}

bool in_covered(const struct sa *sa, const struct in_pkt *in,
		const struct ip_info *ip)
{
	return from_its_source(sa, in) && sa_covers(sa, ip);
}

enum missiu_drop in_commit(struct missiu *m, const struct in_good *g,
			   const struct in_pkt *in, const struct ip_info *ip,
			   missiu_usec now)
{
	if (!replay_commit(&g->sa->replay, g->seq)) {
		g->sa->stats.replays++;
		return MISSIU_DROP_IN_STATE_SEQ;
	}
	note_nat(m, g->sa, in, g->seq);
	life_used(m, g->sa, ip->len, now);
	return MISSIU_DROP_NONE;
}

/* RFC 4301 5.2 step 4: selectors of the SA, then the SPD. */
static enum missiu_drop permit(struct missiu *m, const struct in_good *g,
			       const struct in_pkt *in,
			       const struct ip_info *ip)
{
	if (!sa_covers(g->sa, ip))
		return MISSIU_DROP_IN_STATE_MISMATCH;
	return check_policy(m, g, in, ip);
}

/* RFC 4301 7: a fragment that policy or SA cannot tell from others. */
static bool wants_whole(struct missiu *m, const struct sa *sa,
			const struct ip_info *ip)
{
	struct spd_query q = { .ip = ip, .dir = MISSIU_IN };
	struct flow tmp;
	bool vague;

	if (ip->frag == IP_WHOLE)
		return false;
	engine_decide(m, &q, &tmp, &vague);
	return vague || sa_has_ports(sa);
}

/* A fragment that was inside, authentic: permitted when it is whole. */
static enum missiu_drop add_inner(struct missiu *m, const struct in_good *g,
				  struct in_pkt *in, struct ip_info *ip,
				  missiu_usec now)
{
	enum missiu_drop why;
	uint32_t biggest;

	if (!put_together(m, &m->inner, in->p, ip, g->sa->serial, now,
			  &biggest))
		return MISSIU_DROP_NONE;
	why = permit(m, g, in, ip);
	/* A router behind us must not be the one to find it too large. */
	if (!why && ip->family == 6)
		why = cut_packet(m, &m->in_done, in->p, biggest);
	return why;
}

/* What the peer may send us must fit, too: outbound SAs are like this one. */
static void clamp(struct missiu *m, const struct in_good *g,
		  const struct in_pkt *in, const struct ip_info *ip)
{
	if (!m->opts.no_mss_clamp &&
	    mss_clamp(in->p->data, ip,
		      pmtu_room(&(struct out_sa){ .sa = g->sa, .ah = in->ah },
				g->mode, ip, m->mtu)))
		m->stats.mss_clamped++;
}

enum missiu_drop in_accept(struct missiu *m, const struct in_good *g,
			   struct in_pkt *in, struct ip_info *ip,
			   missiu_usec now)
{
	enum missiu_drop why = MISSIU_DROP_NONE;
	bool part;

	if (!from_its_source(g->sa, in))
		return MISSIU_DROP_IN_STATE_MISMATCH;
	frag_view(in->p->data, ip);
	part = wants_whole(m, g->sa, ip);
	if (!part)
		why = permit(m, g, in, ip);
	if (!why)
		why = in_commit(m, g, in, ip, now);
	if (!why && part)
		why = add_inner(m, g, in, ip, now);
	if (why || in->p->verdict)
		return why;
	clamp(m, g, in, ip);
	m->stats.in_packets++;
	m->stats.in_bytes += ip->len;
	return MISSIU_DROP_NONE;
}
