/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that arrive (RFC 4301 5.2, RFC 4303 3.4). The order is a rule:
 * SA lookup, length, replay check, authenticate and decrypt, trailer, SA
 * selectors and SPD, replay commit, deliver.
 */
#include "ipsec/esp_in.h"

#include <string.h>

#include "common/addr.h"
#include "common/rd.h"
#include "ipsec/ah.h"
#include "ipsec/pmtu.h"
#include "ipsec/warm.h"

/* Fragments that never meet. Other contexts are serial numbers of SAs. */
enum { CTX_PROTECTED, CTX_CLEAR };

/* --- clear packets ------------------------------------------------------- */

static enum missiu_drop clear_by(const struct missiu *m, const struct flow *f,
				 bool vague)
{
	unsigned action = f->pol ? f->pol->p.action : m->opts.unmatched;

	if (action == MISSIU_DISCARD)
		return MISSIU_DROP_IN_POL_BLOCK;
	if (action == MISSIU_PROTECT)
		return MISSIU_DROP_IN_POL_CLEAR;
	return vague ? MISSIU_DROP_IN_FRAGMENT : MISSIU_DROP_NONE;
}

static void inbound_clear(struct in_batch *b, struct ip_info *ip,
			  struct missiu_pkt *p)
{
	struct missiu *m = b->m;
	struct spd_query q = { .ip = ip, .dir = MISSIU_IN };
	enum missiu_drop why;
	struct flow tmp, *f;
	bool vague;

	if (spd_is_nd(ip)) {
		engine_clear(m, p, MISSIU_IN);
		return;
	}
	frag_view(p->data, ip);
	q.ike = spd_is_ike(ip, MISSIU_IN);
	f = engine_decide(m, &q, &tmp, &vague);
	if (vague && ip->frag != IP_WHOLE) {
		if (!put_together(m, &m->outer, p, ip, CTX_CLEAR, b->now, NULL))
			return;
		q.ike = spd_is_ike(ip, MISSIU_IN);
		f = engine_decide(m, &q, &tmp, &vague);
	}
	if (q.ike && !f->pol) {
		engine_clear(m, p, MISSIU_IN);
		return;
	}
	if (f->pol)
		p->policy_id = f->pol->p.id;
	engine_hit(f->pol, MISSIU_IN, ip->len);
	why = clear_by(m, f, vague);
	if (why)
		engine_drop(m, p, why);
	else
		engine_clear(m, p, MISSIU_IN);
}

/* --- before the crypto --------------------------------------------------- */

/* What a packet is, seen from outside. */
enum in_kind { IN_CLEAR, IN_ESP, IN_AH, IN_DROP };

/* RFC 3948 2: what is behind a UDP header with destination port 4500? */
static enum in_kind look_into_udp(const uint8_t *p, const struct ip_info *ip,
				  struct rd *esp, enum missiu_drop *why)
{
	static const uint8_t non_esp[4];
	struct rd r = rd_from(p + ip->upper_off, ip->len - ip->upper_off);
	const uint8_t *h;
	uint16_t len;

	*why = MISSIU_DROP_IN_HDR_ERROR;
	if (!rd_take(&r, UDP_HDR_LEN, &h))
		return IN_DROP;
	len = load_be16(h + 4);
	if (len < UDP_HDR_LEN ||
	    (ip->frag == IP_WHOLE && !rd_sub(&r, len - UDP_HDR_LEN, esp)))
		return IN_DROP;
	if (ip->frag != IP_WHOLE)
		*esp = r;
	if (rd_left(esp) == 1 && *esp->p == 0xff) {
		*why = MISSIU_DROP_IN_KEEPALIVE;
		return IN_DROP;
	}
	if (rd_left(esp) < sizeof(non_esp)) {
		*why = MISSIU_DROP_IN_RUNT;
		return IN_DROP;
	}
	if (memcmp(esp->p, non_esp, sizeof(non_esp)) == 0)
		return IN_CLEAR;
	return IN_ESP;
}

static enum in_kind classify(const uint8_t *p, const struct ip_info *ip,
			     struct rd *esp, enum missiu_drop *why)
{
	enum in_kind kind = IN_CLEAR;

	if (ip->proto == IP_P_AH) {
		kind = IN_AH;
	} else if (ip->proto == IP_P_ESP) {
		*esp = rd_from(p + ip->upper_off, ip->len - ip->upper_off);
		kind = IN_ESP;
	} else if (ip->proto == IP_P_UDP && ip->has_ports &&
		   ip->dport == 4500) {
		kind = look_into_udp(p, ip, esp, why);
	}
	if (kind != IN_ESP && kind != IN_AH)
		return kind;
	/* ESP does not authenticate the header it comes with, AH not all. */
	*why = MISSIU_DROP_IN_HDR_ERROR;
	if (ip->family == 4 && !ip4_sum_ok(p))
		return IN_DROP;
	*why = MISSIU_DROP_IN_FRAGMENT;
	return ip->frag == IP_WHOLE ? kind : IN_DROP;
}

static enum missiu_drop admit_to(struct in_batch *b, struct in_pkt *in,
				 struct rd esp, struct sa *sa)
{
	struct crypt_job *job = &b->job[b->n];
	const uint8_t *h;
	size_t over;

	if (!rd_take(&esp, ESP_HDR_LEN, &h))
		return MISSIU_DROP_IN_RUNT;
	in->p->spi = sa->d.spi;
	if (life_over(sa, b->now))
		return MISSIU_DROP_IN_STATE_EXPIRED;
	if ((in->outer->proto == IP_P_UDP) != (sa->udp_len != 0))
		return MISSIU_DROP_IN_UDP_ENCAP;
	over = sa->sz.iv_len + sa->sz.icv_len;
	if (rd_left(&esp) < over + ESP_TRAILER_LEN)
		return MISSIU_DROP_IN_RUNT;
	if ((rd_left(&esp) - over) & (size_t)(sa->sz.block - 1))
		return MISSIU_DROP_IN_BAD_PAD;
	*job = (struct crypt_job){
		.esp = in->p->data + (h - in->p->data),
		.text_len = rd_left(&esp) - over,
		.seq = load_be32(h + 4),
	};
	if (sa->d.flags & MISSIU_SA_ESN)
		job->seq = esn_guess(&sa->replay, (uint32_t)job->seq);
	if (!replay_check(&sa->replay, job->seq)) {
		sa->stats.replays++;
		return MISSIU_DROP_IN_STATE_SEQ;
	}
	batch_add(&b->sas, sa, b->n, b->next);
	b->n++;
	return MISSIU_DROP_NONE;
}

enum missiu_drop in_admit(struct in_batch *b, struct in_pkt *in, struct rd esp,
			  struct sa *sa)
{
	enum missiu_drop why = admit_to(b, in, esp, sa);

	if (why)
		sa_dropped(sa, why);
	return why;
}

/* The SA first, then the rest. */
static enum missiu_drop admit(struct in_batch *b, struct in_pkt *in,
			      struct rd esp)
{
	enum missiu_drop why;
	struct sa *sa;

	if (rd_left(&esp) < ESP_HDR_LEN)
		return MISSIU_DROP_IN_RUNT;
	sa = sad_find(&b->m->sad, MISSIU_ESP, load_be32(esp.p),
		      &in->outer->dst);
	if (!sa || !(sa->d.dir & MISSIU_IN))
		return MISSIU_DROP_IN_NO_STATES;
	why = in_admit(b, in, esp, sa);
	if (!why && !in->ah)
		in_run_outer(b, in, sa, (size_t)(esp.p - in->p->data));
	return why;
}

/* Is there an SA whose packets come in UDP? Then fragments of UDP may be ESP. */
static bool any_encap(struct missiu *m)
{
	if (m->encap_gen == m->gen)
		return m->encap;
	m->encap_gen = m->gen;
	m->encap = false;
	for (size_t i = 0; i < m->sad.n && !m->encap; i++)
		m->encap =
			m->sad.v[i]->d.dir & MISSIU_IN && m->sad.v[i]->udp_len;
	return m->encap;
}

/*
 * RFC 4303 3.4.1: fragments are put together before anything else. Later
 * fragments of UDP have no port, so all of them are taken where ESP may come
 * in UDP; packets of other ports go on whole.
 */
static bool outer_whole(struct in_batch *b, struct missiu_pkt *p,
			struct ip_info *ip)
{
	uint8_t proto = ip->proto;

	if (ip->frag == IP_WHOLE)
		return true;
	if (ip->family == 6) /* as all its fragments say */
		proto = p->data[ip->frag_at];
	if (proto != IP_P_ESP && proto != IP_P_AH && proto != IP_P_DSTOPTS &&
	    (proto != IP_P_UDP || !any_encap(b->m)))
		return true;
	if (ip->family == 4 && !ip4_sum_ok(p->data)) {
		engine_drop(b->m, p, MISSIU_DROP_IN_HDR_ERROR);
		return false;
	}
	return put_together(b->m, &b->m->outer, p, ip, CTX_PROTECTED, b->now,
			    NULL);
}

/* RFC 4301 8.2.1: what routers say about packets of our SAs. */
static bool take_note(struct in_batch *b, struct missiu_pkt *p,
		      const struct ip_info *ip)
{
	if (!icmp_is_too_big(p->data, ip) ||
	    !icmp_may(&b->m->icmp_in, b->now) ||
	    !pmtu_heard(b->m, p->data, ip, b->now))
		return false;
	p->verdict = MISSIU_V_USED;
	return true;
}

/* IN_AH: nothing is left to do; IN_ESP: the other half of a bundle is. */
static enum in_kind take_ah(struct in_batch *b, struct in_pkt *in,
			    struct rd *esp, enum missiu_drop *why)
{
	in->sport = 0;
	*why = ah_open(b->m, in, b->now);
	if (*why)
		return IN_DROP;
	return in->ah ? classify(in->p->data, in->outer, esp, why) : IN_AH;
}

static void inbound_one(struct in_batch *b, struct missiu_pkt *p)
{
	struct in_pkt *in = &b->in[b->n];
	enum missiu_drop why = MISSIU_DROP_NONE;
	struct rd esp = { 0 };
	enum in_kind kind;

	p->verdict = 0;
	p->drop = MISSIU_DROP_NONE;
	p->policy_id = p->spi = 0;
	in->outer = &b->outer[b->n];
	if (ip_parse(p->data, p->len, in->outer)) {
		engine_drop(b->m, p, MISSIU_DROP_IN_HDR_ERROR);
		return;
	}
	if (!outer_whole(b, p, in->outer))
		return;
	in->p = p;
	in->ah = NULL;
	kind = classify(p->data, in->outer, &esp, &why);
	if (kind == IN_AH)
		kind = take_ah(b, in, &esp, &why);
	switch (kind) {
	case IN_CLEAR:
		if (!take_note(b, p, in->outer))
			inbound_clear(b, in->outer, p);
		return;
	case IN_DROP:
		engine_drop(b->m, p, why);
		return;
	case IN_AH:
		if (!p->verdict)
			p->verdict = MISSIU_V_DONE;
		return;
	case IN_ESP:
		break;
	}
	in->sport = in->outer->proto == IP_P_UDP ? in->outer->sport : 0;
	why = admit(b, in, esp);
	if (why)
		engine_drop(b->m, p, why);
}

/* --- after the crypto ---------------------------------------------------- */

/* RFC 4303 2.4, 2.5, 2.6: padding, pad length, next header. */
static bool read_trailer(struct rd *text, uint8_t *next)
{
	const uint8_t *t, *pad;

	if (!rd_take_end(text, ESP_TRAILER_LEN, &t) ||
	    !rd_take_end(text, t[0], &pad))
		return false;
	for (size_t i = 0; i < t[0]; i++)
		if (pad[i] != i + 1)
			return false;
	*next = t[1];
	return true;
}

static enum missiu_drop deliver(struct in_batch *b, struct sa *sa,
				struct in_pkt *in, const struct crypt_job *job)
{
	struct rd body =
		rd_from(job->esp + ESP_HDR_LEN + sa->sz.iv_len, job->text_len);
	struct in_good g = { .sa = sa, .mode = sa->d.mode, .seq = job->seq };
	enum missiu_drop why;
	struct ip_info ip;
	uint8_t next;
	bool nested;

	if (sa->dying) /* by an earlier packet of the vector */
		return MISSIU_DROP_IN_STATE_EXPIRED;
	if (!read_trailer(&body, &next))
		return MISSIU_DROP_IN_BAD_PAD;
	if (next == IP_P_NONE) {
		/* A good packet of its SA; it only carries nothing. */
		if (replay_commit(&sa->replay, job->seq))
			sa->stats.used_us = b->now;
		return MISSIU_DROP_IN_DUMMY;
	}
	nested = next == IP_P_IPIP || next == IP_P_IPV6;
	if (!g.mode)
		g.mode = nested ? MISSIU_TUNNEL : MISSIU_TRANSPORT;
	if (g.mode == MISSIU_TUNNEL && !nested)
		return MISSIU_DROP_IN_STATE_MODE;
	if (in_run_deliver(b, &g, in, body, next, &why))
		return why;
	why = g.mode == MISSIU_TUNNEL ? in_open_tunnel(in, body, next, &ip) :
					in_open_transport(in, body, next, &ip);
	if (!why)
		why = in_accept(b->m, &g, in, &ip, b->now);
	if (!why && !in->p->verdict)
		in_run_inner(b, &g, in, &ip, next);
	return why;
}

/* The jobs of one SA among those of others. */
static void open_some(struct in_batch *b, struct sa *sa)
{
	struct crypt_job v[CHUNK_MAX];
	uint16_t i, n = 0;

	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		v[n++] = b->job[i];
	crypt_open(sa->key, v, n);
	n = 0;
	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
		b->job[i].result = v[n++].result;
}

static void open_sa(struct in_batch *b, struct sa *sa)
{
	if (sa == b->sas && !sa->batch_next)
		crypt_open(sa->key, b->job, b->n);
	else
		open_some(b, sa);
}

static void deliver_sa(struct in_batch *b, struct sa *sa)
{
	enum missiu_drop why;
	uint16_t i;

	for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i]) {
		why = MISSIU_DROP_IN_STATE_PROTO;
		if (b->job[i].result)
			sa->stats.auth_fails++;
		else
			why = deliver(b, sa, &b->in[i], &b->job[i]);
		if (why) {
			engine_drop(b->m, b->in[i].p, why);
			sa_dropped(sa, why);
		} else if (!b->in[i].p->verdict) {
			b->in[i].p->verdict = MISSIU_V_DONE;
		}
	}
	sa->batch_first = SA_BATCH_END;
}

static void warm_texts(const struct in_batch *b)
{
	struct warm_text v[CHUNK_MAX];
	size_t n = 0;
	uint16_t i;

	if (!warm_wanted(b->m))
		return;
	for (struct sa *sa = b->sas; sa; sa = sa->batch_next)
		for (i = sa->batch_first; i != SA_BATCH_END; i = b->next[i])
			v[n++] = (struct warm_text){
				b->job[i].esp + ESP_HDR_LEN + sa->sz.iv_len,
				b->job[i].text_len
			};
	warm_inner(b->m, v, n);
}

static void inbound_chunk(struct missiu *m, struct missiu_pkt *v[], size_t n,
			  missiu_usec now)
{
	enum missiu_drop why;
	struct in_batch b;

	b.m = m;
	b.now = now;
	b.sas = NULL;
	b.n = 0;
	same_none(&b.run.outer);
	same_none(&b.run.inner);
	warm_in(m, v, n);
	for (size_t i = 0; i < n; i++) {
		if (!in_run_admit(&b, v[i], &why))
			inbound_one(&b, v[i]);
		else if (why)
			engine_drop(m, v[i], why);
	}
	for (struct sa *sa = b.sas; sa; sa = sa->batch_next)
		open_sa(&b, sa);
	warm_texts(&b);
	for (struct sa *sa = b.sas; sa; sa = sa->batch_next)
		deliver_sa(&b, sa);
}

size_t missiu_inbound(struct missiu *m, struct missiu_pkt *v[], size_t n,
		      missiu_usec now)
{
	size_t chunk;

	for (size_t i = 0; i < n; i += chunk) {
		chunk = n - i < CHUNK_MAX ? n - i : CHUNK_MAX;
		inbound_chunk(m, v + i, chunk, now);
		life_reap(m);
	}
	return engine_sort(v, n);
}
