/* SPDX-License-Identifier: Apache-2.0 */
/* The responder's half of child_neg.h. */
#include <stdlib.h>
#include <string.h>

#include "common/diag.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/child_pfs.h"
#include "ike/explain.h"
#include "ike/followup.h"

/* See struct ike_ts_ctx. */
struct allowed_arg {
	const struct ike *ike;
	const struct ike_sa *sa;
};

/* A responder's choice on its way to being installed. */
struct answer {
	struct follow_job job; /* when additional key exchanges come first */
	bool rekeys;
	uint64_t rekeyed; /* handle of the child that it replaces */
	uint32_t policy_id;
	bool no_tfc;
	uint8_t ni[IKE_NONCE_MAX];
	size_t ni_len;
	struct ike_ts_ctx ts_ctx;
	struct allowed_arg arg;
	struct peer_where who;
	struct ike_ts_choice ts;
	struct ike_proposals accept;
	struct ike_suite suite;
	uint8_t mode;
	uint8_t nonce[SA_NONCE_LEN];
	struct kex_value pub;
	struct kex_secret secret; /* len 0: none */
	uint32_t spi_in, spi_out;
};

static bool allowed(const void *arg, const struct missiu_policy *pol)
{
	const struct allowed_arg *a = arg;

	return peer_may_have(a->ike, a->sa, pol);
}

static int choose_ts(struct ike_ctx *ctx, const struct ike_child *rekey,
		     struct answer *a)
{
	const struct ike *ike = ctx->ike;
	const struct ike_sa *sa = ctx->sa;
	const struct missiu_policy *old =
		rekey ? policy_by_id(ike, rekey->policy_id) : NULL;
	struct ike_ts_list tsi = ctx->m->tsi, tsr = ctx->m->tsr;
	struct ike_why why;

	a->mode = ike_msg_notify(ctx->m, IKE_N_USE_TRANSPORT_MODE) ?
			  MISSIU_TRANSPORT :
			  MISSIU_TUNNEL;
	a->ts_ctx = (struct ike_ts_ctx){
		.pol = old,
		.n_pol = 1,
		.local = sa->home_local,
		.remote = sa->home_remote,
		.mode = a->mode,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.allowed = allowed,
		.allowed_arg = &a->arg,
		.who = a->who.s,
	};
	a->arg = (struct allowed_arg){ ike, sa };
	a->who = peer_where(sa->peer);
	if (!old)
		a->ts_ctx.pol = policies_of(ike->pols, &sa->home_remote,
					    &a->ts_ctx.n_pol);
	if (a->mode == MISSIU_TUNNEL) {
		cfg_narrow_local(sa, &tsr);
		cfg_narrow_remote(sa, &tsi);
	}
	if (!ike_ts_narrow(&a->ts_ctx, &tsi, &tsr, &a->ts))
		return 0;
	if (a->ts.single_pair) {
		ike_why_set(&why,
			    "our policy says sa unique, the peer's first "
			    "traffic selectors are not those of one packet");
		ike_why_remedy(&why, "take sa unique out of our policy, or put "
				     "it into the peer's");
		child_fail(ctx->ike, sa, false, "SINGLE_PAIR_REQUIRED", &why);
		return IKE_N_SINGLE_PAIR_REQUIRED;
	}
	if (!old)
		a->ts_ctx.pol = policies_all(ike->pols, &a->ts_ctx.n_pol);
	ike_explain_ts(&a->ts_ctx, &ctx->m->tsi, &ctx->m->tsr, &why);
	child_fail(ctx->ike, sa, false, "TS_UNACCEPTABLE", &why);
	return IKE_N_TS_UNACCEPTABLE;
}

static int choose_suite(struct ike_ctx *ctx, bool first, struct answer *a)
{
	struct peer_where knob;
	const uint16_t ke = ctx->m->ke.group;
	uint16_t groups[CHILD_GROUPS_MAX];
	struct missiu_diag diag = { "" };
	struct ike_why why;
	size_t n = 0;

	if (!first)
		n = child_groups_accepted(ctx->sa, a->ts.pol, groups);
	if (!first && !n)
		diag_set(&diag, MISSIU_EUNSUP, "no group of pfs works here");
	if ((!first && !n) || child_check_policy(a->ts.pol, &diag) ||
	    child_check_nat(ctx->sa, a->ts.pol, &diag) ||
	    ike_proposals_from_prot(&a->ts.pol->prot[0], ctx->ike->conf.no_esn,
				    groups, n, &a->accept, &diag) ||
	    (!first && child_addke_accepted(ctx->sa, &a->accept))) {
		child_log_failed(ctx->ike, ctx->sa, 'R', "NO_PROPOSAL_CHOSEN",
				 "%s", diag.msg);
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	if (ike_proposal_choose(&ctx->m->sa, &a->accept, ke, &a->suite) ||
	    child_peer_spi(&a->suite, &a->spi_out)) {
		ike_explain_proposal(&ctx->m->sa, &a->accept,
				     peer_knob(ctx->sa->peer, &knob), a->ts.pol,
				     &why);
		child_fail(ctx->ike, ctx->sa, false, "NO_PROPOSAL_CHOSEN",
			   &why);
		return IKE_N_NO_PROPOSAL_CHOSEN;
	}
	/* By chance once in 2^32; the peer may come back with another. */
	if (child_spi_taken(ctx->ike, a->suite.proto, a->spi_out,
			    &ctx->sa->remote.addr, NULL))
		return IKE_N_TEMPORARY_FAILURE;
	if (a->suite.dh && a->suite.dh != ke) {
		ctx->group = a->suite.dh;
		return IKE_N_INVALID_KE_PAYLOAD;
	}
	return 0;
}

/* Whether one more may come up at all, now. */
static int may_answer(struct ike_ctx *ctx)
{
	const struct ike_xchg *x = &ctx->sa->x;

	/* The child would be lost with the IKE SA (2.25.2). */
	if (x->task && x->task->kind == TASK_REKEY_IKE)
		return IKE_N_TEMPORARY_FAILURE;
	if (ctx->sa->n_child < SA_CHILD_MAX)
		return 0;
	child_log_failed(ctx->ike, ctx->sa, 'R', "NO_ADDITIONAL_SAS",
			 "there are %zu already", ctx->sa->n_child);
	return IKE_N_NO_ADDITIONAL_SAS;
}

static int make_secret(struct ike_ctx *ctx, struct answer *a)
{
	int ret;

	if (rng_bytes(&ctx->ike->rng, a->nonce, sizeof(a->nonce)))
		return IKE_N_TEMPORARY_FAILURE;
	if (!a->suite.dh)
		return 0;
	ret = kex_answer(a->suite.dh, ctx->m->ke.data, &a->pub, &a->secret);
	return ret ? IKE_N_INVALID_SYNTAX : 0;
}

/* @old: the child to be replaced; NULL: a new one */
static int install(struct ike_ctx *ctx, const struct ike_child *old, bool first,
		   const struct answer *a, struct chunk more)
{
	const struct ike_sa *sa = ctx->sa;
	const struct child_new n = {
		.pol = a->ts.pol,
		.suite = &a->suite,
		.local = &a->ts.local,
		.remote = &a->ts.remote,
		.spi_in = a->spi_in,
		.spi_out = a->spi_out,
		.mode = a->mode,
		.rekeyed = old,
		.no_tfc = a->no_tfc,
		.ni = first ? (struct chunk){ sa->ni, sa->ni_len } :
			      (struct chunk){ a->ni, a->ni_len },
		.nr = first ? (struct chunk){ sa->nr, sa->nr_len } :
			      (struct chunk){ a->nonce, SA_NONCE_LEN },
		.g_ir = { a->secret.p, a->secret.len },
		.more = more,
	};

	if (!a->spi_in || child_install(ctx->ike, ctx->sa, &n))
		return IKE_N_TEMPORARY_FAILURE;
	if (!first)
		nonce_lowest(&ctx->low, n.ni, n.nr);
	return 0;
}

static void put_answer(struct ike_build *b, struct answer *a, bool first)
{
	struct ike_proposals *set = &a->accept; /* no longer needed */
	struct ike_suite suite = a->suite;

	suite.spi_len = 4;
	store_be32(suite.spi, a->spi_in);
	ike_suite_to_proposals(&suite, set);
	if (a->mode == MISSIU_TRANSPORT)
		ike_put_notify_data(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(b, set);
	if (!first)
		ike_put_raw(b, IKE_P_NONCE, a->nonce, sizeof(a->nonce));
	if (a->suite.dh)
		ike_put_ke(b, a->suite.dh, a->pub.p, a->pub.len);
	ike_put_ts(b, IKE_P_TSI, &a->ts.tsi);
	ike_put_ts(b, IKE_P_TSR, &a->ts.tsr);
	if (a->ts.more)
		ike_put_notify_data(b, IKE_N_ADDITIONAL_TS_POSSIBLE, NULL, 0);
}

/* --- after additional key exchanges (RFC 9370 2.2.4) */

static void drop_job(struct follow_job *job)
{
	secret_wipe(job, sizeof(struct answer));
	free(job);
}

/* Much may have happened since the choice was made. */
static int finish_job(struct ike_ctx *ctx, struct follow_job *job,
		      struct chunk more)
{
	struct answer *a = (struct answer *)job;
	struct ike_child *old = NULL;
	int ret = may_answer(ctx);

	a->ts.pol = policy_by_id(ctx->ike, a->policy_id);
	if (!ret && !a->ts.pol)
		ret = IKE_N_TS_UNACCEPTABLE;
	if (!ret && child_spi_taken(ctx->ike, a->suite.proto, a->spi_out,
				    &ctx->sa->remote.addr, NULL))
		ret = IKE_N_TEMPORARY_FAILURE;
	if (!ret && a->rekeys) {
		old = child_by_handle(ctx->sa, a->rekeyed);
		if (!old || old->state != CHILD_UP)
			ret = IKE_N_TEMPORARY_FAILURE;
	}
	if (!ret)
		ret = install(ctx, old, false, a, more);
	if (!ret && old)
		child_replaced(ctx, old);
	return ret;
}

/* --- */

static void take_request(struct ike_ctx *ctx, const struct ike_child *old,
			 struct answer *a)
{
	a->job = (struct follow_job){ .finish = finish_job, .drop = drop_job };
	a->rekeys = old;
	a->rekeyed = old ? old->handle : 0;
	a->no_tfc = ike_msg_notify(ctx->m, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED);
	a->ni_len = ctx->m->nonce.len;
	if (a->ni_len)
		memcpy(a->ni, ctx->m->nonce.p, a->ni_len);
}

static int choose(struct ike_ctx *ctx, const struct ike_child *old, bool first,
		  struct answer *a)
{
	int ret = may_answer(ctx);

	if (!ret)
		ret = choose_ts(ctx, old, a);
	if (!ret)
		ret = choose_suite(ctx, first, a);
	if (!ret)
		ret = make_secret(ctx, a);
	if (ret)
		return ret;
	a->policy_id = a->ts.pol->id;
	a->spi_in = a->job.spi = child_new_spi(ctx->ike);
	return a->spi_in ? 0 : IKE_N_TEMPORARY_FAILURE;
}

int child_answer(struct ike_ctx *ctx, struct ike_child *old, bool first)
{
	struct answer *a = calloc(1, sizeof(*a));
	uint16_t addke[IKE_ADDKE_MAX];
	int ret = IKE_N_TEMPORARY_FAILURE;

	if (!a)
		return ret;
	take_request(ctx, old, a);
	ret = choose(ctx, old, first, a);
	if (!ret && ike_suite_addke(&a->suite, addke)) {
		put_answer(ctx->b, a, first);
		return follow_wait(ctx, &a->suite, &a->job);
	}
	if (!ret)
		ret = install(ctx, old, first, a, (struct chunk){ NULL, 0 });
	if (!ret)
		put_answer(ctx->b, a, first);
	if (!ret && old)
		child_replaced(ctx, old);
	drop_job(&a->job);
	return ret;
}
