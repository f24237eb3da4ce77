/* SPDX-License-Identifier: Apache-2.0 */
/* IKE_SA_INIT of the initiator. */
#include "ike/init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/auth_sig.h"
#include "ike/encap.h"
#include "ike/exchange.h"
#include "ike/explain.h"
#include "ike/handlers.h"
#include "ike/intermediate.h"
#include "ike/limit.h"
#include "ike/mobike.h"
#include "ike/peer.h"
#include "ike/ppk.h"
#include "ike/reauth.h"
#include "ike/redirect.h"
#include "ike/tcp_core.h"

/* COOKIE and INVALID_KE_PAYLOAD answers that one negotiation follows. */
#define RETRIES_MAX 6

/* A forged refusal loses against a real answer that comes so soon after. */
#define REFUSED_US 2000000u

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
	if (!ike->conf.no_fragments) /* RFC 7383 2.3 */
		ike_put_notify_data(&p.b, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED,
				    NULL, 0);
	auth_put_hashes(&p.b, sa->peer->cred);
	/* RFC 9242 3.1: it is for additional key exchanges only, here. */
	if (ike_proposals_has_addke(sa->offer))
		ike_put_notify_data(&p.b, IKE_N_INTERMEDIATE_EXCHANGE_SUPPORTED,
				    NULL, 0);
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

static struct ike_sa *start(struct ike *ike, const struct ike_end *local,
			    const struct ike_end *remote,
			    const struct peer_hit *hit,
			    const struct ike_sa *from)
{
	struct ike_sa *sa = NULL;
	int ret = MISSIU_EFULL;

	if (!limit_total(ike))
		goto fail;
	ret = MISSIU_ENOMEM;
	sa = ike_sa_new(ike, true, local, remote);
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
		addr_text(&remote->addr).s, missiu_strerror(ret));
	ike_sa_free(sa);
	return NULL;
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

	return start(ike, &l, &r, hit, from);
}

/*
 * Another IKE SA, since the ports in IKE_SA_INIT are others: had it the SPI and
 * nonce of the one by UDP, a peer whose answers got lost would take it for that
 * one sent again (RFC 7296 2.1). After IKE_SA_INIT the keys are of no use.
 */
void init_by_tcp(struct ike *ike, struct ike_sa *sa)
{
	const struct ike_end local = tcp_end(ike, &sa->local.addr);
	const struct ike_end remote = tcp_end(ike, &sa->remote.addr);
	const struct peer_hit hit = { .peer = sa->peer, .psk = sa->psk };
	struct ike_sa *next;

	out_log(&ike->out, LOG_L_INFO,
		"IKE_SA [v2 I](id=0x%016llx) no answer %son UDP %u from %s: "
		"trying TCP %u",
		(unsigned long long)sa->spi_i,
		sa->state == IKE_S_INIT_SENT ? "" : "after IKE_SA_INIT ",
		sa->remote.port, addr_text(&remote.addr).s, remote.port);
	next = start(ike, &local, &remote, &hit, NULL);
	if (!next) {
		ike_sa_fail(ike, sa, false, "INTERNAL", "no room for another");
		return;
	}
	next->home_local = sa->home_local;
	next->home_remote = sa->home_remote;
	redirect_keep(next, sa);
	index_sa_moved(ike->ix, next);
	if (sa->x.task)
		task_push(next, sa->x.task);
	sa->x.task = NULL;
	tasks_hand_over(sa, next);
	reauth_move(ike, sa, next);
	ike_sa_close(ike, sa, false);
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
	sa->frag = init_takes_fragments(ike, ctx->m);
	sa->use_ppk = ppk_both(ike, sa, ctx->m);
	sa->sig_hashes = auth_peer_hashes(ctx->m);
	sa->wants_ocsp = auth_wants_ocsp(ctx->m);
	sa->own_wanted = auth_wanted_keys(sa->peer->cred, ctx->m);
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
