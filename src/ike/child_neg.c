/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/child_neg.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/rd.h"
#include "common/secret.h"
#include "ike/cfg.h"
#include "ike/child_more.h"
#include "ike/child_pfs.h"
#include "ike/exchange.h"
#include "ike/explain.h"
#include "ike/followup.h"
#include "ike/news.h"

const struct missiu_policy *policy_by_id(const struct ike *ike, uint32_t id)
{
	return policies_by_id(ike->pols, id);
}

int child_check_policy(const struct missiu_policy *pol,
		       struct missiu_diag *diag)
{
	struct ike_proposals p;

	if (pol->action != MISSIU_PROTECT || !pol->n_prot)
		return diag_set(diag, MISSIU_EINVAL,
				"policy %u does not protect", pol->id);
	if (pol->n_prot > 1)
		return diag_set(diag, MISSIU_EUNSUP,
				"policy %u wants ESP inside AH; IKEv2 makes "
				"one SA a policy",
				pol->id);
	return ike_proposals_from_prot(&pol->prot[0], true, NULL, 0, &p, diag);
}

/* AH covers the addresses that a NAT changes (RFC 3948 1). */
int child_check_nat(const struct ike_sa *sa, const struct missiu_policy *pol,
		    struct missiu_diag *diag)
{
	if (pol->prot[0].proto != MISSIU_AH ||
	    (!sa->nat_local && !sa->nat_remote))
		return 0;
	return diag_set(diag, MISSIU_EUNSUP,
			"policy %u wants AH, which cannot pass the NAT between "
			"us: write encr_algs or encr_auth_algs in place of "
			"auth_algs",
			pol->id);
}

void child_fail(struct ike *ike, const struct ike_sa *sa, bool initiator,
		const char *status, const struct ike_why *why)
{
	news_fail(ike,
		  &(struct news_failed){ .sa = sa,
					 .initiator = initiator,
					 .child = true,
					 .status = status },
		  why);
}

void child_log_failed(struct ike *ike, const struct ike_sa *sa, char role,
		      const char *status, const char *fmt, ...)
{
	char what[sizeof(((struct ike_why *)0)->what)];
	struct ike_why why;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	ike_why_set(&why, "%s", what);
	child_fail(ike, sa, role == 'I', status, &why);
}

/* --- initiator */

static bool list_has(const struct ike_ts_list *l, const struct missiu_ts *ts)
{
	for (size_t i = 0; i < l->n; i++)
		if (ts_covers(&l->v[i], ts))
			return true;
	return false;
}

static int offer_ts(struct ike_sa *sa, const struct child_want *w,
		    struct ike_neg *neg)
{
	const struct ike_task *t = w->task;
	struct missiu_policy pol = neg->pol;
	int ret;

	/* A rekeyed child keeps what it has (2.9.2). */
	if (w->rekey || w->like) {
		const struct ike_child *c = w->rekey ? w->rekey : w->like;

		neg->local = c->local;
		neg->remote = c->remote;
		return 0;
	}
	if (t->more) {
		neg->local = t->more->local;
		neg->remote = t->more->remote;
		return 0;
	}
	if (t->only_pkt)
		pol.flags |= MISSIU_POL_UNIQUE;
	ret = ike_ts_offer(&pol, t->has_pkt ? &t->pkt_local : NULL,
			   t->has_pkt ? &t->pkt_remote : NULL, &sa->home_local,
			   &sa->home_remote, &neg->local, &neg->remote);
	if (ret || neg->mode != MISSIU_TUNNEL)
		return ret;
	cfg_narrow_local(sa, &neg->local);
	cfg_narrow_remote(sa, &neg->remote);
	if (!neg->local.n || !neg->remote.n)
		return MISSIU_EINVAL;
	/* From another address than the one assigned: no SA carries it. */
	if (sa->cfg && t->has_pkt &&
	    (!list_has(&neg->local, &t->pkt_local) ||
	     !list_has(&neg->remote, &t->pkt_remote)))
		return MISSIU_EINVAL;
	return 0;
}

static int offer_sa(struct ike *ike, struct ike_sa *sa,
		    const struct child_want *w, struct ike_neg *neg,
		    struct missiu_diag *diag)
{
	uint16_t groups[CHILD_GROUPS_MAX];
	uint8_t spi[4];
	size_t n = 0;
	int ret;

	if (!w->first)
		n = child_groups_offered(sa, &neg->pol, w->group, groups);
	if (!w->first && child_groups_lacking(sa, &neg->pol, n))
		return diag_set(diag, MISSIU_EUNSUP,
				"no group of pfs works here");
	ret = ike_proposals_from_prot(&neg->pol.prot[0], ike->conf.no_esn,
				      groups, n, &neg->offer, diag);
	if (ret)
		return ret;
	if (n && groups[0])
		ret = child_addke_offered(sa, &neg->pol, &neg->offer);
	if (ret)
		return diag_set(diag, ret, "too many key exchanges");
	neg->spi = child_new_spi(ike);
	if (!neg->spi || rng_bytes(&ike->rng, neg->nonce, SA_NONCE_LEN))
		return diag_set(diag, MISSIU_ERANDOM, "no random bytes");
	index_take_spi(ike->ix, &neg->taken, (uint32_t)neg->spi);
	store_be32(spi, (uint32_t)neg->spi);
	ike_proposals_set_spi(&neg->offer, spi, sizeof(spi));
	if (!n || !groups[0])
		return 0;
	neg->kex = kex_new(groups[0]);
	if (!neg->kex)
		return diag_set(diag, MISSIU_ECRYPTO, "no key pair of group %u",
				groups[0]);
	return 0;
}

struct ike_neg *child_offer(struct ike *ike, struct ike_sa *sa,
			    const struct child_want *w,
			    struct missiu_diag *diag)
{
	const uint32_t id = w->rekey ? w->rekey->policy_id : w->task->policy_id;
	const struct missiu_policy *pol = policy_by_id(ike, id);
	struct ike_neg *neg = calloc(1, sizeof(*neg));

	if (!neg || !pol) {
		diag_set(diag, MISSIU_ENOENT, "policy %u is gone", id);
		goto fail;
	}
	neg->pol = *pol;
	neg->mode = w->rekey ? w->rekey->mode : pol->mode;
	if (!w->rekey && !peer_may_have(ike, sa, pol)) {
		diag_set(diag, MISSIU_EINVAL,
			 "policy %u (line %u) is not for %s", id, pol->line,
			 peer_where(sa->peer).s);
		goto fail;
	}
	if (child_check_policy(pol, diag) || child_check_nat(sa, pol, diag) ||
	    offer_sa(ike, sa, w, neg, diag))
		goto fail;
	if (offer_ts(sa, w, neg)) {
		diag_set(diag, MISSIU_EINVAL,
			 "the packet or the peers lie outside of policy %u",
			 id);
		goto fail;
	}
	return neg;
fail:
	neg_free(neg);
	return NULL;
}

void child_put_offer(struct ike_build *b, const struct ike_neg *neg, bool first)
{
	if (neg->mode == MISSIU_TRANSPORT)
		ike_put_notify_data(b, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(b, &neg->offer);
	if (!first)
		ike_put_raw(b, IKE_P_NONCE, neg->nonce, SA_NONCE_LEN);
	if (neg->kex)
		neg_put_ke(b, neg);
	ike_put_ts(b, IKE_P_TSI, &neg->local);
	ike_put_ts(b, IKE_P_TSR, &neg->remote);
}

int child_peer_spi(const struct ike_suite *s, uint32_t *spi)
{
	if (s->spi_len != 4)
		return MISSIU_EPROTO;
	*spi = load_be32(s->spi);
	return *spi >= 256 ? 0 : MISSIU_EPROTO;
}

static int check_answer(const struct ike_msg *m, const struct ike_neg *neg,
			struct ike_suite *suite, struct missiu_diag *diag)
{
	const bool transport = ike_msg_notify(m, IKE_N_USE_TRANSPORT_MODE);
	int ret = ike_proposal_check_answer(&neg->offer, &m->sa, suite, diag);

	if (ret)
		return ret;
	if (transport != (neg->mode == MISSIU_TRANSPORT))
		return diag_set(diag, MISSIU_EPROTO,
				"mode: peer answers %s, we asked for %s",
				transport ? "transport" : "tunnel",
				transport ? "tunnel" : "transport");
	if (ike_ts_check(&neg->local, &m->tsi) ||
	    ike_ts_check(&neg->remote, &m->tsr))
		return diag_set(diag, MISSIU_EPROTO,
				"peer's traffic selectors exceed our offer");
	if (suite->dh != (neg->kex ? kex_method(neg->kex) : IKE_DH_NONE) ||
	    (suite->dh &&
	     (!ike_msg_has(m, IKE_P_KE) || m->ke.group != suite->dh)))
		return diag_set(diag, MISSIU_EPROTO,
				"peer answers with another group than ours");
	if (follow_missing(neg, suite))
		return diag_set(diag, MISSIU_EPROTO,
				"peer did not go on with the additional key "
				"exchanges");
	return 0;
}

int child_finish(struct ike_ctx *ctx, struct ike_neg *neg,
		 const struct ike_child *rekey, bool first,
		 struct missiu_diag *diag)
{
	const struct ike_msg *m = ctx->m;
	struct ike_sa *sa = ctx->sa;
	struct kex_secret secret;
	struct ike_suite suite;
	struct child_new n = {
		.pol = &neg->pol,
		.suite = &suite,
		.local = &m->tsi,
		.remote = &m->tsr,
		.spi_in = (uint32_t)neg->spi,
		.mode = neg->mode,
		.initiator = true,
		.doomed = neg_lost(neg, m->nonce),
		.rekeyed = rekey,
		.no_tfc =
			ike_msg_notify(m, IKE_N_ESP_TFC_PADDING_NOT_SUPPORTED),
		.ni = { neg->nonce, SA_NONCE_LEN },
		.nr = m->nonce,
		.more = follow_secrets(neg),
	};
	int ret = check_answer(m, neg, &suite, diag);

	if (!ret && (child_peer_spi(&suite, &n.spi_out) ||
		     child_spi_taken(ctx->ike, suite.proto, n.spi_out,
				     &sa->remote.addr, NULL)))
		ret = diag_set(diag, MISSIU_EPROTO,
			       "peer's SPI is not one, or in use");
	if (!ret && suite.dh && kex_finish(neg->kex, m->ke.data, &secret))
		ret = diag_set(diag, MISSIU_EPROTO, "peer's public value");
	if (ret)
		goto out;
	if (suite.dh)
		n.g_ir = (struct chunk){ secret.p, secret.len };
	if (first) {
		n.ni = (struct chunk){ sa->ni, sa->ni_len };
		n.nr = (struct chunk){ sa->nr, sa->nr_len };
	}
	ret = child_install(ctx->ike, sa, &n);
	if (ret)
		diag_set(diag, ret, "%s", missiu_strerror(ret));
	else
		child_more_ask(sa, ctx->x->task, neg, m);
out:
	secret_wipe(&secret, sizeof(secret));
	return ret;
}

void child_cancel(struct ike_sa *sa, const struct ike_neg *neg)
{
	struct ike_task *t = task_new(TASK_DEL_CHILD);

	if (!t)
		return;
	t->proto = neg->offer.p[0].proto;
	t->spi = (uint32_t)neg->spi;
	task_push(sa, t);
}

bool child_retry_pair(struct ike_sa *sa, struct ike_task *t,
		      const struct ike_notify *err)
{
	if (!err || err->type != IKE_N_SINGLE_PAIR_REQUIRED ||
	    t->kind != TASK_CHILD || !t->has_pkt || t->only_pkt ||
	    sa->n_task >= SA_TASK_MAX)
		return false;
	t->only_pkt = true;
	return task_push(sa, t);
}

void child_refused(struct ike *ike, const struct ike_sa *sa,
		   const struct ike_neg *neg, const struct ike_notify *err)
{
	struct peer_where knob;
	const uint16_t type = err ? err->type : 0;
	const char *name = ike_notify_name(type);
	struct ike_why why;

	if (type == IKE_N_NO_PROPOSAL_CHOSEN)
		ike_explain_refused(&neg->offer, peer_knob(sa->peer, &knob),
				    &neg->pol, &why);
	else if (type == IKE_N_TS_UNACCEPTABLE)
		ike_explain_ts_refused(&neg->local, &neg->remote, &neg->pol,
				       &why);
	else if (type == IKE_N_INVALID_KE_PAYLOAD && err->data.len == 2)
		ike_explain_group(&neg->offer, load_be16(err->data.p),
				  peer_knob(sa->peer, &knob), &neg->pol, &why);
	else
		ike_why_notify(&why, "a child SA", type);
	child_fail(ike, sa, true, name ? name : "error", &why);
}
