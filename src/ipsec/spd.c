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

/* Hash the first @plen bits of an address into @h. */
static uint64_t hash_prefix(uint64_t h, const struct missiu_addr *a,
			    uint8_t plen)
{
	unsigned left = plen;
	uint32_t word;

	if (plen == SPD_ANY)
		return mix(h);
	h ^= (uint64_t)a->family << 32;
	for (size_t i = 0; left; i += 4) {
		word = load_be32(a->b + i);
		if (left < 32) {
			word &= ~(UINT32_MAX >> left);
			left = 32;
		}
		left -= 32;
		h = mix(h ^ word);
	}
	return mix(h);
}

static size_t pfx_slot(const struct spd *s, struct spd_shape shape,
		       const struct missiu_addr *remote,
		       const struct missiu_addr *local)
{
	uint64_t h = (uint64_t)shape.remote << 8 | shape.local;

	h = hash_prefix(mix(h), remote, shape.remote);
	return hash_prefix(h, local, shape.local) & s->mask;
}

/* No address of this family is that long a prefix. */
static bool too_long(struct spd_shape shape, uint8_t family)
{
	uint8_t bits = family == 4 ? 32 : 128;

	return (shape.remote > bits && shape.remote != SPD_ANY) ||
	       (shape.local > bits && shape.local != SPD_ANY);
}

struct policy *spd_lookup(const struct spd *s, const struct spd_query *q,
			  bool *vague)
{
	struct sides sides = sides_of(q);
	struct policy *best = NULL, *p;
	enum sel how = SEL_NO, m;
	uint32_t limit = UINT32_MAX;

	for (size_t i = 0; i < s->n_shapes; i++) {
		if (too_long(s->shapes[i], q->ip->family))
			continue;
		p = s->by_pfx[pfx_slot(s, s->shapes[i], sides.remote,
				       sides.local)];
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

/* Prefix length of one side: SPD_ANY, or -1 when it is no prefix. */
static int side_plen(const struct missiu_ts *ts)
{
	return ts->lo.family ? addr_range_plen(&ts->lo, &ts->hi) : SPD_ANY;
}

/* Make sure that lookups ask for this shape; false: too many already. */
static bool note_shape(struct spd *s, struct spd_shape shape)
{
	for (size_t i = 0; i < s->n_shapes; i++)
		if (s->shapes[i].remote == shape.remote &&
		    s->shapes[i].local == shape.local)
			return true;
	if (s->n_shapes == SPD_SHAPES_MAX)
		return false;
	s->shapes[s->n_shapes++] = shape;
	return true;
}

/* In reverse order of matching, so that chains are in order. */
static void index_one(struct spd *s, struct policy *p)
{
	const struct missiu_ts *r = &p->p.remote, *l = &p->p.local;
	int rlen = side_plen(r), llen = side_plen(l);
	struct spd_shape shape = { (uint8_t)rlen, (uint8_t)llen };
	struct policy **at = &s->by_id[mix(p->p.id) & s->mask];

	p->id_next = *at;
	*at = p;
	p->pfx_next = NULL;
	if (rlen < 0 || llen < 0 || !note_shape(s, shape)) {
		s->loose[s->n_loose++] = p;
		return;
	}
	at = &s->by_pfx[pfx_slot(s, shape, &r->lo, &l->lo)];
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
