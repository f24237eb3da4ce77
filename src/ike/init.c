/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/auth_sig.h"
#include "ike/exchange.h"
#include "ike/explain.h"
#include "ike/handlers.h"
#include "ike/intermediate.h"
#include "ike/limit.h"
#include "ike/mobike.h"
#include "ike/encap.h"
#include "ike/news.h"
#include "ike/peer.h"
#include "ike/ppk.h"
#include "ike/tcp_core.h"
#include "ike/redirect.h"

/* COOKIE and INVALID_KE_PAYLOAD answers that one negotiation follows. */
#define RETRIES_MAX 6

/* A forged refusal loses against a real answer that comes so soon after. */
#define REFUSED_US 2000000u

/* RFC 7383 2.3. */
static void put_fragments(struct ike_build *b)
{
	ike_put_notify_data(b, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
}

/* RFC 9242 3.1: it is for additional key exchanges only, here. */
static void put_intermediate(struct ike_build *b)
{
	ike_put_notify_data(b, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED, NULL, 0);
}

static bool takes_fragments(const struct ike *ike, const struct ike_msg *m)
{
	return !ike->conf.no_fragments &&
	       ike_msg_notify(m, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED);
}

/* --- initiator */

static void put_ke(struct ike_build *b, const struct kex *k)
{
	const struct chunk v = kex_value(k);

	ike_put_ke(b, kex_method(k), v.p, v.len);
}

static int send_request(struct ike *ike, struct ike_sa *sa)
{
	const struct ike_hdr h = {
		.spi_i = sa->spi_i,
		.exchange = IKE_X_SA_INIT,
		.flags = IKE_F_INITIATOR,
	};
	struct ike_packet p;
	size_t len;
	int ret;

	ike_build_start(&p.b, p.buf, sizeof(p.buf), &h);
	/* The cookie comes first (2.6). */
	if (sa->cookie_len)
		ike_put_notify_data(&p.b, IKE_N_COOKIE, sa->cookie,
				    sa->cookie_len);
	ike_put_sa(&p.b, sa->offer);
	put_ke(&p.b, sa->kex);
	ike_put_raw(&p.b, IKE_P_NONCE, sa->ni, sa->ni_len);
	ret = encap_put(&p.b, sa->peer, &h, &sa->local, &sa->remote, NULL);
	if (!ike->conf.no_fragments)
		put_fragments(&p.b);
	auth_put_hashes(&p.b, sa->peer->cred);
	if (ike_proposals_has_addke(sa->offer))
		put_intermediate(&p.b);
	if (sa->peer->n_ppk)
		ppk_put_use(&p.b);
	redirect_put_supported(ike, sa, &p.b);
	len = ike_build_end(&p.b);
	if (!ret && !len)
		ret = MISSIU_EFULL;
	if (!ret)
		ret = blob_set(&sa->init_req, (struct chunk){ p.buf, len });
	return ret ? ret :
		     request_send_clear(ike, sa, blob_chunk(&sa->init_req));
}

/* A key pair of another group, then the request. */
static int send_with_group(struct ike *ike, struct ike_sa *sa, uint16_t group)
{
	struct kex *kex = kex_new(group);

	if (!kex)
		return MISSIU_ECRYPTO;
	kex_free(sa->kex);
	sa->kex = kex;
	return send_request(ike, sa);
}

struct ike_sa *init_start(struct ike *ike, const struct missiu_addr *local,
			  const struct missiu_addr *remote,
			  const struct peer_hit *hit, const struct ike_sa *from)
{
	const bool tcp = tcp_always(ike, hit->peer);
	const struct ike_end l =
		tcp ? tcp_end(ike, local) :
		      (struct ike_end){ .addr = *local, .port = INIT_PORT };
	const struct ike_end r =
		tcp ? tcp_end(ike, remote) :
		      (struct ike_end){ .addr = *remote, .port = INIT_PORT };
	struct ike_sa *sa = NULL;
	int ret = MISSIU_EFULL;

	if (!limit_total(ike))
		goto fail;
	ret = MISSIU_ENOMEM;
	sa = ike_sa_new(ike, true, &l, &r);
	if (!sa)
		goto fail;
	sa->spi_i = ike_sa_new_spi(ike);
	sa->ni_len = SA_NONCE_LEN;
	sa->offer = malloc(sizeof(*sa->offer));
	if (!sa->offer)
		goto fail;
	peer_take(ike, sa, hit);
	sa->redirects = !ike->conf.no_redirect;
	if (from)
		redirect_inherit(sa, from);
	*sa->offer = sa->peer->accept;
	ret = MISSIU_ERANDOM;
	if (!sa->spi_i || rng_bytes(&ike->rng, sa->ni, sa->ni_len))
		goto fail;
	ret = send_with_group(ike, sa, ike_proposals_first_dh(sa->offer));
	if (ret)
		goto fail;
	ike_sa_insert(ike, sa);
	ike_sa_set_state(ike, sa, IKE_S_INIT_SENT);
	return sa;
fail:
	out_log(&ike->out, LOG_L_ERR, "cannot start an IKE SA with %s: %s",
		addr_text(remote).s, missiu_strerror(ret));
	ike_sa_free(sa);
	return NULL;
}

/*
 * A request of its own, since the ports in it are others: late answers to that
 * by UDP don't fit. Cookies are for the ends that they were made for.
 */
void init_by_tcp(struct ike *ike, struct ike_sa *sa)
{
	const struct ike_end local = tcp_end(ike, &sa->local.addr);
	const struct ike_end remote = tcp_end(ike, &sa->remote.addr);

	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 I](id=0x%016llx) no answer on UDP %u from %s: "
		"trying TCP %u",
		(unsigned long long)sa->spi_i, sa->remote.port,
		addr_text(&remote.addr).s, remote.port);
	ike_sa_set_ends(ike, sa, &local, &remote);
	sa->cookie_len = 0;
	if (send_request(ike, sa))
		ike_sa_fail(ike, sa, false, "INTERNAL", "out of memory");
}

/* What the answer gives, before it is believed. Holds secrets. */
struct init_keys {
	struct ike_suite suite;
	struct key_algs algs;
	struct ike_keys keys;
	struct ike_natd natd;
	struct kex_secret secret;
};

static int check_response(const struct ike_ctx *ctx, struct init_keys *k,
			  struct missiu_diag *diag)
{
	const struct ike_msg *m = ctx->m;
	const struct ike_sa *sa = ctx->sa;
	uint16_t addke[IKE_ADDKE_MAX];
	int ret;

	if (!m->hdr.spi_r)
		return MISSIU_EPROTO;
	ret = ike_proposal_check_answer(sa->offer, &m->sa, &k->suite, diag);
	if (ret)
		return ret;
	if (k->suite.dh != kex_method(sa->kex) || m->ke.group != k->suite.dh)
		return MISSIU_EPROTO;
	if (ike_suite_addke(&k->suite, addke) &&
	    !ike_msg_notify(m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED))
		return diag_set(diag, MISSIU_EPROTO,
				"peer chose an additional key exchange but "
				"does not announce IKE_INTERMEDIATE");
	if (sa->peer->ppk_required && !ppk_both(ctx->ike, sa, m))
		return diag_set(diag, MISSIU_EPROTO,
				"we require a PPK, the peer does not announce "
				"any");
	ret = ike_sa_algs(&k->suite, &k->algs);
	if (!ret)
		ret = kex_finish(sa->kex, m->ke.data, &k->secret);
	if (!ret)
		ret = ike_natd_check(m, ctx->local, ctx->remote, &k->natd);
	if (ret)
		return ret;
	return keys_first(&k->algs,
			  &(struct key_seed){
				  .ni = { sa->ni, sa->ni_len },
				  .nr = m->nonce,
				  .spi_i = sa->spi_i,
				  .spi_r = m->hdr.spi_r,
			  },
			  (struct chunk){ k->secret.p, k->secret.len },
			  &k->keys);
}

/*
 * Nothing here is authenticated yet: an answer that makes no sense is ignored,
 * the right one may still come (2.21.1).
 */
int h_init_response(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct missiu_diag diag = { "" };
	struct init_keys k = { 0 };
	int ret = check_response(ctx, &k, &diag);

	if (ret) {
		snprintf(sa->hint, sizeof(sa->hint),
			 "an answer was not usable: %.70s",
			 diag.msg[0] ? diag.msg : missiu_strerror(ret));
		goto out;
	}
	ret = blob_set(&sa->init_resp, ctx->raw);
	if (ret)
		goto out;
	sa->spi_r = ctx->m->hdr.spi_r;
	sa->suite = k.suite;
	sa->algs = k.algs;
	sa->keys = k.keys;
	sa->nr_len = ctx->m->nonce.len;
	memcpy(sa->nr, ctx->m->nonce.p, sa->nr_len);
	encap_take(sa, &k.natd, ctx->m);
	sa->frag = takes_fragments(ike, ctx->m);
	sa->use_ppk = ppk_both(ike, sa, ctx->m);
	sa->sig_hashes = auth_peer_hashes(ctx->m);
	sa->wants_ocsp = auth_wants_ocsp(ctx->m);
	sa->childless = ike_msg_notify(ctx->m, IKE_N_CHILDLESS_IKEV2_SUPPORTED);
	ike_sa_set_keys(sa);
	ike_sa_tell_keys(ike, sa);
	kex_free(sa->kex);
	sa->kex = NULL;
	sa->hint[0] = '\0';
	/* Both ends float when there is a NAT, or to pretend one (2.23), and
	 * for MOBIKE (RFC 4555 3.3). */
	if (!sa->remote.via && (sa->encap || mobike_wanted(ike, sa))) {
		sa->local.port = INIT_PORT_NATT;
		sa->remote.port = INIT_PORT_NATT;
	}
	sa->mid_out = 1;
	if (inter_begin(sa))
		ike_sa_fail(ike, sa, false, "INTERNAL", "out of memory");
	else
		inter_send(ike, sa);
out:
	secret_wipe(&k, sizeof(k));
	return ret;
}

static int retry_with_cookie(struct ike_ctx *ctx, const struct ike_notify *n)
{
	struct ike_sa *sa = ctx->sa;

	if (!n->data.len || n->data.len > sizeof(sa->cookie))
		return MISSIU_EPROTO;
	memcpy(sa->cookie, n->data.p, n->data.len);
	sa->cookie_len = n->data.len;
	return send_request(ctx->ike, sa);
}

/* Anyone could have sent it: remember it, go on waiting (2.21.1). */
static void believe_later(struct ike_ctx *ctx)
{
	ctx->sa->refused_us = ctx->ike->now + REFUSED_US;
	ctx->x->next_us = ctx->sa->refused_us; /* it would say so again */
}

static int retry_with_group(struct ike_ctx *ctx, const struct ike_notify *n)
{
	struct ike_sa *sa = ctx->sa;
	const uint8_t *b = n->data.p;
	uint16_t group;

	if (n->data.len != 2)
		return MISSIU_EPROTO;
	group = (uint16_t)(b[0] << 8 | b[1]);
	/* Not one that we would not have offered (1.2), nor the same again. */
	if (group == kex_method(sa->kex) ||
	    !ike_proposals_has_dh(sa->offer, group)) {
		snprintf(sa->hint, sizeof(sa->hint),
			 "peer wants group %u, we offered %u first", group,
			 kex_method(sa->kex));
		return MISSIU_EPROTO;
	}
	return send_with_group(ctx->ike, sa, group);
}

int h_init_refused(struct ike_ctx *ctx)
{
	const struct ike_notify *cookie = ike_msg_notify(ctx->m, IKE_N_COOKIE);
	const struct ike_notify *ke =
		ike_msg_notify(ctx->m, IKE_N_INVALID_KE_PAYLOAD);
	const struct ike_notify *err = ike_msg_error(ctx->m);
	struct ike_sa *sa = ctx->sa;
	const char *name = err ? ike_notify_name(err->type) : NULL;

	if (ike_msg_notify(ctx->m, IKE_N_REDIRECT))
		return redirect_init(ctx);
	if (cookie || ke) {
		if (sa->init_retries >= RETRIES_MAX)
			return MISSIU_EPROTO;
		sa->init_retries++;
		sa->refused_us = 0;
		sa->refused_group = 0;
		return cookie ? retry_with_cookie(ctx, cookie) :
				retry_with_group(ctx, ke);
	}
	if (err && err->type == IKE_N_NO_PROPOSAL_CHOSEN && !sa->refused_us) {
		believe_later(ctx);
		return MISSIU_EPROTO;
	}
	if (err)
		snprintf(sa->hint, sizeof(sa->hint),
			 "an unprotected answer said %s",
			 name ? name : "an unknown error");
	return MISSIU_EPROTO;
}

/* What an unprotected refusal said, once it is believed. */
static void explain_group(const struct ike_sa *sa, struct ike_why *why)
{
	ike_why_set(why, "peer answers INVALID_KE_PAYLOAD and wants group %u",
		    sa->refused_group);
	ike_proposals_text(sa->offer, why->ours, sizeof(why->ours));
	why->verb = "offer";
	snprintf(why->difference, sizeof(why->difference),
		 "Diffie-Hellman group (peer %u)", sa->refused_group);
	if (sa->kex && sa->refused_group == kex_method(sa->kex))
		ike_why_remedy(why, "it was the one that we sent: the peer "
				    "does not speak RFC 7296 here");
	else if (kex_supported(sa->refused_group))
		ike_why_remedy(why,
			       "start ike with " IKE_OPT_GROUP " %u, or name "
			       "that group in " IKE_OPT_PROPOSAL,
			       sa->refused_group);
	else
		ike_why_remedy(why, "it is not implemented here, let the peer "
				    "accept one of ours");
}

void init_tick(struct ike *ike, struct ike_sa *sa)
{
	struct peer_where knob;
	struct ike_why why;

	if (sa->state != IKE_S_INIT_SENT || !sa->refused_us ||
	    ike->now < sa->refused_us)
		return;
	if (sa->refused_group)
		explain_group(sa, &why);
	else
		ike_explain_refused(sa->offer, peer_knob(sa->peer, &knob), NULL,
				    &why);
	ike_sa_fail_why(ike, sa, false,
			sa->refused_group ? "INVALID_KE_PAYLOAD" :
					    "NO_PROPOSAL_CHOSEN",
			&why);
}

/* --- responder */

void init_send_notify(struct ike *ike, const struct ike_hdr *hdr,
		      const struct ike_end *local, const struct ike_end *remote,
		      uint16_t type, struct chunk data)
{
	struct ike_packet p;
	size_t len;

	ike_build_start(
		&p.b, p.buf, sizeof(p.buf),
		&(struct ike_hdr){
			.spi_i = hdr->spi_i,
			.spi_r = hdr->spi_r,
			.exchange = hdr->exchange,
			.flags = (uint8_t)(IKE_F_RESPONSE |
					   (~hdr->flags & IKE_F_INITIATOR)),
			.mid = hdr->mid,
		});
	ike_put_notify_data(&p.b, type, data.p, data.len);
	len = ike_build_end(&p.b);
	if (len)
		out_send(&ike->out, local, remote,
			 (struct chunk){ p.buf, len });
}

bool init_duplicate(struct ike *ike, const struct ike_hdr *hdr,
		    const struct ike_end *local, const struct ike_end *remote,
		    struct chunk raw)
{
	const struct ike_sa *sa = NULL;

	while ((sa = index_half_open(ike->ix, &remote->addr, sa)) != NULL) {
		if (sa->state != IKE_S_INIT_RCVD || sa->spi_i != hdr->spi_i ||
		    sa->init_req.len != raw.len ||
		    memcmp(sa->init_req.p, raw.p, raw.len) != 0)
			continue;
		ike->n.rx_duplicate++;
		out_send(&ike->out, local, remote, blob_chunk(&sa->init_resp));
		return true;
	}
	return false;
}

/* Under load a cookie must come back before anything is computed (2.6). */
static bool cookie_asked(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	const struct ike_notify *got = ike_msg_notify(m, IKE_N_COOKIE);
	const struct cookie_of of = { m->nonce, ctx->remote->addr,
				      ctx->remote->port, m->hdr.spi_i };
	uint8_t cookie[COOKIE_LEN];

	if (ike->ix->half_open.n < ike->conf.cookie_threshold ||
	    (got && cookie_ok(&ike->jar, &of, ike->now, got->data)))
		return false;
	ike->n.cookies_sent++;
	if (!cookie_make(&ike->jar, &ike->rng, &of, ike->now, cookie))
		init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
				 IKE_N_COOKIE,
				 (struct chunk){ cookie, sizeof(cookie) });
	return true;
}

/* Peers with other proposals that one request is tried with. */
#define CHOICES_MAX 16

static bool suits(const struct ike_msg *m, const struct ike_peer *peer,
		  struct ike_suite *suite)
{
	struct ike_proposals accept = peer->accept;

	if (!ike_msg_notify(m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED))
		ike_proposals_drop_addke(&accept);
	return !ike_proposal_choose(&m->sa, &accept, m->ke.group, suite);
}

/*
 * Nobody has said yet who he is: of the peers that may have this address, the
 * one most closely bound to it whose proposals suit.
 */
static struct peer_hit choose_peer(struct ike_ctx *ctx, struct ike_suite *suite)
{
	const struct ike *ike = ctx->ike;
	struct peer_hit best = { 0 }, hit;
	unsigned tried = 0;

	for (size_t i = 0; i < ike->n_peer && tried < CHOICES_MAX; i++) {
		struct ike_suite s;

		if (!peer_fit(ike->peer[i], &ctx->local->addr,
			      &ctx->remote->addr, NULL, &hit) ||
		    (best.peer && hit.addr_rank <= best.addr_rank))
			continue;
		tried++;
		if (!suits(ctx->m, hit.peer, &s))
			continue;
		best = hit;
		*suite = s;
	}
	return best;
}

static int refuse_init(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	const struct peer_hit near =
		peer_find(ike, &ctx->local->addr, &ctx->remote->addr, NULL);
	struct ike_proposals accept;
	struct peer_where knob;
	struct ike_why why;

	ike_why_set(&why, "no peer is configured for this address");
	ike_why_remedy(&why, "add %s to raddr of a peer",
		       addr_text(&ctx->remote->addr).s);
	if (near.peer) {
		accept = near.peer->accept;
		if (!ike_msg_notify(m, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED))
			ike_proposals_drop_addke(&accept);
		ike_explain_proposal(&m->sa,
				     accept.n ? &accept : &near.peer->accept,
				     peer_knob(near.peer, &knob), NULL, &why);
	}
	news_fail(ike,
		  &(struct news_failed){ .local = ctx->local,
					 .remote = ctx->remote,
					 .status = "NO_PROPOSAL_CHOSEN" },
		  &why);
	init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
			 IKE_N_NO_PROPOSAL_CHOSEN, (struct chunk){ NULL, 0 });
	return MISSIU_ENOENT;
}

static int choose(struct ike_ctx *ctx, struct ike_suite *suite,
		  struct peer_hit *hit)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	uint8_t group[2];

	*hit = choose_peer(ctx, suite);
	if (!hit->peer)
		return refuse_init(ctx);
	if (suite->dh == m->ke.group)
		return 0;
	store_be16(group, suite->dh);
	init_send_notify(ike, &m->hdr, ctx->local, ctx->remote,
			 IKE_N_INVALID_KE_PAYLOAD,
			 (struct chunk){ group, sizeof(group) });
	return MISSIU_EAGAIN;
}

/*
 * Who it is will be known later: any peer with certificates may be meant, and
 * of their authorities those of the likeliest one are named.
 */
static void put_cert_wishes(const struct ike *ike, const struct ike_sa *sa,
			    struct ike_build *b)
{
	const struct ike_cred *c = sa->peer->cred;

	for (size_t i = 0; i < ike->n_peer && !c; i++)
		c = ike->peer[i]->cred;
	if (sa->sig_hashes)
		auth_put_hashes(b, c);
	auth_put_certreq(b, c);
}

static int respond(struct ike_ctx *ctx, struct ike_sa *sa,
		   const struct ike_natd *natd, const struct kex_value *pub)
{
	const struct ike_hdr h = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.exchange = IKE_X_SA_INIT,
		.flags = IKE_F_RESPONSE,
	};
	struct ike_proposals chosen;
	struct ike_packet p;
	size_t len;
	int ret = 0;

	ike_suite_to_proposals(&sa->suite, &chosen);
	ike_build_start(&p.b, p.buf, sizeof(p.buf), &h);
	ike_put_sa(&p.b, &chosen);
	ike_put_ke(&p.b, sa->suite.dh, pub->p, pub->len);
	ike_put_raw(&p.b, IKE_P_NONCE, sa->nr, sa->nr_len);
	if (natd->supported)
		ret = encap_put(&p.b, sa->peer, &h, ctx->local, ctx->remote,
				ctx->m);
	if (sa->frag)
		put_fragments(&p.b);
	put_cert_wishes(ctx->ike, sa, &p.b);
	if (sa->inter)
		put_intermediate(&p.b);
	if (sa->use_ppk)
		ppk_put_use(&p.b);
	if (!sa->peer || sa->peer->conf.childless != MISSIU_CHILDLESS_NEVER)
		ike_put_notify_data(&p.b, IKE_N_CHILDLESS_IKEV2_SUPPORTED, NULL,
				    0);
	len = ike_build_end(&p.b);
	if (!ret && !len)
		ret = MISSIU_EFULL;
	if (!ret)
		ret = blob_set(&sa->init_resp, (struct chunk){ p.buf, len });
	return ret;
}

/* Fill a new SA from the request; nothing is sent yet. */
static int accept_request(struct ike_ctx *ctx, struct ike_sa *sa)
{
	const struct ike_msg *m = ctx->m;
	struct kex_secret secret;
	struct kex_value pub;
	struct ike_natd natd;
	int ret = ike_sa_algs(&sa->suite, &sa->algs);

	if (!ret)
		ret = inter_begin(sa);
	if (!ret)
		ret = kex_answer(sa->suite.dh, m->ke.data, &pub, &secret);
	if (!ret)
		ret = ike_natd_check(m, ctx->local, ctx->remote, &natd);
	if (!ret)
		ret = keys_first(&sa->algs,
				 &(struct key_seed){
					 .ni = { sa->ni, sa->ni_len },
					 .nr = { sa->nr, sa->nr_len },
					 .spi_i = sa->spi_i,
					 .spi_r = sa->spi_r,
				 },
				 (struct chunk){ secret.p, secret.len },
				 &sa->keys);
	if (!ret) {
		encap_take(sa, &natd, m);
		sa->frag = takes_fragments(ctx->ike, m);
		sa->use_ppk = ppk_both(ctx->ike, sa, m);
		sa->sig_hashes = auth_peer_hashes(m);
		sa->redirectable = ike_msg_notify(m, IKE_N_REDIRECT_SUPPORTED);
		ret = respond(ctx, sa, &natd, &pub);
	}
	secret_wipe(&secret, sizeof(secret));
	return ret;
}

int h_init_request(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	const struct ike_msg *m = ctx->m;
	struct ike_suite suite;
	struct peer_hit hit;
	struct ike_sa *sa;
	int ret;

	if (cookie_asked(ctx) || redirect_away(ctx))
		return 0;
	if (!limit_init(ike, &ctx->remote->addr))
		return 0;
	ret = choose(ctx, &suite, &hit);
	if (ret)
		return ret;
	sa = ike_sa_new(ike, false, ctx->local, ctx->remote);
	if (!sa)
		return MISSIU_ENOMEM;
	peer_take(ike, sa, &hit);
	sa->spi_i = m->hdr.spi_i;
	sa->spi_r = ike_sa_new_spi(ike);
	sa->suite = suite;
	sa->suite.spi_len = 0;
	sa->ni_len = m->nonce.len;
	memcpy(sa->ni, m->nonce.p, sa->ni_len);
	sa->nr_len = SA_NONCE_LEN;
	ret = sa->spi_r ? rng_bytes(&ike->rng, sa->nr, sa->nr_len) :
			  MISSIU_ERANDOM;
	if (!ret)
		ret = blob_set(&sa->init_req, ctx->raw);
	if (!ret)
		ret = accept_request(ctx, sa);
	if (ret) {
		ike_sa_free(sa);
		return ret;
	}
	ike_sa_set_keys(sa);
	ike_sa_tell_keys(ike, sa);
	sa->mid_in = 1;
	ike_sa_insert(ike, sa);
	ike_sa_set_state(ike, sa, IKE_S_INIT_RCVD);
	out_send(&ike->out, ctx->local, ctx->remote,
		 blob_chunk(&sa->init_resp));
	return 0;
}
