/* SPDX-License-Identifier: Apache-2.0 */
#include "ipsec/spd.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/mix.h"
#include "missiu/err.h"

static bool all_ports(const struct missiu_ts *ts)
{
	return ts->port_lo == 0 && ts->port_hi == UINT16_MAX;
}

static bool in_range(const struct missiu_ts *ts, const struct missiu_addr *a)
{
	if (!ts->lo.family)
		return true;
	return ts->lo.family == a->family && addr_cmp(&ts->lo, a) <= 0 &&
	       addr_cmp(a, &ts->hi) <= 0;
}

enum sel sel_match(const struct missiu_ts *ts, const struct missiu_addr *a,
		   uint16_t port, const struct ip_info *ip)
{
	bool maybe = false;

	if (ts->proto && ts->proto != ip->proto) {
		if (!(ip->vague & IP_VAGUE_PROTO))
			return SEL_NO;
		maybe = true;
	}
	if (!in_range(ts, a))
		return SEL_NO;
	if (!all_ports(ts)) {
		if (ip->vague & IP_VAGUE_PORTS)
			maybe = true;
		else if (!ip->has_ports || port < ts->port_lo ||
			 port > ts->port_hi)
			return SEL_NO;
	}
	return maybe ? SEL_MAYBE : SEL_YES;
}

static bool is_ike_port(uint16_t port)
{
	return port == 500 || port == 4500;
}

bool spd_is_ike(const struct ip_info *ip, uint8_t dir)
{
	if (ip->proto != IP_P_UDP || !ip->has_ports)
		return false;
	return is_ike_port(dir == MISSIU_OUT ? ip->sport : ip->dport);
}

bool spd_is_nd(const struct ip_info *ip)
{
	uint8_t type = (uint8_t)(ip->sport >> 8);

	return ip->family == 6 && ip->proto == IP_P_ICMP6 && ip->has_ports &&
	       ip->frag == IP_WHOLE && ip->ttl == 255 && type >= 133 &&
	       type <= 137;
}

/* Outer addresses that differ from the packet's, so IKE may go inside. */
static bool tunnels_elsewhere(const struct missiu_policy *p,
			      const struct missiu_addr *local,
			      const struct missiu_addr *remote)
{
	if (p->action != MISSIU_PROTECT || p->mode != MISSIU_TUNNEL)
		return false;
	return (p->tun_local.family && !addr_eq(&p->tun_local, local)) ||
	       (p->tun_remote.family && !addr_eq(&p->tun_remote, remote));
}

/* The packet as its policy sees it: our side and the peer's. */
struct sides {
	const struct missiu_addr *local, *remote;
	uint16_t lport, rport;
};

static struct sides sides_of(const struct spd_query *q)
{
	const struct ip_info *ip = q->ip;

	if (q->dir == MISSIU_OUT)
		return (struct sides){ &ip->src, &ip->dst, ip->sport,
				       ip->dport };
	return (struct sides){ &ip->dst, &ip->src, ip->dport, ip->sport };
}

static enum sel match(const struct policy *pol, const struct spd_query *q,
		      const struct sides *s)
{
	const struct missiu_policy *p = &pol->p;
	enum sel r, l;

	if (!(p->dirs & q->dir))
		return SEL_NO;
	r = sel_match(&p->remote, s->remote, s->rport, q->ip);
	if (r == SEL_NO)
		return SEL_NO;
	l = sel_match(&p->local, s->local, s->lport, q->ip);
	if (l == SEL_NO)
		return SEL_NO;
	if (q->ike && !tunnels_elsewhere(p, s->local, s->remote))
		return SEL_NO;
	return l == SEL_MAYBE ? l : r;
}

static size_t pfx_slot(const struct spd *s, const struct missiu_addr *a,
		       unsigned plen)
{
	struct missiu_addr lo = *a, hi;
	uint64_t h = mix(plen + ((uint64_t)a->family << 8));

	addr_prefix(a, plen, &lo, &hi);
	for (size_t i = 0; i < addr_len(a); i += 4)
		h = mix(h ^ load_be32(lo.b + i));
	return h & s->mask;
}

struct policy *spd_lookup(const struct spd *s, const struct spd_query *q,
			  bool *vague)
{
	struct sides sides = sides_of(q);
	unsigned fam = sides.remote->family == 6;
	struct policy *best = NULL, *p;
	enum sel how = SEL_NO, m;
	uint32_t limit = UINT32_MAX;

	for (size_t i = 0; i < s->n_plens[fam]; i++) {
		p = s->by_pfx[pfx_slot(s, sides.remote, s->plens[fam][i])];
		for (; p && p->order < limit; p = p->pfx_next) {
			m = match(p, q, &sides);
			if (m == SEL_NO)
				continue;
			best = p;
			how = m;
			limit = p->order;
		}
	}
	for (size_t i = 0; i < s->n_loose && s->loose[i]->order < limit; i++) {
		m = match(s->loose[i], q, &sides);
		if (m == SEL_NO)
			continue;
		best = s->loose[i];
		how = m;
		limit = best->order;
	}
	*vague = how == SEL_MAYBE;
	return best;
}

int spd_alloc(struct spd *s, size_t n)
{
	size_t buckets = 16;

	*s = (struct spd){ 0 };
	while (buckets < n)
		buckets *= 2;
	s->mask = buckets - 1;
	s->v = calloc(n ? n : 1, sizeof(struct policy *));
	s->loose = calloc(n ? n : 1, sizeof(struct policy *));
	s->by_id = calloc(buckets, sizeof(struct policy *));
	s->by_pfx = calloc(buckets, sizeof(struct policy *));
	if (s->v && s->loose && s->by_id && s->by_pfx)
		return 0;
	spd_fini(s);
	return MISSIU_ENOMEM;
}

void spd_fini(struct spd *s)
{
	free(s->v);
	free(s->loose);
	free(s->by_id);
	free(s->by_pfx);
	*s = (struct spd){ 0 };
}

static void note_plen(struct spd *s, unsigned fam, uint8_t plen)
{
	for (size_t i = 0; i < s->n_plens[fam]; i++)
		if (s->plens[fam][i] == plen)
			return;
	s->plens[fam][s->n_plens[fam]++] = plen;
}

/* In reverse order of matching, so that chains are in order. */
static void index_one(struct spd *s, struct policy *p)
{
	const struct missiu_ts *r = &p->p.remote;
	int plen = r->lo.family ? addr_range_plen(&r->lo, &r->hi) : -1;
	struct policy **at = &s->by_id[mix(p->p.id) & s->mask];

	p->id_next = *at;
	*at = p;
	p->pfx_next = NULL;
	if (plen < 0) {
		s->loose[s->n_loose++] = p;
		return;
	}
	note_plen(s, r->lo.family == 6, (uint8_t)plen);
	at = &s->by_pfx[pfx_slot(s, &r->lo, (unsigned)plen)];
	p->pfx_next = *at;
	*at = p;
}

void spd_index(struct spd *s)
{
	struct policy *swap;

	for (size_t i = s->n; i > 0; i--) {
		s->v[i - 1]->order = (uint32_t)(i - 1);
		index_one(s, s->v[i - 1]);
	}
	for (size_t i = 0; i < s->n_loose / 2; i++) {
		swap = s->loose[i];
		s->loose[i] = s->loose[s->n_loose - 1 - i];
		s->loose[s->n_loose - 1 - i] = swap;
	}
}

struct policy *spd_by_id(const struct spd *s, uint32_t id)
{
	struct policy *p;

	if (!s->n)
		return NULL;
	p = s->by_id[mix(id) & s->mask];
	while (p && p->p.id != id)
		p = p->id_next;
	return p;
}
