/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/child.h"

#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/cfg.h"
#include "ike/liveness.h"
#include "ike/news.h"
#include "ike/tsneg.h"

/*
 * When a peer that rekeyed neither deletes the old SA nor asks anything else,
 * send on the new one. It may be that long without our answer.
 */
#define OUT_LATER_US 30000000u

/* The same for a new child that an older one of another IKE SA stands in for. */
#define STAND_IN_US 5000000u

/* The first 256 SPIs are reserved, RFC 4303 2.1. */
#define SPI_MIN 256u

uint8_t child_proto_missiu(uint8_t ike_proto)
{
	return ike_proto == IKE_PROTO_ESP ? MISSIU_ESP :
	       ike_proto == IKE_PROTO_AH  ? MISSIU_AH :
					    0;
}

uint8_t child_proto_ike(uint8_t missiu_proto)
{
	return missiu_proto == MISSIU_ESP ? IKE_PROTO_ESP :
	       missiu_proto == MISSIU_AH  ? IKE_PROTO_AH :
					    IKE_PROTO_NONE;
}

struct ike_child *child_by_handle(const struct ike_sa *sa, uint64_t handle)
{
	struct ike_child *c = handle ? sa->children : NULL;

	while (c && c->handle != handle)
		c = c->next;
	return c;
}

struct ike_child *child_by_spi(const struct ike_sa *sa, uint8_t proto,
			       uint32_t spi, bool out)
{
	struct ike_child *c = sa->children;

	while (c && (c->suite.proto != proto ||
		     (out ? c->spi_out : c->spi_in) != spi))
		c = c->next;
	return c;
}

struct ike_child *child_find(const struct ike *ike, uint64_t handle,
			     struct ike_sa **sa_out)
{
	struct ike_child *c = index_child(ike->ix, handle);

	if (!c || c->sa->state == IKE_S_DEAD)
		return NULL;
	*sa_out = c->sa;
	return c;
}

bool child_spi_taken(const struct ike *ike, uint8_t proto, uint32_t spi,
		     const struct missiu_addr *remote,
		     const struct ike_child *but)
{
	const struct ike_child *c = NULL;

	while ((c = index_by_spi_out(ike->ix, spi, c)) != NULL)
		if (c != but && c->suite.proto == proto &&
		    addr_eq(&c->end_remote.addr, remote))
			return true;
	return false;
}

uint32_t child_new_spi(struct ike *ike)
{
	uint8_t b[4];

	for (int i = 0; i < 16; i++) {
		if (rng_bytes(&ike->rng, b, sizeof(b)))
			return 0;
		if (load_be32(b) >= SPI_MIN &&
		    !index_spi_in_used(ike->ix, load_be32(b)))
			return load_be32(b);
	}
	return 0;
}

/* --- another IKE SA with the same peer */

static bool covers(const struct ike_ts_list *outer,
		   const struct ike_ts_list *inner)
{
	for (size_t i = 0; i < inner->n; i++) {
		size_t k = 0;

		while (k < outer->n && !ts_covers(&outer->v[k], &inner->v[i]))
			k++;
		if (k == outer->n)
			return false;
	}
	return true;
}

static bool serves(const struct ike_child *n, const struct ike_child *c)
{
	return n->policy_id == c->policy_id && n->mode == c->mode &&
	       covers(&n->local, &c->local) && covers(&n->remote, &c->remote);
}

struct ike_child *child_stand_in(const struct ike *ike, const struct ike_sa *sa,
				 const struct ike_child *c)
{
	struct ike_child *n, *later = NULL;
	struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL) {
		if (o->state != IKE_S_ESTABLISHED || o->peer->gone)
			continue;
		for (n = o->children; n; n = n->next) {
			if (n->state == CHILD_DELETING || n->out_gone ||
			    !serves(n, c))
				continue;
			if (!n->out_later)
				return n;
			if (!later)
				later = n;
		}
	}
	return later;
}

/* --- installation */

static void copy_ts(struct missiu_ts *to, uint8_t *n,
		    const struct ike_ts_list *from)
{
	memcpy(to, from->v, from->n * sizeof(*to));
	*n = from->n;
}

/* Everything of one direction but its keys. */
static void fill(const struct ike *ike, const struct ike_child *c,
		 const struct child_new *n, bool out, struct missiu_sa *s)
{
	const struct ike_end *src = out ? &c->end_local : &c->end_remote;
	const struct ike_end *dst = out ? &c->end_remote : &c->end_local;

	s->spi = out ? c->spi_out : c->spi_in;
	s->dir = out ? MISSIU_OUT : MISSIU_IN;
	s->mode = c->mode;
	s->src = src->addr;
	s->dst = dst->addr;
	if (c->encap) {
		s->encap_sport = src->port;
		s->encap_dport = dst->port;
	}
	copy_ts(s->ts_src, &s->n_ts_src, out ? &c->local : &c->remote);
	copy_ts(s->ts_dst, &s->n_ts_dst, out ? &c->remote : &c->local);
	s->replay_window = out ? 0 : ike->conf.replay_window;
	s->policy_id = c->policy_id;
	s->mate_spi = out ? c->spi_in : c->spi_out;
	s->owner = c->handle;
	s->hard_bytes = n->pol->life_bytes;
	s->soft_bytes = n->pol->life_bytes / 10 * 9;
	s->hard_packets = n->pol->life_packets;
	s->soft_packets = n->pol->life_packets - n->pol->life_packets / 10;
	/* One of the two watches for both. */
	if (out && n->pol->flags & MISSIU_POL_UNIQUE &&
	    ike->conf.idle_s != UINT32_MAX)
		s->idle_s = ike->conf.idle_s;
	if (n->no_tfc)
		s->flags |= MISSIU_SA_NO_TFC;
	if (c->encap && c->end_remote.via)
		s->flags |= MISSIU_SA_TCP;
}

/* The side that made the child rekeys it first, as in ike_sa_lifetimes(). */
static void lifetimes(struct ike *ike, const struct ike_sa *sa,
		      const struct child_new *n, struct missiu_sa *in,
		      struct missiu_sa *out)
{
	const uint64_t wish =
		n->pol->life_s ? n->pol->life_s : sa->peer->child_life_s;
	/* 136 years are enough, and leave room for what is done below. */
	const uint64_t life = wish < UINT32_MAX ? wish : UINT32_MAX;
	uint8_t jitter = 0;

	(void)rng_bytes(&ike->rng, &jitter, 1); /* none will do as well */
	out->hard_s = life;
	/* What the peer sent before our DELETE came is still taken. */
	in->hard_s = life ? life + CHILD_LINGER_US / 1000000u : 0;
	in->soft_s = out->soft_s = life * (n->initiator ? 80 : 90) / 100 +
				   life * jitter / 256 * 8 / 100;
}

/*
 * KEYMAT: the initiator's direction first, in each encryption before
 * integrity (RFC 7296 2.17).
 */
static int derive(const struct ike_sa *sa, const struct child_new *n,
		  struct missiu_sa *in, struct missiu_sa *out)
{
	struct missiu_sa *first = n->initiator ? out : in;
	struct missiu_sa *second = n->initiator ? in : out;
	uint8_t keymat[4 * MISSIU_KEY_MAX], *at = keymat;
	const size_t e = in->encr_key_len, a = in->auth_key_len;
	int ret = MISSIU_EKEYLEN;

	if (e <= MISSIU_KEY_MAX && a <= MISSIU_KEY_MAX)
		ret = keys_child(sa->algs.prf, sa->keys.sk_d, n->g_ir, n->ni,
				 n->nr, n->more, keymat, 2 * (e + a));
	if (!ret) {
		memcpy(first->encr_key, at, e);
		memcpy(first->auth_key, at + e, a);
		memcpy(second->encr_key, at + e + a, e);
		memcpy(second->auth_key, at + 2 * e + a, a);
	}
	secret_wipe(keymat, sizeof(keymat));
	return ret;
}

static void log_created(struct ike *ike, const struct ike_sa *sa,
			const struct ike_child *c)
{
	char suite[IKE_SUITE_TEXT_MAX], local[160], remote[160];

	ike_suite_text(&c->suite, suite, sizeof(suite));
	ike_ts_list_text(&c->local, local, sizeof(local));
	ike_ts_list_text(&c->remote, remote, sizeof(remote));
	out_log(&ike->out, LOG_L_INFO,
		"CHILD_SA created [v2 %c]. id=0x%016llx peer=%s mode=%s "
		"suite=%s spi_in=0x%08x spi_out=0x%08x ts_local=\"%s\" "
		"ts_remote=\"%s\" encap=%d policy=%u",
		c->initiator ? 'I' : 'R',
		(unsigned long long)ike_sa_own_spi(sa),
		addr_text(&sa->remote.addr).s,
		c->mode == MISSIU_TUNNEL ? "tunnel" : "transport", suite,
		c->spi_in, c->spi_out, local, remote, c->encap, c->policy_id);
}

static struct ike_child *make_child(struct ike *ike, const struct ike_sa *sa,
				    const struct child_new *n)
{
	struct ike_child *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	*c = (struct ike_child){
		.handle = ++ike->last_handle,
		.replaces = n->rekeyed ? n->rekeyed->handle : 0,
		.asked_again = n->rekeyed ? n->rekeyed->asked_again : 0,
		.initiator = n->initiator,
		/* AH has no encapsulation; behind a NAT it is not negotiated. */
		.encap = sa->encap && n->suite->proto == IKE_PROTO_ESP,
		.mode = n->mode,
		.policy_id = n->pol->id,
		.spi_in = n->spi_in,
		.spi_out = n->spi_out,
		.suite = *n->suite,
		.local = *n->local,
		.remote = *n->remote,
		.end_local = sa->local,
		.end_remote = sa->remote,
		.since_us = ike->now,
	};
	return c;
}

/* Both directions; heap, because it is large and holds keys. */
struct pair {
	struct missiu_sa in, out;
};

static int make_pair(struct ike *ike, const struct ike_sa *sa,
		     const struct child_new *n, struct ike_child *c,
		     struct pair *p)
{
	const bool stand_in =
		!n->initiator && !n->rekeyed && child_stand_in(ike, sa, c);
	int ret = ike_suite_to_sa(n->suite, &p->in);

	if (ret)
		return ret;
	p->out = p->in;
	fill(ike, c, n, false, &p->in);
	fill(ike, c, n, true, &p->out);
	lifetimes(ike, sa, n, &p->in, &p->out);
	liveness_watch(ike, sa, &p->out);
	ret = derive(sa, n, &p->in, &p->out);
	if (ret || (!n->doomed && !stand_in && (!n->rekeyed || n->initiator)))
		return ret;
	c->out_later = calloc(1, sizeof(*c->out_later));
	if (!c->out_later)
		return MISSIU_ENOMEM;
	*c->out_later = p->out;
	c->out_due_us = ike->now + (stand_in ? STAND_IN_US : OUT_LATER_US);
	return 0;
}

int child_install(struct ike *ike, struct ike_sa *sa, const struct child_new *n)
{
	struct ike_child *c = make_child(ike, sa, n);
	struct pair *p = calloc(1, sizeof(*p));
	int ret = MISSIU_ENOMEM;

	if (c && p)
		ret = make_pair(ike, sa, n, c, p);
	if (ret)
		goto out;
	out_sa(&ike->out, IKE_SA_ADD, &p->in, NULL);
	if (!c->out_later)
		out_sa(&ike->out, IKE_SA_ADD, &p->out, NULL);
	c->sa = sa;
	c->next = sa->children;
	sa->children = c;
	sa->n_child++;
	index_add_child(ike->ix, c);
	ike->n.children++;
	log_created(ike, sa, c);
	news_child(ike, sa, c,
		   n->rekeyed ? IKE_NEWS_child_rekeyed : IKE_NEWS_child_up,
		   n->rekeyed);
	cfg_child_up(ike, sa);
	c = NULL;
out:
	if (p)
		secret_wipe(p, sizeof(*p));
	free(p);
	child_free(c);
	return ret;
}
