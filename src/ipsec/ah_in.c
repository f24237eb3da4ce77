/* SPDX-License-Identifier: Apache-2.0 */
/* AH on the way in (RFC 4302 3.4); same order of checks as ESP. */
#include "ipsec/ah.h"

#include <string.h>

#include "common/rd.h"
#include "common/secret.h"

/* Lookup, length, replay check: all that is possible without keys. */
static enum missiu_drop admit(struct missiu *m, struct in_pkt *in,
			      struct rd *body, struct ah_place *at,
			      struct sa **out, missiu_usec now)
{
	const struct ip_info *ip = in->outer;
	const uint8_t *h, *rest;
	struct sa *sa;

	if (!rd_take(body, AH_HDR_LEN, &h))
		return MISSIU_DROP_IN_RUNT;
	sa = sad_find(&m->sad, MISSIU_AH, load_be32(h + 4), &ip->dst);
	if (!sa || !(sa->d.dir & MISSIU_IN))
		return MISSIU_DROP_IN_NO_STATES;
	in->p->spi = sa->d.spi;
	*out = sa;
	if (life_over(sa, now))
		return MISSIU_DROP_IN_STATE_EXPIRED;
	*at = (struct ah_place){ .pkt = in->p->data,
				 .off = ip->upper_off,
				 .len = (h[1] + 2U) * 4,
				 .total = ip->len,
				 .seq = load_be32(h + 8) };
	/* Linux aligns to 8 bytes in IPv4, too. */
	if (at->len != ah_len(sa, ip->family) && at->len != ah_len(sa, 6))
		return MISSIU_DROP_IN_AH_LEN;
	if (!rd_take(body, at->len - AH_HDR_LEN, &rest))
		return MISSIU_DROP_IN_RUNT;
	if (sa->d.flags & MISSIU_SA_ESN)
		at->seq = esn_guess(&sa->replay, (uint32_t)at->seq);
	if (!replay_check(&sa->replay, at->seq)) {
		sa->stats.replays++;
		return MISSIU_DROP_IN_STATE_SEQ;
	}
	return MISSIU_DROP_NONE;
}

static enum missiu_drop verify(struct sa *sa, const struct ah_place *at)
{
	const uint8_t *icv = at->pkt + at->off + AH_HDR_LEN + sa->sz.iv_len;
	uint8_t tag[AUTH_TAG_MAX];
	int ret = ah_tag(sa, at, tag);

	if (ret == MISSIU_EPROTO)
		return MISSIU_DROP_IN_HDR_ERROR;
	if (!ret && ct_equal(tag, icv, sa->sz.icv_len))
		return MISSIU_DROP_NONE;
	sa->stats.auth_fails++;
	return MISSIU_DROP_IN_STATE_PROTO;
}

/* The packet without AH; *g.mode says which way it was in. */
static enum missiu_drop unwrap(struct in_pkt *in, struct in_good *g,
			       struct rd body, uint8_t next, struct ip_info *ip)
{
	bool nested = next == IP_P_IPIP || next == IP_P_IPV6;

	g->mode = g->sa->d.mode;
	if (!g->mode)
		g->mode = nested ? MISSIU_TUNNEL : MISSIU_TRANSPORT;
	if (g->mode == MISSIU_TRANSPORT)
		return in_open_transport(in, body, next, ip);
	if (!nested)
		return MISSIU_DROP_IN_STATE_MODE;
	return in_open_tunnel(in, body, next, ip);
}

static enum missiu_drop open_it(struct missiu *m, struct in_pkt *in,
				missiu_usec now, struct sa **sa)
{
	struct rd body = rd_from(in->p->data + in->outer->upper_off,
				 in->outer->len - in->outer->upper_off);
	struct ah_place at = { 0 };
	struct in_good g = { 0 };
	enum missiu_drop why;
	struct ip_info ip;
	uint8_t next;

	why = admit(m, in, &body, &at, sa, now);
	g.sa = *sa;
	if (!why)
		why = verify(g.sa, &at);
	if (why)
		return why;
	g.seq = at.seq;
	next = at.pkt[at.off];
	why = unwrap(in, &g, body, next, &ip);
	if (why)
		return why;
	if (g.mode == MISSIU_TUNNEL || ip.proto != IP_P_ESP)
		return in_accept(m, &g, in, &ip, now);
	/* A bundle: policy is asked when the ESP inside has been opened. */
	if (!in_covered(g.sa, in, &ip))
		return MISSIU_DROP_IN_STATE_MISMATCH;
	why = in_commit(m, &g, in, &ip, now);
	in->ah = g.sa;
	*in->outer = ip;
	return why;
}

enum missiu_drop ah_open(struct missiu *m, struct in_pkt *in, missiu_usec now)
{
	struct sa *sa = NULL;
	enum missiu_drop why = open_it(m, in, now, &sa);

	if (why && sa)
		sa_dropped(sa, why);
	return why;
}
