/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE_CHILD_SA that replaces the IKE SA (RFC 7296 1.3.2, 2.18). */
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/cfg.h"
#include "ike/exchange.h"
#include "ike/explain.h"
#include "ike/followup.h"
#include "ike/handlers.h"
#include "ike/ident.h"
#include "ike/limit.h"
#include "ike/mobike.h"
#include "ike/news.h"
#include "ike/reauth.h"
#include "ike/redirect.h"
#include "ike/sa_rekey.h"

/* A replaced SA that the peer does not delete is deleted by us after. */
#define REKEYED_US 30000000u

/* The SA that takes the place of another; in no list yet. */
static struct ike_sa *successor(struct ike *ike, const struct ike_sa *old,
				bool initiator)
{
	struct ike_sa *sa =
		ike_sa_new(ike, initiator, &old->local, &old->remote);

	if (!sa)
		return NULL;
	sa->replaces = ike_sa_own_spi(old);
	ike_id_assign(&sa->id_local, &old->id_local);
	ike_id_assign(&sa->id_remote, &old->id_remote);
	sa->peer = peer_get(old->peer);
	sa->psk = old->psk;
	sa->ppk_used = old->ppk_used;
	sa->natt = old->natt;
	sa->nat_local = old->nat_local;
	sa->nat_remote = old->nat_remote;
	sa->encap = old->encap;
	sa->encap_why = old->encap_why;
	sa->frag = old->frag;
	sa->home_local = old->home_local;
	sa->home_remote = old->home_remote;
	sa->redirects = old->redirects;
	sa->redirectable = old->redirectable;
	redirect_keep(sa, old);
	return sa;
}

/* What a rekeying negotiated, beside what the new SA has already. */
struct rekey_keys {
	struct chunk ni, nr, g_ir, more;
};

static int derive(const struct ike_sa *old, struct ike_sa *sa,
		  const struct rekey_keys *k)
{
	int ret = ike_sa_algs(&sa->suite, &sa->algs);

	if (!ret)
		ret = keys_rekeyed(&sa->algs,
				   &(struct key_seed){ k->ni, k->nr, sa->spi_i,
						       sa->spi_r, k->more },
				   old->algs.prf, old->keys.sk_d, k->g_ir,
				   &sa->keys);
	if (!ret)
		ike_sa_set_keys(sa);
	return ret;
}

static void begin(struct ike *ike, struct ike_sa *sa)
{
	ike_sa_tell_keys(ike, sa);
	ike_sa_insert(ike, sa);
	ike_sa_established(ike, sa);
}

/* Nothing is left to do but to be deleted, by the peer if it can. */
static void retire(struct ike *ike, struct ike_sa *sa)
{
	sa->close_us = ike->now + REKEYED_US;
	ike_sa_set_state(ike, sa, IKE_S_REKEYED);
}

/* Children and wishes move; what remains of the old one is its deletion. */
static void take_over(struct ike *ike, struct ike_sa *old, struct ike_sa *sa)
{
	assert(!sa->children);
	sa->children = old->children;
	sa->n_child = old->n_child;
	old->children = NULL;
	old->n_child = 0;
	for (struct ike_child *c = sa->children; c; c = c->next)
		c->sa = sa;
	cfg_take_over(ike, old, sa);
	while (old->tasks)
		task_push(sa, task_pop(old, old->tasks));
	mobike_take_over(old, sa);
	reauth_move(ike, old, sa);
	ike_sa_touch(ike, sa);
	retire(ike, old);
}

/* --- both sides at once (2.8.2) */

/* The successor that the peer made while our request was on its way. */
static struct ike_sa *rival_of(const struct ike *ike, const struct ike_sa *old)
{
	const struct ike_neg *neg = old->x.neg;

	return neg && neg->rival ? ike_sa_find(ike, neg->rival) : NULL;
}

static void decided(struct ike_sa *old, struct ike_sa *rival)
{
	if (old->x.neg)
		old->x.neg->rival = 0;
	rival->rival_of = 0;
}

void rekey_rival_wins(struct ike *ike, struct ike_sa *old)
{
	struct ike_sa *rival = old ? rival_of(ike, old) : NULL;

	if (!rival || old->state != IKE_S_ESTABLISHED)
		return;
	decided(old, rival);
	take_over(ike, old, rival);
}

void rekey_rival_gone(struct ike *ike, struct ike_sa *rival)
{
	struct ike_sa *old = ike_sa_find(ike, rival->rival_of);

	if (rival->rival_of && old)
		decided(old, rival);
}

/* Ours lost, or is not needed: it exists only to be deleted. */
static void delete_ours(struct ike *ike, struct ike_sa *sa)
{
	begin(ike, sa);
	task_push(sa, task_new(TASK_DEL_IKE));
	exchange_run(ike, sa);
}

/* --- initiator */

static int make_offer(struct ike *ike, const struct ike_task *t,
		      const struct ike_sa *sa, struct ike_neg *neg)
{
	uint8_t spi[8];

	neg->offer = sa->peer->accept;
	neg->spi = ike_sa_new_spi(ike);
	if (!neg->spi || rng_bytes(&ike->rng, neg->nonce, SA_NONCE_LEN))
		return MISSIU_ERANDOM;
	store_be64(spi, neg->spi);
	ike_proposals_set_spi(&neg->offer, spi, sizeof(spi));
	neg->kex = kex_new(t->group ? t->group : sa->suite.dh);
	return neg->kex ? 0 : MISSIU_ECRYPTO;
}

void start_rekey_ike(struct ike *ike, struct ike_sa *sa, struct ike_task *t)
{
	struct ike_neg *neg = calloc(1, sizeof(*neg));
	struct ike_packet p;

	if (!neg || make_offer(ike, t, sa, neg)) {
		neg_free(neg);
		task_free(t);
		return;
	}
	request_begin(sa, IKE_X_CREATE_CHILD, &p);
	ike_put_sa(&p.b, &neg->offer);
	ike_put_raw(&p.b, IKE_P_NONCE, neg->nonce, SA_NONCE_LEN);
	neg_put_ke(&p.b, neg);
	request_send(ike, sa, &p, t, neg);
}

static void log_failed(struct ike *ike, const struct ike_sa *sa, bool initiator,
		       const char *status, const struct ike_why *why)
{
	news_fail(ike,
		  &(struct news_failed){ .sa = sa,
					 .initiator = initiator,
					 .rekeying = true,
					 .status = status },
		  why);
}

/* Fill @sa from the answer. */
static int finish(struct ike_ctx *ctx, struct ike_sa *sa,
		  struct missiu_diag *why)
{
	const struct ike_msg *m = ctx->m;
	struct ike_neg *neg = ctx->x->neg;
	struct kex_secret secret;
	int ret;

	ret = ike_proposal_check_answer(&neg->offer, &m->sa, &sa->suite, why);
	if (ret)
		return ret;
	if (sa->suite.spi_len != 8 || sa->suite.dh != kex_method(neg->kex) ||
	    m->ke.group != sa->suite.dh)
		return MISSIU_EPROTO;
	if (follow_missing(neg, &sa->suite))
		return diag_set(why, MISSIU_EPROTO,
				"peer did not go on with the additional key "
				"exchanges");
	sa->spi_i = neg->spi;
	sa->spi_r = load_be64(sa->suite.spi);
	ret = kex_finish(neg->kex, m->ke.data, &secret);
	if (!ret)
		ret = sa->spi_r ? 0 : MISSIU_EPROTO;
	if (!ret)
		ret = derive(ctx->sa, sa,
			     &(struct rekey_keys){ { neg->nonce, SA_NONCE_LEN },
						   m->nonce,
						   { secret.p, secret.len },
						   follow_secrets(neg) });
	secret_wipe(&secret, sizeof(secret));
	return ret;
}

/* The rival counts as long as the exchange is outstanding: put it back. */
static void rival_wins(struct ike_ctx *ctx)
{
	struct ike_neg **neg = &ctx->x->neg;

	ctx->sa->x.neg = *neg;
	rekey_rival_wins(ctx->ike, ctx->sa);
	ctx->sa->x.neg = NULL;
}

static void we_win(struct ike_ctx *ctx, struct ike_sa *sa)
{
	struct ike_sa *old = ctx->sa;
	struct ike_sa *rival = ike_sa_find(ctx->ike, ctx->x->neg->rival);

	begin(ctx->ike, sa);
	take_over(ctx->ike, old, sa);
	task_push(old, task_new(TASK_DEL_IKE));
	if (!rival)
		return;
	rival->rival_of = 0; /* the peer deletes it */
	if (rival->state == IKE_S_ESTABLISHED)
		retire(ctx->ike, rival);
}

int h_rekey_response(struct ike_ctx *ctx)
{
	struct missiu_diag why = { "the answer does not fit our request" };
	struct ike_sa *sa;

	if (follow_begin(ctx))
		return 0;
	sa = successor(ctx->ike, ctx->sa, true);
	if (!sa || finish(ctx, sa, &why)) {
		struct ike_why parts;

		ike_why_set(&parts, "%s", why.msg);
		log_failed(ctx->ike, ctx->sa, true, "INVALID_ANSWER", &parts);
		ike_sa_free(sa);
		rival_wins(ctx);
		/* The peer believes that it was replaced: begin anew. */
		if (ctx->sa->state == IKE_S_ESTABLISHED &&
		    follow_made(ctx->x->neg))
			task_push(ctx->sa, task_new(TASK_DEL_IKE));
		return 0;
	}
	/* Decided already, or now by the nonces. */
	if (ctx->sa->state == IKE_S_ESTABLISHED &&
	    !neg_lost(ctx->x->neg, ctx->m->nonce)) {
		we_win(ctx, sa);
		return 0;
	}
	rival_wins(ctx);
	delete_ours(ctx->ike, sa);
	return 0;
}

/* The peer is busy, or has forgotten what we began: once more, from the start. */
static bool is_temporary(uint16_t type)
{
	return type == IKE_N_TEMPORARY_FAILURE || type == IKE_N_STATE_NOT_FOUND;
}

int h_rekey_refused(struct ike_ctx *ctx)
{
	struct peer_where knob;
	const struct ike_notify *err = ike_msg_error(ctx->m);
	const char *name = err ? ike_notify_name(err->type) : NULL;
	struct ike_neg *neg = ctx->x->neg;
	struct ike_task *t = ctx->x->task;
	struct ike_why why;

	ctx->x->task = NULL;
	rival_wins(ctx);
	if (ctx->sa->state != IKE_S_ESTABLISHED) { /* replaced by the peer */
		task_free(t);
		return 0;
	}
	if (err && is_temporary(err->type) && task_retry(ctx->ike, ctx->sa, t))
		return 0;
	if (err && err->type == IKE_N_INVALID_KE_PAYLOAD &&
	    err->data.len == 2 && !t->tries &&
	    ike_proposals_has_dh(&neg->offer, load_be16(err->data.p))) {
		t->group = load_be16(err->data.p);
		t->tries++;
		task_push(ctx->sa, t);
		return 0;
	}
	if (err && err->type == IKE_N_NO_PROPOSAL_CHOSEN)
		ike_explain_refused(&neg->offer,
				    peer_knob(ctx->sa->peer, &knob), NULL,
				    &why);
	else
		ike_why_notify(&why, "a new IKE SA", err ? err->type : 0);
	log_failed(ctx->ike, ctx->sa, true, name ? name : "error", &why);
	task_free(t);
	return 0;
}

/* --- responder */

/* A successor whose additional key exchanges are under way. */
struct rekey_job {
	struct follow_job job;
	struct ike_sa *sa; /* in no list */
	struct kex_secret g_ir;
};

static void drop_job(struct follow_job *job)
{
	struct rekey_job *j = (struct rekey_job *)job;

	ike_sa_free(j->sa);
	secret_wipe(j, sizeof(*j));
	free(j);
}

/* Fill @sa from the request and our choice; all but keys. */
static int accept_request(struct ike_ctx *ctx, struct ike_sa *sa,
			  struct kex_value *pub, struct kex_secret *g_ir)
{
	const struct ike_msg *m = ctx->m;

	if (sa->suite.spi_len != 8)
		return IKE_N_INVALID_SYNTAX;
	sa->spi_i = load_be64(sa->suite.spi);
	sa->spi_r = ike_sa_new_spi(ctx->ike);
	sa->ni_len = m->nonce.len;
	memcpy(sa->ni, m->nonce.p, sa->ni_len);
	sa->nr_len = SA_NONCE_LEN;
	if (!sa->spi_i || !sa->spi_r ||
	    rng_bytes(&ctx->ike->rng, sa->nr, sa->nr_len))
		return IKE_N_TEMPORARY_FAILURE;
	return kex_answer(sa->suite.dh, m->ke.data, pub, g_ir) ?
		       IKE_N_INVALID_SYNTAX :
		       0;
}

static void put_answer(struct ike_build *b, const struct ike_sa *sa,
		       const struct kex_value *pub)
{
	struct ike_suite suite = sa->suite;
	struct ike_proposals chosen;

	store_be64(suite.spi, sa->spi_r);
	ike_suite_to_proposals(&suite, &chosen);
	ike_put_sa(b, &chosen);
	ike_put_raw(b, IKE_P_NONCE, sa->nr, sa->nr_len);
	ike_put_ke(b, suite.dh, pub->p, pub->len);
}

static int choose(struct ike_ctx *ctx, struct ike_suite *suite)
{
	struct peer_where knob;
	const struct ike_msg *m = ctx->m;
	struct ike_why why;

	if (ike_proposal_choose(&m->sa, &ctx->sa->peer->accept, m->ke.group,
				suite)) {
		ike_explain_proposal(&m->sa, &ctx->sa->peer->accept,
				     peer_knob(ctx->sa->peer, &knob), NULL,
				     &why);
		log_failed(ctx->ike, ctx->sa, false, "NO_PROPOSAL_CHOSEN",
			   &why);
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (suite->dh == m->ke.group)
		return 0;
	ctx->group = suite->dh;
	return IKE_N_INVALID_KE_PAYLOAD;
}

/* Whether something of ours is under way that would be lost (2.25.2). */
static bool is_busy(const struct ike_ctx *ctx)
{
	const struct ike_task *ours = ctx->sa->x.task;

	return (ours && ours->kind != TASK_LIVENESS &&
		ours->kind != TASK_REKEY_IKE) ||
	       rival_of(ctx->ike, ctx->sa);
}

/* The successor is complete: it replaces the old one, or becomes its rival. */
static int become(struct ike_ctx *ctx, struct ike_sa *sa,
		  const struct kex_secret *g_ir, struct chunk more)
{
	const struct ike_task *ours = ctx->sa->x.task;
	const struct chunk ni = { sa->ni, sa->ni_len };
	const struct chunk nr = { sa->nr, sa->nr_len };

	if (derive(ctx->sa, sa,
		   &(struct rekey_keys){
			   ni, nr, { g_ir->p, g_ir->len }, more }))
		return IKE_N_TEMPORARY_FAILURE;
	begin(ctx->ike, sa);
	if (!ours || ours->kind != TASK_REKEY_IKE) {
		take_over(ctx->ike, ctx->sa, sa);
		return 0;
	}
	/* Ours may come too: then the nonces decide. */
	sa->rival_of = ike_sa_own_spi(ctx->sa);
	ctx->sa->x.neg->rival = sa->spi_r;
	nonce_lowest(&ctx->sa->x.neg->rival_low, ni, nr);
	return 0;
}

static int finish_job(struct ike_ctx *ctx, struct follow_job *job,
		      struct chunk more)
{
	struct rekey_job *j = (struct rekey_job *)job;
	int ret = IKE_N_TEMPORARY_FAILURE;

	if (!is_busy(ctx) && limit_rekey(ctx->ike, ctx->sa))
		ret = become(ctx, j->sa, &j->g_ir, more);
	if (!ret)
		j->sa = NULL;
	return ret;
}

/* Takes @sa over. */
static int wait_for_more(struct ike_ctx *ctx, struct ike_sa *sa,
			 const struct kex_secret *g_ir)
{
	struct rekey_job *j = calloc(1, sizeof(*j));

	if (!j) {
		ike_sa_free(sa);
		return IKE_N_TEMPORARY_FAILURE;
	}
	*j = (struct rekey_job){
		.job = { .finish = finish_job, .drop = drop_job },
		.sa = sa,
		.g_ir = *g_ir,
	};
	return follow_wait(ctx, &sa->suite, &j->job);
}

/* Takes @sa over. */
static int answer(struct ike_ctx *ctx, struct ike_sa *sa)
{
	uint16_t addke[IKE_ADDKE_MAX];
	struct kex_secret g_ir = { 0 };
	struct kex_value pub;
	int ret = accept_request(ctx, sa, &pub, &g_ir);

	if (!ret)
		put_answer(ctx->b, sa, &pub);
	if (!ret && ike_suite_addke(&sa->suite, addke)) {
		ret = wait_for_more(ctx, sa, &g_ir);
		sa = NULL; /* the job's */
	} else if (!ret) {
		ret = become(ctx, sa, &g_ir, (struct chunk){ NULL, 0 });
	}
	secret_wipe(&g_ir, sizeof(g_ir));
	if (ret)
		ike_sa_free(sa);
	return ret;
}

int h_rekey_request(struct ike_ctx *ctx)
{
	struct ike_sa *sa;
	int ret;

	if (is_busy(ctx) || !limit_rekey(ctx->ike, ctx->sa))
		return IKE_N_TEMPORARY_FAILURE;
	sa = successor(ctx->ike, ctx->sa, false);
	if (!sa)
		return IKE_N_TEMPORARY_FAILURE;
	ret = choose(ctx, &sa->suite);
	if (!ret)
		return answer(ctx, sa);
	ike_sa_free(sa);
	return ret;
}
