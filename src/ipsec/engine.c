/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a whole: making one, walking it, counting. */
#include <stdlib.h>
#include <string.h>

#include "common/secret.h"
#include "crypto/algs.h"
#include "ipsec/ah.h"
#include "ipsec/state.h"

#define HOLD_PKTS_DEFAULT  256
#define HOLD_BYTES_DEFAULT (1U << 20)
#define ACQUIRE_S_DEFAULT  30

static void set_opts(struct missiu *m, const struct missiu_opts *opts)
{
	struct missiu_opts *o = &m->opts;

	if (opts)
		*o = *opts;
	if (!o->random)
		o->random = crypt_random;
	if (!o->unmatched)
		o->unmatched = MISSIU_BYPASS;
	if (!o->hold_max_pkts)
		o->hold_max_pkts = HOLD_PKTS_DEFAULT;
	if (!o->hold_max_bytes)
		o->hold_max_bytes = HOLD_BYTES_DEFAULT;
	if (!o->acquire_timeout_s)
		o->acquire_timeout_s = ACQUIRE_S_DEFAULT;
	hold_init(&m->hold, o->hold_max_pkts, o->hold_max_bytes,
		  o->acquire_timeout_s);
}

struct missiu *missiu_new(const struct missiu_opts *opts)
{
	const struct reasm_conf conf = reasm_conf_default();
	struct missiu *m;
	uint64_t reasm_seed;
	uint8_t seed[22];

	if (crypt_init())
		return NULL;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->gen = 1;
	m->life_next_us = UINT64_MAX;
	m->mtu = UINT16_MAX;
	frag_queue_init(&m->out_cut);
	frag_queue_init(&m->out_done);
	frag_queue_init(&m->in_done);
	set_opts(m, opts);
	m->flows = calloc(FLOW_ENTRIES, sizeof(*m->flows));
	if (!m->flows || events_init(&m->events) || spd_alloc(&m->spd, 0) ||
	    m->opts.random(m->opts.random_ctx, seed, sizeof(seed))) {
		missiu_free(m);
		return NULL;
	}
	memcpy(&m->sad.seed, seed, sizeof(m->sad.seed));
	memcpy(&m->ip_id, seed + 8, sizeof(m->ip_id));
	memcpy(&m->ip6_id, seed + 10, sizeof(m->ip6_id));
	memcpy(&reasm_seed, seed + 14, sizeof(reasm_seed));
	reasm_init(&m->outer, &conf, reasm_seed, m->stats.drops);
	reasm_init(&m->inner, &conf, reasm_seed, m->stats.drops);
	reasm_init(&m->leaving, &conf, reasm_seed, m->stats.drops);
	return m;
}

void missiu_free(struct missiu *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->spd.n; i++)
		free(m->spd.v[i]);
	spd_fini(&m->spd);
	sad_fini(&m->sad);
	hold_fini(&m->hold);
	events_fini(&m->events);
	reasm_fini(&m->outer);
	reasm_fini(&m->inner);
	reasm_fini(&m->leaving);
	frag_queue_fini(&m->out_cut);
	frag_queue_fini(&m->out_done);
	frag_queue_fini(&m->in_done);
	free(m->flows);
	secret_wipe(m, sizeof(*m));
	free(m);
}

void engine_drop(struct missiu *m, struct missiu_pkt *p, enum missiu_drop why)
{
	p->verdict = MISSIU_V_DROP;
	p->drop = why;
	m->stats.drops[why]++;
	if (p->policy_id)
		engine_blame(m, p->policy_id, why, 1);
}

void engine_blame(struct missiu *m, uint32_t policy_id, enum missiu_drop why,
		  uint64_t n)
{
	struct policy *pol = spd_by_id(&m->spd, policy_id);

	if (!pol || !n)
		return;
	pol->stats.dropped += n;
	pol->stats.last_drop = (uint8_t)why;
}

void engine_clear(struct missiu *m, struct missiu_pkt *p, uint8_t dir)
{
	p->verdict = MISSIU_V_CLEAR;
	if (dir == MISSIU_OUT)
		m->stats.out_clear++;
	else
		m->stats.in_clear++;
}

void engine_hit(struct policy *pol, uint8_t dir, uint32_t bytes)
{
	if (!pol)
		return;
	if (dir == MISSIU_OUT) {
		pol->stats.out_packets++;
		pol->stats.out_bytes += bytes;
	} else {
		pol->stats.in_packets++;
		pol->stats.in_bytes += bytes;
	}
}

size_t engine_sort(struct missiu_pkt *v[], size_t n)
{
	struct missiu_pkt *p;
	size_t good = 0;

	for (size_t i = 0; i < n; i++) {
		p = v[i];
		if (p->verdict != MISSIU_V_CLEAR && p->verdict != MISSIU_V_DONE)
			continue;
		v[i] = v[good];
		v[good++] = p;
	}
	return good;
}

struct flow *engine_decide(struct missiu *m, const struct spd_query *q,
			   struct flow *tmp, bool *vague)
{
	struct flow *f;
	bool hit;

	*vague = false;
	if (q->ip->vague) {
		*tmp = (struct flow){ .gen = 0 };
		tmp->pol = spd_lookup(&m->spd, q, vague);
		return tmp;
	}
	f = flow_get(m->flows, m->gen, q, &hit);
	if (!hit)
		f->pol = spd_lookup(&m->spd, q, vague);
	return f;
}

void batch_add(struct sa **list, struct sa *sa, uint16_t i, uint16_t *next)
{
	next[i] = SA_BATCH_END;
	if (sa->batch_first != SA_BATCH_END) {
		next[sa->batch_last] = i;
		sa->batch_last = i;
		return;
	}
	sa->batch_first = sa->batch_last = i;
	sa->batch_next = *list;
	*list = sa;
}

bool missiu_sa_next(const struct missiu *m, uint64_t *cursor,
		    struct missiu_sa *sa, struct missiu_sa_stats *stats)
{
	const struct sa *s = sad_after(&m->sad, *cursor);

	if (!s)
		return false;
	*cursor = s->serial;
	*sa = s->d;
	if (stats)
		sa_stats_get(s, stats);
	return true;
}

bool missiu_policy_next(const struct missiu *m, uint64_t *cursor,
			struct missiu_policy *policy,
			struct missiu_policy_stats *stats)
{
	const struct policy *p;

	if (*cursor >= m->spd.n)
		return false;
	p = m->spd.v[(*cursor)++];
	*policy = p->p;
	if (stats)
		*stats = p->stats;
	return true;
}

bool missiu_event_next(struct missiu *m, struct missiu_event *ev)
{
	return events_get(&m->events, ev);
}

void missiu_stats_get(const struct missiu *m, struct missiu_stats *out)
{
	*out = m->stats;
	out->events_lost = m->events.lost;
	out->n_sa = (uint32_t)m->sad.n;
	out->n_policy = (uint32_t)m->spd.n;
	out->n_held = m->hold.n_pkts;
}

void missiu_count_drop(struct missiu *m, enum missiu_drop why, uint64_t n)
{
	if (why > MISSIU_DROP_NONE && why < MISSIU_DROP_MAX)
		m->stats.drops[why] += n;
}

/* IV, padding and ICV of one suite at their most. */
static size_t suite_overhead(const struct encr_alg *e, const struct auth_alg *a,
			     uint8_t icv_len)
{
	size_t block = e->block < 4 ? 4 : e->block;
	size_t icv = e->aead ? (icv_len ? icv_len : 16) : a->icv_len;

	return e->iv_len + block - 1 + ESP_TRAILER_LEN + icv;
}

static size_t ah_overhead(const struct missiu_prot *t)
{
	size_t most = 0, n;

	for (uint8_t ai = 1; ai < MISSIU_AUTH_MAX; ai++) {
		const struct auth_alg *a = auth_alg(ai);

		if (!a || !a->usable || (t->auth && t->auth != ai))
			continue;
		n = ((size_t)AH_HDR_LEN + a->iv_len + a->icv_len + 7) / 8 * 8;
		if (n > most)
			most = n;
	}
	return most;
}

static size_t prot_overhead(const struct missiu_prot *t)
{
	size_t most = 0, n;

	if (t->proto == MISSIU_AH)
		return ah_overhead(t);

	for (uint8_t ei = 1; ei < MISSIU_ENCR_MAX; ei++) {
		const struct encr_alg *e = encr_alg(ei);

		if (!e || !e->usable || (t->encr && t->encr != ei))
			continue;
		for (uint8_t ai = 1; ai < MISSIU_AUTH_MAX; ai++) {
			const struct auth_alg *a = auth_alg(ai);

			if (!a || !a->usable || a->ah_only ||
			    (t->auth && t->auth != ai) ||
			    e->aead != (ai == MISSIU_AUTH_NONE))
				continue;
			n = suite_overhead(e, a, t->icv_len);
			if (n > most)
				most = n;
		}
	}
	return most + ESP_HDR_LEN;
}

size_t missiu_policy_overhead(const struct missiu_policy *policy, bool encap)
{
	uint8_t family = policy->tun_remote.family;
	size_t n = encap ? UDP_HDR_LEN : 0;

	if (policy->action != MISSIU_PROTECT)
		return 0;
	for (size_t i = 0; i < policy->n_prot && i < MISSIU_PROT_MAX; i++)
		n += prot_overhead(&policy->prot[i]);
	if (policy->mode != MISSIU_TUNNEL)
		return n;
	if (!family)
		family = policy->tun_local.family;
	if (!family)
		family = policy->remote.lo.family;
	return n + (family == 4 ? IP4_HDR_LEN : IP6_HDR_LEN);
}
