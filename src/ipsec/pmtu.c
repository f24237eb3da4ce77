/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/pmtu.h"

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/ah.h"

/* RFC 791: a router may have to cut packets larger than that. */
#define IP4_MTU_MIN 68

/* How far behind the last packet sent a quoted one may be. */
#define SEQ_RECENT 65536

/* Ten thousand manual SAs may share a chain; what is replaced is rarely old. */
#define INHERIT_LOOK 64

static uint32_t told(const struct missiu *m, const struct sa *sa,
		     missiu_usec now)
{
	if (sa->d.flags & MISSIU_SA_TCP)
		return UINT16_MAX; /* a stream has no MTU */
	if (sa->pmtu && sa->pmtu < m->mtu && now < sa->pmtu_until)
		return sa->pmtu;
	return m->mtu;
}

/* Routers see the outer SA; what was told of the inner one is older, not wrong. */
uint32_t pmtu_of(const struct missiu *m, const struct out_sa *o,
		 missiu_usec now)
{
	uint32_t mtu = told(m, o->sa, now), outer;

	outer = o->ah ? told(m, o->ah, now) : mtu;
	return outer < mtu ? outer : mtu;
}

static uint32_t room_ah(const struct sa *sa, bool tunnel, uint8_t family,
			uint32_t mtu)
{
	uint32_t fixed = (uint32_t)ah_len(sa, family);

	if (tunnel)
		fixed += sa->ip_len;
	return mtu > fixed ? mtu - fixed : 0;
}

static uint32_t room_esp(const struct sa *sa, uint8_t mode,
			 const struct ip_info *ip, uint32_t mtu)
{
	bool tunnel = mode == MISSIU_TUNNEL;
	uint32_t hdr = tunnel ? sa->ip_len : ip->ins_off;
	uint32_t fixed = (uint32_t)(hdr + sa->udp_len + ESP_HDR_LEN +
				    sa->sz.iv_len + sa->sz.icv_len);
	uint32_t text;

	if (mtu < fixed)
		return 0;
	text = mtu - fixed;
	text -= text % (uint32_t)sa->sz.block;
	if (text < ESP_TRAILER_LEN)
		return 0;
	return text - ESP_TRAILER_LEN + (tunnel ? 0 : hdr);
}

uint32_t pmtu_room(const struct out_sa *o, uint8_t mode,
		   const struct ip_info *ip, uint32_t mtu)
{
	bool tunnel = mode == MISSIU_TUNNEL;
	uint8_t family = tunnel ? o->sa->d.dst.family : ip->family;

	if (o->ah)
		mtu = room_ah(o->ah, false, family, mtu);
	if (o->sa->auth)
		return room_ah(o->sa, tunnel, family, mtu);
	return room_esp(o->sa, mode, ip, mtu);
}

/*
 * The far end must be able to tell where a fragment inside belongs. It cannot
 * where ports decide, and in transport mode there are none (RFC 4301 7).
 */
static bool carries_fragments(const struct sa *sa, const struct policy *pol)
{
	return pol->p.mode == MISSIU_TUNNEL &&
	       !(pol->p.flags & MISSIU_POL_UNIQUE) &&
	       !policy_has_ports(&pol->p) && !sa_has_ports(sa);
}

/*
 *	too large                            is
 *	------------------------------------ -------------------------------
 *	rebuilt by us of fragments           cut after: it was cut before
 *	IPv4 with DF, IPv6                   refused; policy says "df clear":
 *	                                     cut after
 *	IPv6 of 1280 bytes or less           cut after: no link may refuse it
 *	                                     (RFC 8200 5, RFC 2473 7.1)
 *	IPv4 without DF, tunnel              cut before, the far end has less to
 *	                                     put together
 *	  where policy or SA select by port  cut after
 *	IPv4 without DF, transport           cut after (RFC 4301 7: whole packets
 *	                                     only)
 */
static enum pmtu_way too_large(const struct sa *sa, const struct policy *pol,
			       const struct ip_info *ip, uint32_t *room)
{
	bool v6 = ip->family == 6;

	if (ip->rebuilt || (v6 && ip->len <= PMTU_MIN6) || *room < IP4_MTU_MIN)
		return PMTU_CUT_AFTER;
	if (v6 || ip->df) {
		if (v6 && *room < PMTU_MIN6)
			*room = PMTU_MIN6;
		return pol->p.flags & MISSIU_POL_DF_CLEAR ? PMTU_CUT_AFTER :
							    PMTU_REFUSE;
	}
	return carries_fragments(sa, pol) ? PMTU_CUT_BEFORE : PMTU_CUT_AFTER;
}

enum pmtu_way pmtu_way(const struct missiu *m, const struct out_sa *o,
		       const struct policy *pol, const struct ip_info *ip,
		       missiu_usec now, uint32_t *room)
{
	*room = pmtu_room(o, pol->p.mode, ip, pmtu_of(m, o, now));
	return ip->len <= *room ? PMTU_FITS : too_large(o->sa, pol, ip, room);
}

void pmtu_inherit(const struct missiu *m, struct sa *sa)
{
	const struct sa *o =
		sad_out_first(&m->sad, sa->d.policy_id, sad_out_addr(&sa->d));
	unsigned n = 0;

	if (!(sa->d.dir & MISSIU_OUT))
		return;
	while (o && n < INHERIT_LOOK &&
	       (o->d.policy_id != sa->d.policy_id ||
		!addr_eq(&o->d.dst, &sa->d.dst) ||
		!addr_eq(&o->d.src, &sa->d.src))) {
		o = o->out_next;
		n++;
	}
	if (!o || n == INHERIT_LOOK)
		return;
	sa->pmtu = o->pmtu;
	sa->pmtu_until = o->pmtu_until;
}

/* The SA that a quoted packet is of; @seq: out: its sequence number. */
static struct sa *quoted_sa(const struct missiu *m, struct icmp_told t,
			    uint32_t *seq)
{
	const uint8_t *udp = NULL, *h;
	uint8_t proto = t.ip.proto;
	struct sa *sa;

	if (proto == IP_P_UDP) {
		if (!rd_take(&t.upper, UDP_HDR_LEN, &udp))
			return NULL;
		proto = IP_P_ESP;
	}
	/* RFC 4302 2: in AH the SPI is the second word. */
	if (proto == IP_P_AH && !rd_take(&t.upper, 4, &h))
		return NULL;
	if ((proto != IP_P_ESP && proto != IP_P_AH) ||
	    !rd_take(&t.upper, 8, &h))
		return NULL;
	*seq = load_be32(h + 4);
	sa = sad_find(&m->sad, proto, load_be32(h), &t.ip.dst);
	if (!sa || !(sa->d.dir & MISSIU_OUT) || !udp != !sa->udp_len ||
	    (sa->d.src.family && !addr_eq(&sa->d.src, &t.ip.src)))
		return NULL;
	if (udp && (load_be16(udp) != sa->d.encap_sport ||
		    load_be16(udp + 2) != sa->d.encap_dport))
		return NULL;
	return sa;
}

bool pmtu_heard(struct missiu *m, const uint8_t *p, const struct ip_info *ip,
		missiu_usec now)
{
	struct icmp_told t;
	struct sa *sa;
	uint32_t seq;

	if (icmp_read_too_big(p, ip, &t))
		return false;
	sa = quoted_sa(m, t, &seq);
	if (!sa)
		return false;
	if ((uint32_t)sa->seq - seq >= SEQ_RECENT ||
	    t.mtu < (ip->family == 4 ? PMTU_MIN4 : PMTU_MIN6) ||
	    t.mtu >= t.ip.len || t.mtu >= told(m, sa, now))
		return true;
	sa->pmtu = t.mtu;
	sa->pmtu_until = now + PMTU_LIFE_US;
	m->stats.pmtu_learned++;
	return true;
}
