/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/sa_auth.h"

#include "common/addr.h"
#include "common/diag.h"
#include "common/log.h"
#include "common/secret.h"
#include "ike/auth_method.h"
#include "ike/auth_sig.h"
#include "ike/cfg.h"
#include "ike/child_neg.h"
#include "ike/exchange.h"
#include "ike/handlers.h"
#include "ike/ident.h"
#include "ike/idtext.h"
#include "ike/init.h"
#include "ike/intermediate.h"
#include "ike/limit.h"
#include "ike/mobike.h"
#include "ike/peer.h"
#include "ike/ppk.h"
#include "ike/redirect.h"
#include "ike/reauth.h"

/* The proof of our identity, by our method. */
static int put_own(struct ike *ike, struct ike_sa *sa, struct ike_build *b,
		   struct missiu_diag *why)
{
	uint8_t body[IKE_ID_BODY_MAX];
	const size_t len = ike_id_body(&sa->id_local, body);
	struct auth_claim claim;

	auth_claim_init(&claim, sa, true, (struct chunk){ body, len },
			&sa->id_local);
	return auth_method(sa->peer->conf.auth)->sign(ike, sa, &claim, b, why);
}

/* The initiator's proof; with a PPK what it would be without goes along. */
static int put_own_ppk(struct ike *ike, struct ike_sa *sa, struct ike_build *b,
		       struct missiu_diag *why)
{
	uint8_t buf[IKE_MSG_MAX];
	struct ike_build plain = { .w = wr_to(buf, sizeof(buf)) };
	const size_t skip = IKE_PLD_HDR_LEN + IKE_AUTH_LEN;
	int ret;

	if (!sa->use_ppk)
		return put_own(ike, sa, b, why);
	wr_zero(&plain.w, 1); /* for the type of the first payload */
	ret = put_own(ike, sa, &plain, why);
	if (ret)
		return ret;
	if (!wr_ok(&plain.w))
		return diag_set(why, MISSIU_EFULL, "too long");
	/* AUTH is the last payload that a method writes. */
	ret = ppk_begin(sa, b,
			(struct chunk){ buf + plain.pld_at + skip,
					plain.w.len - plain.pld_at - skip });
	return ret ? diag_set(why, ret, "crypto failed") :
		     put_own(ike, sa, b, why);
}

/* The peer's proof, by the method that it must use. */
static int verify(struct ike *ike, struct ike_sa *sa, const struct ike_msg *m,
		  const struct ike_pld_id *pld, const struct ike_id *id,
		  struct missiu_diag *why)
{
	struct auth_claim claim;

	auth_claim_init(&claim, sa, false, pld->body, id);
	return auth_method(sa->peer->conf.peer_auth)
		->verify(ike, sa, &claim, m, why);
}

/* The peer did not prove who it is. */
static void not_proven(struct ike *ike, struct ike_sa *sa, bool linger,
		       const char *what)
{
	struct ike_why why;

	ike_why_set(&why, "%s", what);
	ike_why_remedy(&why,
		       "compare keys and identities of %s with those that the "
		       "peer is configured with",
		       peer_where(sa->peer).s);
	ike_sa_fail_why(ike, sa, linger, "AUTHENTICATION_FAILED", &why);
}

/* --- initiator */

/* Tell peers that lost contact with us from those that did not (2.4). */
static bool is_only_one(const struct ike *ike, const struct ike_sa *sa)
{
	const struct ike_sa *o = NULL;

	while ((o = index_by_remote(ike->ix, &sa->home_remote, o)) != NULL)
		if (o != sa && o->state == IKE_S_ESTABLISHED)
			return false;
	return true;
}

/* The first queued child that can be offered; the others fail. */
static struct ike_neg *first_child(struct ike *ike, struct ike_sa *sa,
				   struct ike_task **task)
{
	struct missiu_diag diag = { "out of memory" };
	const struct ike_child *like;
	struct ike_neg *neg = NULL;

	while (!neg && sa->tasks) {
		*task = task_pop(sa, sa->tasks);
		like = index_child(ike->ix, (*task)->like);
		if ((*task)->like && !like) {
			reauth_lost(ike, sa, (*task)->like);
			task_free(*task);
			continue;
		}
		neg = child_offer(ike, sa,
				  &(struct child_want){ .task = *task,
							.like = like,
							.first = true },
				  &diag);
		if (neg)
			return neg;
		child_log_failed(ike, sa, 'I', "INVALID_POLICY", "%s",
				 diag.msg);
		task_fail(ike, sa, *task);
	}
	return NULL;
}

/* The one identity that the peer may have; NULL: there are several. */
static const struct ike_id *wanted_id(const struct ike_sa *sa)
{
	const struct ike_peer *p = sa->peer;

	if (sa->psk && sa->psk->peer.type)
		return &sa->psk->peer;
	return p->n_peer_id == 1 && !p->peer_id[0].wild ? &p->peer_id[0].id :
							  NULL;
}

void auth_send(struct ike *ike, struct ike_sa *sa)
{
	struct missiu_diag why = { "" };
	struct ike_packet p;
	struct ike_task *task = NULL;
	/* RFC 6023: every child gets a key exchange of its own. */
	const bool childless = sa->childless && sa->peer->conf.childless ==
							MISSIU_CHILDLESS_PREFER;
	const struct ike_id *want;
	struct ike_neg *neg;

	neg = childless ? NULL : first_child(ike, sa, &task);
	if (!neg && sa->ra.made) {
		ike_sa_drop(ike, sa, "the peer was faster");
		return;
	}
	if (!neg && !childless) {
		ike_sa_fail(ike, sa, false, "INVALID_POLICY",
			    "no child SA is left to ask for");
		return;
	}
	request_begin(sa, IKE_X_AUTH, &p);
	ike_put_id(&p.b, IKE_P_IDI, &sa->id_local);
	if (!sa->ra.made && is_only_one(ike, sa))
		ike_put_notify_data(&p.b, IKE_N_INITIAL_CONTACT, NULL, 0);
	want = wanted_id(sa);
	if (want)
		ike_put_id(&p.b, IKE_P_IDR, want);
	if (sa->peer->conf.peer_auth == MISSIU_BY_CERT)
		auth_put_certreq(&p.b, sa->peer->cred);
	if (put_own_ppk(ike, sa, &p.b, &why)) {
		neg_free(neg);
		if (task)
			task_fail(ike, sa, task);
		ike_sa_fail(ike, sa, false, "AUTHENTICATION_FAILED", "%s",
			    why.msg);
		return;
	}
	cfg_put_request(ike, sa, &p.b);
	if (neg)
		child_put_offer(&p.b, neg, true);
	mobike_put_supported(ike, sa, &p.b);
	if (request_send(ike, sa, &p, task, neg))
		ike_sa_fail(ike, sa, false, "INTERNAL", "request not sent");
}

/* One datagram, no answer awaited: the peer takes us for established. */
static void tell_rejected(struct ike *ike, struct ike_sa *sa)
{
	struct ike_packet p;
	size_t len;

	request_begin(sa, IKE_X_INFORMATIONAL, &p);
	ike_put_notify_data(&p.b, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	len = sk_seal(&sa->sk_out, &ike->rng, &p.b);
	if (len)
		out_send(&ike->out, &sa->local, &sa->remote,
			 (struct chunk){ p.buf, len });
}

/* Return: 0 when the responder is who it should be, MISSIU_EBUSY, or why not. */
static int check_responder(struct ike_ctx *ctx, struct ike_id *id,
			   struct missiu_diag *why)
{
	struct ike_sa *sa = ctx->sa;
	const struct ike_id *want = wanted_id(sa);
	struct peer_hit hit;

	if (ike_id_from_pld(&ctx->m->idr, id, why))
		return MISSIU_EAUTH;
	if (want && !ike_id_eq(want, id)) {
		return diag_set(why, MISSIU_EAUTH,
				"peer is %.70s, we expect %.70s as %s says",
				ike_id_text(id).s, ike_id_text(want).s,
				peer_where(sa->peer).s);
	}
	if (!peer_fit(sa->peer, &sa->local.addr, &sa->remote.addr, id, &hit)) {
		return diag_set(why, MISSIU_EAUTH,
				"peer is %.90s, which no peer_id of %s allows",
				ike_id_text(id).s, peer_where(sa->peer).s);
	}
	if (ppk_response(sa, ctx->m, why))
		return MISSIU_EAUTH;
	return verify(ctx->ike, sa, ctx->m, &ctx->m->idr, id, why);
}

/* The child that came, or did not come, with IKE_AUTH. */
static void finish_first(struct ike_ctx *ctx)
{
	const uint64_t need =
		IKE_SEEN(IKE_P_SA) | IKE_SEEN(IKE_P_TSI) | IKE_SEEN(IKE_P_TSR);
	const struct ike_notify *err = ike_msg_error(ctx->m);
	struct missiu_diag why = { "" };
	struct ike_xchg *x = ctx->x;

	if (child_retry_pair(ctx->sa, x->task, err)) {
		x->task = NULL;
		return;
	}
	if (err || (ctx->m->seen & need) != need) {
		child_refused(ctx->ike, ctx->sa, x->neg, err);
	} else if (cfg_take_reply(ctx, &why) ||
		   child_finish(ctx, x->neg, NULL, true, &why)) {
		child_log_failed(ctx->ike, ctx->sa, 'I', "INVALID_ANSWER", "%s",
				 why.msg);
		child_cancel(ctx->sa, x->neg);
	} else {
		return;
	}
	task_fail(ctx->ike, ctx->sa, x->task);
	x->task = NULL;
}

/* Addresses are assigned all the same; the children come later. */
static void finish_childless(struct ike_ctx *ctx)
{
	struct missiu_diag why = { "" };

	if (cfg_take_reply(ctx, &why))
		child_log_failed(ctx->ike, ctx->sa, 'I', "INVALID_ANSWER", "%s",
				 why.msg);
}

int h_auth_response(struct ike_ctx *ctx)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct missiu_diag why;
	struct ike_id id = { .type = IKE_ID_NONE };
	const int ret = check_responder(ctx, &id, &why);

	if (!ret)
		ike_id_assign(&sa->id_remote, &id);
	ike_id_drop(&id);
	if (ret == MISSIU_EBUSY)
		return ret;
	ppk_forget(sa);
	if (ret) {
		tell_rejected(ike, sa);
		ike_sa_give_back(sa, ctx->x);
		not_proven(ike, sa, false, why.msg);
		return 0;
	}
	mobike_agreed(ike, sa, ctx->m);
	ike_sa_established(ike, sa);
	reauth_established(ike, sa);
	reauth_take_lifetime(ike, sa, ctx->m);
	if (!redirect_auth(ctx)) {
		if (ctx->x->neg)
			finish_first(ctx);
		else
			finish_childless(ctx);
	}
	exchange_run(ike, sa);
	return 0;
}

int h_auth_refused(struct ike_ctx *ctx)
{
	const struct ike_notify *err = ike_msg_error(ctx->m);
	const char *name = err ? ike_notify_name(err->type) : NULL;
	struct ike_sa *sa = ctx->sa;
	struct ike_why why;

	if (!err)
		return MISSIU_EPROTO;
	ike_sa_give_back(sa, ctx->x);
	ike_why_notify(&why, "IKE_AUTH", err->type);
	if (err->type == IKE_N_AUTHENTICATION_FAILED) {
		ike_why_set(&why, "peer refuses us: we are %.200s",
			    ike_id_text(&sa->id_local).s);
		ike_why_remedy(&why,
			       "it may know another key or identity for us: "
			       "compare them with %s",
			       peer_where(sa->peer).s);
	}
	ike_sa_fail_why(ctx->ike, sa, false, name ? name : "error", &why);
	return 0;
}

/* --- responder */

static int refuse(struct ike_ctx *ctx, const char *why)
{
	not_proven(ctx->ike, ctx->sa, true, why);
	return IKE_N_AUTHENTICATION_FAILED;
}

/* The suite was chosen before we knew who it is: does this peer allow it? */
static bool suite_allowed(const struct ike_sa *sa, const struct ike_peer *peer)
{
	struct ike_proposals chosen;
	struct ike_suite same;

	if (peer == sa->peer)
		return true;
	ike_suite_to_proposals(&sa->suite, &chosen);
	return !ike_proposal_choose(&chosen, &peer->accept, sa->suite.dh,
				    &same);
}

/* The initiator's proof, with a PPK or without. */
static int verify_ppk(struct ike_ctx *ctx, const struct ike_id *id,
		      struct missiu_diag *why)
{
	struct ike_keys before = ctx->sa->keys;
	struct ike_msg m = *ctx->m;
	int ret = MISSIU_EAUTH;

	if (!ppk_request(ctx->sa, ctx->m, &m.auth.data, why))
		ret = verify(ctx->ike, ctx->sa, &m, &m.idi, id, why);
	if (ret == MISSIU_EBUSY) /* then the PPK is mixed in once more */
		ctx->sa->keys = before;
	secret_wipe(&before, sizeof(before));
	return ret;
}

/* Return: 0, or why the initiator is refused. */
static int check_initiator(struct ike_ctx *ctx, struct ike_id *id,
			   struct missiu_diag *why)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct peer_hit hit;
	char suite[IKE_SUITE_TEXT_MAX];

	if (ike_id_from_pld(&ctx->m->idi, id, why))
		return MISSIU_EAUTH;
	hit = peer_find(ike, &ctx->local->addr, &ctx->remote->addr, id);
	if (!hit.peer)
		return diag_set(why, MISSIU_EAUTH,
				"no peer is configured for identity %.90s at "
				"%s",
				ike_id_text(id).s,
				addr_text(&ctx->remote->addr).s);
	if (!suite_allowed(sa, hit.peer)) {
		ike_suite_text(&sa->suite, suite, sizeof(suite));
		return diag_set(why, MISSIU_EAUTH,
				"peer %.60s came with %s, which ike_algs of %s "
				"does not allow",
				ike_id_text(id).s, suite,
				peer_where(hit.peer).s);
	}
	peer_take(ike, sa, &hit);
	return verify_ppk(ctx, id, why);
}

/*
 * The peer says that this is its only SA with us (2.4): what was established
 * before it asked is a leftover. What came up meanwhile is not: both sides may
 * have begun at once.
 */
static void initial_contact(struct ike *ike, const struct ike_sa *sa)
{
	struct ike_sa *o = NULL;

	while ((o = index_by_peer(ike->ix, sa, o)) != NULL)
		if (o->state == IKE_S_ESTABLISHED &&
		    o->established_us < sa->created_us) {
			ike_sa_deleted(ike, o, "INITIAL_CONTACT");
			ike_sa_close(ike, o, false);
		}
}

/*
 * All of IKE_AUTH but its child. @id: out: the peer's, to be dropped in any
 * case. Return: 0; the notify that refuses it;
 * MISSIU_EBUSY: not yet.
 */
static int establish_as(struct ike_ctx *ctx, struct ike_id *id)
{
	struct ike *ike = ctx->ike;
	struct ike_sa *sa = ctx->sa;
	struct missiu_diag why = { "" };
	int ret;

	if (!inter_done(sa))
		return refuse(ctx, "peer left out IKE_INTERMEDIATE");
	ret = check_initiator(ctx, id, &why);
	if (ret == MISSIU_EBUSY)
		return ret;
	if (ret)
		return refuse(ctx, why.msg);
	if (mobike_nat_forbidden(ctx)) {
		ike_sa_fail(ike, sa, true, "UNEXPECTED_NAT_DETECTED",
			    "peer allows no NAT, and there is one between us");
		return IKE_N_UNEXPECTED_NAT_DETECTED;
	}
	sa->wants_ocsp = auth_wants_ocsp(ctx->m);
	sa->own_wanted = auth_wanted_keys(sa->peer->cred, ctx->m);
	ike_put_id(ctx->b, IKE_P_IDR, &sa->id_local);
	if (put_own(ike, sa, ctx->b, &why))
		return refuse(ctx, why.msg);
	ppk_put_used(sa, ctx->b);
	ike_id_assign(&sa->id_remote, id);
	/* Who proves nothing speaks for nobody else (RFC 7619 2.4). */
	if (sa->peer->conf.peer_auth != MISSIU_BY_NULL &&
	    ike_msg_notify(ctx->m, IKE_N_INITIAL_CONTACT))
		initial_contact(ike, sa);
	/* A peer that does not float wants no ESP in UDP: there is no port. */
	if (ctx->local->port != INIT_PORT_NATT && !ctx->local->via)
		sa->encap = false;
	mobike_agreed(ike, sa, ctx->m);
	mobike_put_supported(ike, sa, ctx->b);
	limit_peer(ike, sa);
	ike_sa_established(ike, sa);
	reauth_established(ike, sa);
	reauth_put_lifetime(sa, ctx->b);
	return 0;
}

static int establish(struct ike_ctx *ctx)
{
	struct ike_id id = { .type = IKE_ID_NONE };
	const int ret = establish_as(ctx, &id);

	ike_id_drop(&id);
	return ret;
}

int h_auth_request(struct ike_ctx *ctx)
{
	int ret = establish(ctx);
	struct ike_build before;

	if (ret)
		return ret;
	if (redirect_put_auth(ctx))
		return 0;
	before = *ctx->b;
	ret = cfg_answer(ctx, true);
	/* Without a child the IKE SA stands all the same (2.21.2). */
	if (!ret)
		ret = child_answer(ctx, NULL, true);
	if (!ret)
		return 0;
	*ctx->b = before;
	cfg_release(ctx->ike, ctx->sa); /* it does not hear of its addresses */
	ike_put_notify_data(ctx->b, (uint16_t)ret, NULL, 0);
	return 0;
}

static int cfg_answer_childless(struct ike_ctx *ctx)
{
	const int ret = cfg_answer(ctx, false);

	if (ret)
		ike_put_notify_data(ctx->b, (uint16_t)ret, NULL, 0);
	return 0;
}

/* To peers that we said so to, it is a request like any other (RFC 6023 3). */
int h_auth_childless(struct ike_ctx *ctx)
{
	struct ike_sa *sa = ctx->sa;
	const struct ike_peer *peer = sa->peer;

	if (!peer || peer->conf.childless != MISSIU_CHILDLESS_NEVER) {
		const int ret = establish(ctx);

		if (ret || redirect_put_auth(ctx))
			return ret;
		return cfg_answer_childless(ctx);
	}
	ike_sa_fail(ctx->ike, sa, true, "INVALID_SYNTAX",
		    "peer wants no child SA, which childless never of %s does "
		    "not allow",
		    peer_where(peer).s);
	return IKE_N_INVALID_SYNTAX;
}

/*
 * Who leaves AUTH out asks for EAP (2.16), with EAP_ONLY_AUTHENTICATION also in
 * place of our certificate (RFC 5998 4). Whoever has no EAP refuses.
 */
int h_auth_eap(struct ike_ctx *ctx)
{
	const bool only = ike_msg_notify(ctx->m, IKE_N_EAP_ONLY_AUTHENTICATION);
	struct ike_sa *sa = ctx->sa;
	struct ike_why why;

	ike_why_set(
		&why,
		"peer sends no AUTH, so it wants EAP%s, which we don't have",
		only ? " on both sides (RFC 5998)" : "");
	ike_why_remedy(&why,
		       "let the peer prove itself by a pre-shared key or a "
		       "certificate%s%s",
		       sa->peer ? ", as peer_auth of ours says for " : "",
		       sa->peer ? peer_where(sa->peer).s : "");
	ike_sa_fail_why(ctx->ike, sa, true, "AUTHENTICATION_FAILED", &why);
	return IKE_N_AUTHENTICATION_FAILED;
}
