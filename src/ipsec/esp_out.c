/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that leave: policy, SA, ESP (RFC 4301 5.1, RFC 4303 3.3).
 */
#include "ipsec/out.h"

#include "common/addr.h"
#include "common/rd.h"
#include "common/wr.h"
#include "ipsec/ah.h"
#include "ipsec/esp_out.h"
#include "ipsec/mss.h"
#include "ipsec/pmtu.h"
#include "ipsec/warm.h"

/* RFC 4301 8.2: the sender is told. Counted once, whether told or not. */
static void refuse(struct out_batch *b, const struct sa *sa,
		   const struct ip_info *ip, struct missiu_pkt *p, uint32_t mtu)
{
	engine_drop(b->m, p, MISSIU_DROP_OUT_TOO_BIG);
	if (!icmp_may(&b->m->icmp_out, b->now) ||
	    !icmp_too_big(p, ip, &sa->d.src, mtu))
		return;
	p->verdict = MISSIU_V_REPLY;
	b->m->stats.too_big_sent++;
}

/*
 * See that the protected packet will suit the path; @p and @ip may become the
 * first fragment. Return: false when the packet has its verdict; @room: out:
 * what would fit.
 */
static bool fit(struct out_batch *b, const struct out_sa *o,
		const struct policy *pol, struct ip_info *ip,
		struct missiu_pkt *p, uint32_t *room)
{
	struct missiu *m = b->m;
	enum missiu_drop why;

	switch (pmtu_way(m, o, pol, ip, b->now, room)) {
	case PMTU_FITS:
		if (!m->opts.no_mss_clamp && mss_clamp(p->data, ip, *room))
			m->stats.mss_clamped++;
		return true;
	case PMTU_CUT_AFTER:
		return true;
	case PMTU_REFUSE:
		refuse(b, o->sa, ip, p, *room);
		return false;
	case PMTU_CUT_BEFORE:
		break;
	}
	why = cut_packet(m, &m->out_cut, p, *room);
	if (!why && ip_parse(p->data, p->len, ip))
		why = MISSIU_DROP_OUT_HDR_ERROR;
	if (why)
		engine_drop(m, p, why);
	return !why;
}

/* The packet is protected. */
static void done(struct out_batch *b, struct missiu_pkt *p, uint32_t mtu,
		 uint32_t bytes)
{
	struct missiu *m = b->m;
	enum missiu_drop why = cut_packet(m, &m->out_done, p, mtu);

	if (why) {
		engine_drop(m, p, why);
		return;
	}
	p->verdict = MISSIU_V_DONE;
	m->stats.out_packets++;
	m->stats.out_bytes += bytes;
}

/* One more sequence number is gone. */
static void used(struct missiu *m, struct sa *sa, uint32_t bytes,
		 missiu_usec now)
{
	life_used(m, sa, bytes, now);
	if (sa->seq >= sa->seq_max && !(sa->d.flags & MISSIU_SA_MANUAL))
		life_kill(m, sa);
}

void out_queue(struct out_batch *b, struct sa *sa, struct sa *ah,
	       struct missiu_pkt *p, uint32_t bytes)
{
	p->spi = sa->d.spi;
	used(b->m, sa, bytes, b->now);
	b->p[b->n] = p;
	b->bytes[b->n] = bytes;
	b->ah[b->n] = ah;
	batch_add(&b->sas, sa, b->n, b->next);
	b->n++;
}

/* Headers around it, and the place in the batch. */
static enum missiu_drop protect_esp(struct out_batch *b, const struct out_sa *o,
				    struct policy *pol,
				    const struct ip_info *ip, uint32_t room,
				    struct missiu_pkt *p)
{
	enum missiu_drop why;
	struct same same;

	same_note(&same, p->data, ip);
	why = esp_put(b->m, o->sa, pol, ip, room, p, &b->job[b->n]);
	if (why)
		return why;
	if (same.family && !o->ah)
		out_run_begin(b, pol, o->sa, ip, room, p, &same);
	out_queue(b, o->sa, o->ah, p, ip->len);
	return MISSIU_DROP_NONE;
}

static enum missiu_drop protect_ah(struct out_batch *b, const struct out_sa *o,
				   const struct policy *pol,
				   const struct ip_info *ip,
				   struct missiu_pkt *p)
{
	enum missiu_drop why = ah_seal(b->m, o->sa, pol, pol->p.mode, ip, p);

	if (why)
		return why;
	p->spi = o->sa->d.spi;
	used(b->m, o->sa, ip->len, b->now);
	done(b, p, pmtu_of(b->m, o, b->now), ip->len);
	return MISSIU_DROP_NONE;
}

/* The policy says PROTECT: find the SA, lay the packet out, queue it. */
static void protect(struct out_batch *b, struct flow *f, struct ip_info *ip,
		    struct missiu_pkt *p)
{
	struct policy *pol = f->pol;
	enum missiu_drop why = MISSIU_DROP_NONE;
	struct out_sa o = { f->sa, NULL, MISSIU_DROP_NONE };
	uint32_t room = 0;

	if (!ip->ttl) {
		engine_drop(b->m, p, MISSIU_DROP_OUT_TTL);
		return;
	}
	if (!o.sa || pol->p.n_prot > 1 || !out_usable(o.sa, b->now, &why))
		o = out_sa_find(b->m, pol, ip, b->now);
	f->sa = o.sa;
	if (!o.sa && !o.why) {
		acquire_packet(b->m, pol, ip, p, b->now);
		return;
	}
	if (o.sa && !fit(b, &o, pol, ip, p, &room))
		return;
	why = o.why;
	if (o.sa && o.sa->auth)
		why = protect_ah(b, &o, pol, ip, p);
	else if (o.sa)
		why = protect_esp(b, &o, pol, ip, room, p);
	if (why)
		engine_drop(b->m, p, why);
}

/* Unprotected. What was put together only to be looked at is cut again. */
static void pass_clear(struct out_batch *b, const struct ip_info *ip,
		       struct missiu_pkt *p)
{
	struct missiu *m = b->m;
	enum missiu_drop why = MISSIU_DROP_NONE;

	if (ip->rebuilt)
		why = cut_packet(m, &m->out_done, p, m->mtu);
	if (why)
		engine_drop(m, p, why);
	else
		engine_clear(m, p, MISSIU_OUT);
}

static void by_policy(struct out_batch *b, struct flow *f, struct ip_info *ip,
		      struct missiu_pkt *p)
{
	unsigned action = f->pol ? f->pol->p.action : b->m->opts.unmatched;

	if (f->pol)
		p->policy_id = f->pol->p.id;
	/* A packet that waited for its SA was counted when it came. */
	if (b->from != OUT_HELD)
		engine_hit(f->pol, MISSIU_OUT, ip->len);
	if (action == MISSIU_DISCARD)
		engine_drop(b->m, p, MISSIU_DROP_OUT_POL_BLOCK);
	else if (action == MISSIU_PROTECT)
		protect(b, f, ip, p);
	else
		pass_clear(b, ip, p);
}

/* IKE is never in anybody's way: no policy then. */
static struct flow *look_up(struct out_batch *b, const struct ip_info *ip,
			    struct flow *tmp, struct spd_query *q, bool *vague)
{
	*q = (struct spd_query){ .ip = ip, .dir = MISSIU_OUT };
	q->ike = spd_is_ike(ip, MISSIU_OUT);
	return engine_decide(b->m, q, tmp, vague);
}

/*
 * RFC 4301 7: fragments that a policy cannot tell from others, and those that
 * transport mode cannot carry, are put together.
 */
static bool wants_whole(const struct flow *f, bool vague)
{
	const struct policy *pol = f->pol;

	return vague || (pol && pol->p.action == MISSIU_PROTECT &&
			 (pol->p.mode == MISSIU_TRANSPORT ||
			  pol->p.flags & MISSIU_POL_UNIQUE));
}

/* Fragments of a packet whose policy was found before it was cut. */
static void outbound_piece(struct out_batch *b, struct ip_info *ip,
			   struct missiu_pkt *p)
{
	struct flow f = { .pol = spd_by_id(&b->m->spd, p->policy_id) };

	if (!f.pol || f.pol->p.action != MISSIU_PROTECT)
		engine_drop(b->m, p, MISSIU_DROP_OUT_FRAGMENT);
	else
		protect(b, &f, ip, p);
}

static void outbound_one(struct out_batch *b, struct missiu_pkt *p)
{
	struct missiu *m = b->m;
	struct ip_info ip;
	struct spd_query q;
	struct flow tmp, *f;
	bool vague;

	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->spi = 0;
	if (ip_parse(p->data, p->len, &ip)) {
		p->policy_id = 0;
		engine_drop(m, p, MISSIU_DROP_OUT_HDR_ERROR);
		return;
	}
	if (b->from == OUT_PIECES) {
		outbound_piece(b, &ip, p);
		return;
	}
	p->policy_id = 0;
	ip.rebuilt = b->from == OUT_HELD;
	if (spd_is_nd(&ip)) {
		engine_clear(m, p, MISSIU_OUT);
		return;
	}
	frag_view(p->data, &ip);
	f = look_up(b, &ip, &tmp, &q, &vague);
	if (ip.frag != IP_WHOLE && wants_whole(f, vague)) {
		if (!put_together(m, &m->leaving, p, &ip, 0, b->now, NULL))
			return;
		f = look_up(b, &ip, &tmp, &q, &vague);
	}
	if (vague) /* cut off within its ports */
		engine_drop(m, p, MISSIU_DROP_OUT_FRAGMENT);
	else if (q.ike && !f->pol)
		pass_clear(b, &ip, p);
	else
		by_policy(b, f, &ip, p);
}

/* RFC 8200 8.1: over IPv6 the checksum of UDP is not optional. */
static void finish_udp(const struct sa *sa, struct missiu_pkt *p,
		       const uint8_t *esp)
{
	uint8_t *udp = p->data + (esp - p->data) - UDP_HDR_LEN;
	size_t len = load_be16(udp + 4);
	struct missiu_addr src, dst;
	uint16_t sum;

	if (!sa->udp_len || p->data[0] >> 4 != 6)
		return;
	src = addr_from_bytes(6, p->data + 8);
	dst = addr_from_bytes(6, p->data + 24);
	sum = ip_fold(
		ip_sum(udp, len, ip_pseudo_sum(&src, &dst, IP_P_UDP, len)));
	store_be16(udp + 6, sum ? sum : 0xffff);
}

/* The second half of a bundle, once ESP is sealed. */
static enum missiu_drop wrap(struct out_batch *b, struct sa *ah,
			     struct missiu_pkt *p)
{
	enum missiu_drop why = MISSIU_DROP_OUT_HDR_ERROR;
	struct ip_info ip;

	/* Earlier packets of the vector may have used it up. */
	if (!out_usable(ah, b->now, &why) || ip_parse(p->data, p->len, &ip))
		return why;
	why = ah_seal(b->m, ah, NULL, MISSIU_TRANSPORT, &ip, p);
	if (!why)
		used(b->m, ah, ip.len, b->now);
	return why;
}

static void sealed(struct out_batch *b, struct sa *sa, uint16_t i, uint32_t mtu)
{
	struct missiu_pkt *p = b->p[i];
	enum missiu_drop why = MISSIU_DROP_NONE;

	if (b->job[i].result)
		why = MISSIU_DROP_OUT_STATE_PROTO;
	if (!why)
		finish_udp(sa, p, b->job[i].esp);
	if (!why && b->ah[i]) {
		why = wrap(b, b->ah[i], p);
		mtu = pmtu_of(b->m,
			      &(struct out_sa){ .sa = sa, .ah = b->ah[i] },
			      b->now);
	}
	if (why) {
		engine_drop(b->m, p, why);
		sa_dropped(sa, why);
	} else {
		done(b, p, mtu, b->bytes[i]);
	}
}

/* The jobs of one SA among those of others. */
static void seal_some(struct out_batch *b, struct sa *sa)
{
	struct crypt_job v[CHUNK_MAX];
	uint16_t i, n = 0;

	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		v[n++] = b->job[i];
	crypt_seal(sa->key, v, n);
	n = 0;
	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		b->job[i].result = v[n++].result;
}

static void seal_sa(struct out_batch *b, struct sa *sa, bool alone)
{
	const struct out_sa o = { .sa = sa };
	uint32_t mtu = pmtu_of(b->m, &o, b->now);

	if (alone)
		crypt_seal(sa->key, b->job, b->n);
	else
		seal_some(b, sa);
	for (uint16_t i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		sealed(b, sa, i, mtu);
	sa->batch_first = SA_BATCH_END;
}

static void outbound_chunk(struct missiu *m, struct missiu_pkt *v[], size_t n,
			   missiu_usec now, enum out_from from)
{
	struct out_batch b;

	b.m = m;
	b.now = now;
	b.from = from;
	b.sas = NULL;
	b.n = 0;
	same_none(&b.run.same);
	warm_out(m, v, n);
	for (size_t i = 0; i < n; i++)
		if (!out_run_again(&b, v[i]))
			outbound_one(&b, v[i]);
	for (struct sa *sa = b.sas; sa; sa = sa->batch_next)
		seal_sa(&b, sa, sa == b.sas && !sa->batch_next);
}

size_t engine_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now, enum out_from from)
{
	size_t chunk;

	/* Who had one whose time is over waits for another. */
	life_expire(m, now);
	for (size_t i = 0; i < n; i += chunk) {
		chunk = n - i < CHUNK_MAX ? n - i : CHUNK_MAX;
		outbound_chunk(m, v + i, chunk, now, from);
		life_reap(m);
	}
	return engine_sort(v, n);
}

size_t missiu_outbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		       missiu_usec now)
{
	return engine_outbound(m, v, n, now, OUT_FRESH);
}
