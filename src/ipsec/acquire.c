/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the key daemon for SAs, and the packets that wait meanwhile. */
#include "ipsec/state.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"

static void ask(struct missiu *m, uint32_t policy_id, uint32_t id,
		const struct missiu_ts *src, const struct missiu_ts *dst)
{
	struct missiu_event ev = {
		.kind = MISSIU_EV_ACQUIRE,
		.policy_id = policy_id,
		.acquire_id = id,
		.pkt_src = *src,
		.pkt_dst = *dst,
		.dir = MISSIU_OUT,
	};

	m->stats.acquires++;
	events_put(&m->events, &ev);
}

/* The packet itself as a selector (RFC 7296 2.9: the specific TS). */
static struct missiu_ts ts_of(const struct missiu_addr *a, uint16_t port,
			      const struct ip_info *ip)
{
	struct missiu_ts ts = ts_host(a);

	ts.proto = ip->proto;
	if (ip->has_ports)
		ts.port_lo = ts.port_hi = port;
	return ts;
}

void acquire_packet(struct missiu *m, const struct policy *pol,
		    const struct ip_info *ip, struct missiu_pkt *p,
		    missiu_usec now)
{
	struct hold_key key = { .policy_id = pol->p.id,
				.src = ip->src,
				.dst = ip->dst };
	struct missiu_ts src, dst;
	struct pending *pend;

	if (addr_is_multicast(&ip->dst) || addr_is_any(&ip->dst)) {
		engine_drop(m, p, MISSIU_DROP_OUT_NO_STATES);
		return;
	}
	if (pol->p.flags & MISSIU_POL_UNIQUE) {
		key.proto = ip->proto;
		key.sport = ip->sport;
		key.dport = ip->dport;
	}
	pend = hold_find(&m->hold, &key);
	if (!pend) {
		pend = hold_ask(&m->hold, &key, now);
		if (pend) {
			src = ts_of(&ip->src, ip->sport, ip);
			dst = ts_of(&ip->dst, ip->dport, ip);
			ask(m, pol->p.id, pend->id, &src, &dst);
		}
	}
	if (!pend || !hold_push(&m->hold, pend, p->data, ip->len)) {
		engine_drop(m, p, MISSIU_DROP_OUT_HOLD_FULL);
		return;
	}
	p->verdict = MISSIU_V_HELD;
}

static bool is_host(const struct missiu_ts *ts)
{
	return ts->lo.family && addr_eq(&ts->lo, &ts->hi);
}

void acquire_init(struct missiu *m, const struct policy *pol, missiu_usec now)
{
	const struct missiu_policy *p = &pol->p;
	struct hold_key key = { .policy_id = p->id,
				.src = p->local.lo,
				.dst = p->remote.lo };
	struct pending *pend = NULL;

	if (p->action != MISSIU_PROTECT || !(p->dirs & MISSIU_OUT))
		return;
	/* There is no flow yet that it could be for. */
	if (p->flags & MISSIU_POL_UNIQUE)
		return;
	/* Somebody has to be there to talk to. */
	if (!is_host(&p->remote) && !p->tun_remote.family)
		return;
	if (is_host(&p->local) && is_host(&p->remote))
		pend = hold_ask(&m->hold, &key, now);
	ask(m, p->id, pend ? pend->id : hold_next_id(&m->hold), &p->local,
	    &p->remote);
}

static void give_up(struct missiu *m, struct pending *p)
{
	uint32_t policy_id = p->key.policy_id, n = hold_drop(&m->hold, p);

	m->stats.drops[MISSIU_DROP_OUT_ACQUIRE] += n;
	engine_blame(m, policy_id, MISSIU_DROP_OUT_ACQUIRE, n);
}

missiu_usec acquire_expire(struct missiu *m, missiu_usec now)
{
	struct hold *h = &m->hold;

	while (h->first && h->first->deadline <= now)
		give_up(m, h->first);
	return h->first ? h->first->deadline : UINT64_MAX;
}

void missiu_acquire_failed(struct missiu *m, uint32_t acquire_id)
{
	struct pending *p = m->hold.first;

	while (p && p->id != acquire_id)
		p = p->next;
	if (p)
		give_up(m, p);
}

/* Would this packet still wait if it came now? */
static bool still_waits(struct missiu *m, const struct held *k, missiu_usec now)
{
	struct ip_info ip;
	struct spd_query q = { .ip = &ip, .dir = MISSIU_OUT };
	struct flow tmp, *f;
	struct out_sa o;
	bool vague;

	if (ip_parse(k->data, k->len, &ip))
		return false;
	frag_view(k->data, &ip);
	q.ike = spd_is_ike(&ip, MISSIU_OUT);
	f = engine_decide(m, &q, &tmp, &vague);
	if (!f->pol || f->pol->p.action != MISSIU_PROTECT || vague)
		return false;
	o = out_sa_find(m, f->pol, &ip, now);
	return !o.sa && !o.why;
}

/* A packet of the caller gets a held one's bytes; false: too small. */
static bool fill(struct missiu_pkt *p, const struct held *k)
{
	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->policy_id = p->spi = 0;
	if (p->cap < MISSIU_HEADROOM || p->cap - MISSIU_HEADROOM < k->len)
		return false;
	p->data = p->head + MISSIU_HEADROOM;
	p->len = k->len;
	memcpy(p->data, k->data, k->len);
	return true;
}

size_t missiu_release(struct missiu *m, struct missiu_pkt *v[], size_t n,
		      size_t *done, missiu_usec now)
{
	struct hold *h = &m->hold;
	struct held **at = &h->pkts, *k;
	struct pending *pend;
	size_t filled = 0;

	*done = 0;
	if (!h->dirty)
		return 0;
	while (*at && filled < n) {
		if (still_waits(m, *at, now)) {
			at = &(*at)->next;
			continue;
		}
		pend = (*at)->pend;
		k = hold_take(h, at);
		if (fill(v[filled], k))
			filled++;
		else
			m->stats.drops[MISSIU_DROP_OUT_NO_ROOM]++;
		free(k);
		if (!pend->n_held)
			hold_forget(h, pend);
	}
	if (!*at)
		h->dirty = false;
	*done = filled;
	return engine_outbound(m, v, filled, now, OUT_HELD);
}
